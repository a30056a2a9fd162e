#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Every run is in the history, also one that was killed once the history is made again; a history
# that cannot be written changes no verdict. A fake QEMU plays the guests.
# shellcheck source=harness/tests/tap.sh
. "$(dirname "$0")/tap.sh"

use_fake_qemu
export FAKE=panic
out=$scratch/out
echo image >"$scratch/image"
run() {
	"$faultline" run --quiet --image "$scratch/image" --test vdso-fork --timeout-scale 0.02 --out "$out"
}
history() {
	"$faultline" history --out "$out" "$@"
}
runs() {
	history --json "$scratch/history.json" >/dev/null && python3 -c '
import json, sys
print(len(json.load(open(sys.argv[1]))["runs"]))' "$scratch/history.json"
}

expect "a run that crashes" 1 "panic" run
expect "... is in the history" 0 "CRASH" history
expect "... and can be shown" 0 "panic" "$faultline" show --out "$out" latest
expect "an unknown run is named" 2 'no run is called "nonsense"' "$faultline" show --out "$out" nonsense
history --verdict PASS >"$scratch/nothing" 2>"$scratch/said"
promise "a filter that fits nothing gives nothing" sh -c '! [ -s "$1" ]' sh "$scratch/nothing"
promise "... and says so beside it" grep -q "there is no such run in $out" "$scratch/said"
expect "a folder that is not there is named" 2 "there is no folder $scratch/nowhere" \
	"$faultline" history --out "$scratch/nowhere"
promise "... and not made" sh -c '! [ -e "$1" ]' sh "$scratch/nowhere"

# Two at once, a third one killed in its middle: what ended is there, what was killed is found again.
FAKE=silence "$faultline" run --quiet --image "$scratch/image" --test vdso-fork --out "$out" >"$scratch/log" 2>&1 &
killed=$!
run >"$scratch/log.1" 2>&1 &
first=$!
run >"$scratch/log.2" 2>&1 &
second=$!
wait $first
one=$?
wait $second
two=$?
result $((one != 1 || two != 1)) "two runs at once both end as they should ($one, $two)"
until pgrep -f "fake=silence" >/dev/null || ! kill -0 $killed 2>/dev/null; do sleep 0.05; done
kill -KILL $killed
wait $killed 2>/dev/null
result $(($(runs) != 3)) "the history has the three that ended"
expect "made again from the folders" 0 "4 runs found" history --rebuild
result $(($(runs) != 4)) "... it has the killed one as well"
expect "... which says what it is" 0 "did not come to its end" history --verdict BROKEN

rm -f "$out/faultline.db"*
mkdir "$out/faultline.db"
expect "without a history the verdict is the same" 1 "this run is not in the history" run
expect "an output folder whose history cannot be read is named" 3 "faultline.db" history
finish
