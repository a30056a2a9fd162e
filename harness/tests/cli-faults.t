#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Whatever the machine or the guest does, the exit code is the documented one, the reason names the
# cause, no QEMU is left, and judging the folder again gives the same verdict. A fake QEMU plays
# the faults; the accelerator is probed with the real one.
# shellcheck source=harness/tests/tap.sh
. "$(dirname "$0")/tap.sh"

use_fake_qemu
export FAKE=exit
out=$scratch/out
echo image >"$scratch/image"

# A flood must reach its limit before the boot limit ends it; all other plays may be short.
run() {
	scale=0.02
	[ "$FAKE" = flood ] && scale=2
	"$faultline" run --quiet --image "$scratch/image" --test vdso-fork --timeout-scale $scale --out "$out" "$@"
}

# judge gives the verdict and the reason that stand in the folder's result.json.
same_again() {
	"$faultline" judge --quiet --json "$scratch/again.json" "$out/latest" >/dev/null 2>&1
	for key in verdict reason; do
		sed -n "s/^ *\"$key\": //p" "$out/latest/result.json" >"$scratch/live"
		sed -n "s/^ *\"$key\": //p" "$scratch/again.json" >"$scratch/later"
		cmp "$scratch/live" "$scratch/later" || return 1
	done
}

nothing_left() {
	! pgrep -f "$scratch/out" >/dev/null
}

# PLAY EXIT BISECT-EXIT TEXT. None of these guests reaches the test that is named, so none of them
# tells git anything about it.
while read -r FAKE code bisect text; do
	expect "$FAKE: exit $code, and the reason says why" "$code" "$text" run
	promise "$FAKE: judged again, the same" same_again
	expect "$FAKE: under git bisect $bisect" "$bisect" "$text" run --git-bisect
done <<'END'
refuse 3 125 unsupported machine type
early 3 125 could not load the kernel
killed 3 125 signal
reset 1 125 reset
panic 1 125 panic
noboot 1 125 boot
silence 1 125 silen
chatter 1 125 vdso-fork
flood 1 125 printed
exit 3 125 its last records are missing
bytes 3 125 its last records are missing
END
promise "no QEMU is left" nothing_left

FAKE=panic
under_github() {
	echo "of an earlier step" >"$scratch/summary"
	GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=$1 run
}
expect "GitHub Actions: the failure is an annotation" 1 "::error title=" under_github "$scratch/summary"
promise "GitHub Actions: the summary names the verdict" grep -q '^### faultline: CRASH' "$scratch/summary"
promise "GitHub Actions: what the summary held is kept" grep -q 'of an earlier step' "$scratch/summary"
expect "GitHub Actions: a summary that cannot be written is named" 3 "GITHUB_STEP_SUMMARY" under_github "$scratch/none/summary"

without_qemu() {
	env PATH=/nowhere "$faultline" run --quiet --image "$scratch/image" --test vdso-fork --out "$out"
}
expect "a missing QEMU is named, with the package" 3 "apt-get install qemu-system-x86" without_qemu

make -s -C "$root" BUILD="$build" DESTDIR="$scratch/root" PREFIX=/usr install
installed() {
	"$scratch/root/usr/bin/faultline" "$@"
}
traced() {
	"$@" --quiet --deterministic --trace --image "$scratch/image" --test vdso-fork --out "$out"
}
FAKE_TRACE="cut" expect "a trace without its end is told" 3 "trace.bin is incomplete" traced installed run
rm "$scratch/root/usr/lib/faultline/fl_trace.so"
expect "a missing plugin is told" 3 "expected the plugin for QEMU" traced installed run
installed doctor >"$scratch/doctor" 2>&1
promise "... by the doctor as well" grep -q "^MISSING plugin of --trace" "$scratch/doctor"
sed -i 's/^expires = .*/expires = 2020-01-01/' "$scratch/root/usr/share/faultline/configs/splats/ignore.rules"
outdated() {
	"$scratch/root/usr/bin/faultline" run --quiet --image "$scratch/image" --test vdso-fork --out "$scratch/outdated"
}
expect "an exception that has expired is told at once, with its line" 3 "expired on 2020-01-01" outdated
promise "... before anything was run" test ! -e "$scratch/outdated/runs"

# Signals while a guest runs: the code says which, the folder says that the run was cut off.
for pair in INT:130 TERM:143; do
	FAKE=silence "$faultline" run --quiet --image "$scratch/image" --test vdso-fork --out "$out" >"$scratch/log" 2>&1 &
	pid=$!
	until pgrep -f "fake=silence" >/dev/null || ! kill -0 $pid 2>/dev/null; do sleep 0.05; done
	kill -"${pair%:*}" $pid
	wait $pid
	code=$?
	result $((code != ${pair#*:})) "SIG${pair%:*} while a guest runs ends with ${pair#*:}"
	promise "SIG${pair%:*}: no QEMU is left" nothing_left
	promise "SIG${pair%:*}: the folder says that the run was cut off" \
		grep -q '"verdict": "BROKEN"' "$out/latest/result.json"
done

FAKE=silence "$faultline" run --quiet --image "$scratch/image" --test vdso-fork --out "$out" >"$scratch/log" 2>&1 &
pid=$!
until pgrep -f "fake=silence" >/dev/null || ! kill -0 $pid 2>/dev/null; do sleep 0.05; done
kill -KILL $pid
wait $pid 2>/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10; do nothing_left && break; sleep 0.2; done
promise "SIGKILL of the harness takes QEMU with it" nothing_left
promise "SIGKILL: the folder says that the run did not end" grep -q 'did not come to its end' "$out/latest/result.json"

# A full disk: the folder of the evidence is a file system of 256 KiB.
mkdir "$scratch/full"
FAKE="exit" expect "no space left is named" 3 "No space left on device" \
	unshare --user --map-root-user --mount sh -c '
		mount -t tmpfs -o size=256k tmpfs "$2/full" && exec "$1" run --quiet --image "$2/image" \
			--test vdso-fork --out "$2/full"' sh "$faultline" "$scratch"

# The reports are written, and well formed, for a run that failed.
FAKE=panic run --json "$scratch/r.json" --junit "$scratch/r.xml" --ktap "$scratch/r.ktap" >/dev/null 2>&1
promise "--json is the same as result.json" cmp "$scratch/r.json" "$out/latest/result.json"
promise "--junit is XML" python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$scratch/r.xml"
promise "... whose attachments are there" python3 -c 'import os, re, sys
paths = re.findall(r"\[\[ATTACHMENT\|(.*?)\]\]", open(sys.argv[1]).read())
assert len(paths) == 6 and all(os.path.isfile(p) for p in paths), paths' "$scratch/r.xml"
promise "--ktap says not ok" grep -q '^not ok 1 patched$' "$scratch/r.ktap"
expect "a bare log with a panic is a crash" 1 "panic" "$faultline" judge "$out/latest/serial.log"
promise "pipes get no control characters" sh -c '! grep -q "$(printf "\033")" "$1"' sh "$scratch/output"
finish
