#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A fresh kernel for each test, all from one boot: every test has its guest, a kernel that dies takes
# no other test with it, the boot is made once and shared, and what is restored proves as much as what
# booted. A boot that is not good is nothing to go on from.
# shellcheck source=harness/tests/tap.sh
. "$(dirname "$0")/tap.sh"

own_snapshots
out=$scratch/out
# The limits, and so the boot, depend on how many guests there are at a time.
run() {
	"$faultline" run --isolate --jobs 2 --kernel patched --out "$out" "$@"
}
snapshots() {
	find "$XDG_CACHE_HOME/faultline/snapshots" -mindepth 1 -maxdepth 1 -type d | wc -l
}

# Two at once, with modules and with a disk.
two_runs() {
	run --test vdso-fork --test shared-write-ext4 --test probe-answers >"$scratch/one" 2>&1 &
	run --test vdso-fork --test shared-write-ext4 --test probe-answers >"$scratch/two" 2>&1
	code=$?
	wait $! && [ $code = 0 ] || { cat "$scratch/one" "$scratch/two"; return 1; }
}
promise "two runs at once pass" two_runs
promise "... from one boot" sh -c 'test "$(cat "$1/one" "$1/two" | grep -c "boots once")" = 1' sh "$scratch"
promise "... in three guests each" sh -c 'cd "$1/latest" && test -s patched+vdso-fork/serial.log &&
	test -s patched+shared-write-ext4/serial.log && test -s patched+probe-answers/serial.log' sh "$out"
promise "each console begins with the boot and is of one life" sh -c 'for log in "$1"/latest/patched+*/serial.log; do
	[ "$(grep -c "Linux version" "$log")" = 1 ] || exit 1; done' sh "$out"
promise "each log on the wire is the whole log" sh -c 'for log in "$1"/latest/patched+*/wire.log; do
	grep -q " A tainted=.* kmsg_first=0 .* kmsg_lost=0 " "$log" || exit 1; done' sh "$out"
promise "no two guests have the same nonce" sh -c 'test "$(cat "$1"/latest/patched+*/guest.json | grep "\"nonce\"" |
	sort -u | wc -l)" = 3' sh "$out"
promise "the random numbers of the kernel are ready in each, by its own nonce" sh -c 'for log in "$1"/latest/patched+*/serial.log; do
	grep -q "random: crng init done" "$log" && ! grep -q "faultline init: /dev/urandom" "$log" || exit 1; done' sh "$out"
promise "result.json follows its schema" python3 -c '
import json, sys, jsonschema
jsonschema.validate(json.load(open(sys.argv[1])), json.load(open(sys.argv[2])))' \
	"$out/latest/result.json" "$root/configs/result.schema.json"
expect "judged again, it passes" 0 "PASS" "$faultline" judge "$out/latest"
expect "a replay goes on from the same boot" 0 "the verdict came back: yes, PASS" "$faultline" replay --jobs 1 \
	--out "$out/replayed" "$out/latest/patched+vdso-fork"

mkdir "$scratch/hand"
by_hand() {
	cd "$scratch/hand" && timeout 120 sh "$out/latest/patched+vdso-fork/command.sh" </dev/null
	[ $? = 85 ] && grep -q " E bye" wire.log
}
promise "a restored guest is started by hand" by_hand

expect "a kernel that dies takes its own test only" 1 "CRASH" run --test splat-null --test vdso-fork --test splat-warn
promise "... the next one passes" grep -q "^patched+vdso-fork  *PASS" "$scratch/output"
promise "... and each report is in its guest" sh -c 'cd "$1/latest" && grep -q splat_null patched+splat-null/serial.log &&
	! grep -q splat_ patched+vdso-fork/serial.log' sh "$out"
expect "a crash beside others harms none" 1 "CRASH" \
	run --repeat 2 --test splat-panic --test vdso-fork
promise "... and the boot was there already" sh -c 'test "$(grep -c "boots once" "$1")" = 0' sh "$scratch/output"
promise "... and both others pass" sh -c 'test "$(grep -c "vdso-fork  *PASS" "$1")" = 2' sh "$scratch/output"

# The runner reads its orders at QEMU's ports; what it starts may not.
cat >"$scratch/ports.c" <<'END'
#include <sys/io.h>
#include <sys/wait.h>
#include <unistd.h>
/* Succeeds when the ports are closed. */
int main(void)
{
	int status;

	if (fork() == 0) {
		outw(0x19, 0x510);
		_exit(inb(0x511));
	}
	return wait(&status) > 0 && WIFSIGNALED(status) ? 0 : 1;
}
END
cc -static -o "$scratch/ports" "$scratch/ports.c" || exit 1
cat >"$scratch/ports.plan" <<'END'
[plan]
tests = *

[kernel patched]
fragments = configs/kernel/base.config
patches = configs/patches/baseline.patch configs/patches/shared-faults.patch

[program ports]
command = ./ports
END
expect "a program cannot read the orders" 0 "PASS" run --plan "$scratch/ports.plan" --test ports

expect "a boot that dies is told as it is" 1 "nothing can go on from its boot" \
	run --patch "$root/harness/tests/wrong/early-panic.patch" --test vdso-fork --timeout-scale 0.3
promise "what is kept are good boots: with a disk, without, and with a program" test "$(snapshots)" = 3
promise "no guest is left, and nothing half made" sh -c '! pgrep -f "$1/" >/dev/null &&
	! test -e "$1/cache/faultline/snapshots/new"' sh "$scratch"
finish
