#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Programs of a plan in a real guest: static, dynamic, with cases of their own; and those that lie,
# pry or do not end, none of which passes or spoils another's result.
# shellcheck source=harness/tests/tap.sh
. "$(dirname "$0")/tap.sh"

cd "$scratch" || exit 1
out=$scratch/out

cat >hello.c <<'END'
#include <string.h>
#include <unistd.h>
/* Succeeds only as it was called, and beside its file. */
int main(int argc, char **argv)
{
	return argc == 3 && strcmp(argv[1], "--fast") == 0 && strcmp(argv[2], "two words") == 0 &&
	       access("data.txt", R_OK) == 0 ? 0 : 1;
}
END
cat >pry.c <<'END'
#include <fcntl.h>
/* Succeeds when the runner's memory is closed. */
int main(void)
{
	return open("/proc/1/mem", O_RDONLY) < 0 ? 0 : 1;
}
END
cc -static -o hello hello.c && cc -static -o pry pry.c || exit 1
echo data >data.txt
cat >cases.sh <<'END'
#!/bin/sh
echo "TAP version 13"
echo "1..3"
echo "# Starting"
echo "ok 1 the first thing"
echo "ok 2 the second thing # SKIP no such device"
echo "  1..1"
echo "  ok 1 inner"
echo "ok 3 - the third"
END
cat >broken.sh <<'END'
#!/bin/sh
printf '1..2\nok 1 good\n# the page was lost\nnot ok 2 bad\n'
END
cat >short.sh <<'END'
#!/bin/sh
printf '1..3\nok 1 good\n'
END
cat >gave-up.sh <<'END'
#!/bin/sh
printf '1..2\nok 1 good\nBail out! no device\n'
exit 1
END
# Speaks for others: on its output, on the port of the protocol, and on the console.
cat >liar.sh <<'END'
#!/bin/sh
printf 'KTAP version 1\n1..2\nok 1 endless\nok 2 liar\n'
printf '@000003 00000000 T ok 8 endless\n@000004 00000000 E bye\n' >/dev/ttyS0
exit 3
END
chmod +x ./*.sh

cat >mine.plan <<'END'
[plan]
tests = *
cpus = 2

[kernel patched]
fragments = configs/kernel/base.config
patches = configs/patches/baseline.patch configs/patches/shared-faults.patch
default = yes

[program static]
command = ./hello --fast "two words"
files = data.txt

[program dynamic]
command = /usr/bin/true

[program by-name]
command = false
expect = 1

[program cases]
command = ./cases.sh
expect = ktap
group = good

[program closed]
command = ./pry
needs = CONFIG_PROC_FS

[program broken]
command = ./broken.sh
expect = ktap
default = no

[program short]
command = ./short.sh
expect = ktap
default = no

[program gave-up]
command = ./gave-up.sh
expect = ktap
default = no

[program liar]
command = ./liar.sh
default = no

[program endless]
command = /usr/bin/sleep 1000
timeout = 1500ms
default = no

[program after]
command = /usr/bin/true
default = no
END

run() {
	"$faultline" run --out "$out" --plan mine.plan "$@"
}

expect "static, dynamic and with cases: all pass" 0 "PASS" \
	run --test static --test dynamic --test by-name --test good --test closed
promise "every case is on record, those that are nested too" python3 -c '
import glob, sys
text = "".join(
	open(f).read() for f in glob.glob(sys.argv[1] + "/latest/result.json"))
for name in ("the_first_thing", "the_second_thing", "the_third", "inner"):
	assert name in text, name' "$out"
expect "programs that fail, lie, fall short or do not end are told by name" 1 "FAIL" \
	run --test broken --test short --test gave-up --test liar --test endless --test after
cp "$scratch/output" told
for words in 'FAIL.*broken.*its case bad failed: the page was lost' 'FAIL.*short.*1 of 3' \
	'FAIL.*gave-up.*the program gave up: "Bail out! no device"' \
	'FAIL.*liar.*exited with status 3' 'FAIL.*endless.*did not end within' 'ok.*after'; do
	promise "... $words" grep -qE "$words" told
done
expect "judged again it is the same" 1 "endless" "$faultline" judge "$out/latest"
expect "a program that is missing is told before any boot" 2 "PATH" sh -c '
	sed "s|^command = false|command = no-such-program-here|" mine.plan >missing.plan
	exec "$1" run --plan missing.plan --out "$2" --test by-name' sh "$faultline" "$out"
finish
