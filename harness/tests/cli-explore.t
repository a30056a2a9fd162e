#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What explore says and keeps when seeds fail or tell nothing, that it repeats none, and what it
# refuses. A fake QEMU plays the guests; real ones are boot-explore's.
# shellcheck source=harness/tests/tap.sh
. "$(dirname "$0")/tap.sh"

# What explore prints names no --out: it is run here.
cd "$scratch" || exit 1
use_fake_qemu
export FAKE=panic
out=$scratch/out
echo image >"$scratch/image"
explore() {
	"$faultline" explore --image "$scratch/image" --test vdso-fork --timeout-scale 0.02 --out "$out" "$@"
}
guests() {
	find "$out" -name guest.json | wc -l
}

expect "no range" 2 "--seeds: expected A..B" explore --seeds 7
expect "a range that is none" 2 "--seeds: expected A..B" explore --seeds 7..3
expect "a range of nonsense" 2 "--seeds: expected A..B" explore --seeds 1..x
expect "a range without end" 2 "--seeds: expected A..B" explore --seeds 0..99999999999
expect "no time" 2 "--for: expected" explore --for 0m
expect "a time without unit" 2 "--for: expected" explore --for 10
expect "one seed is no exploration" 2 "expected --seeds A..B" explore --seed 7
expect "repeats" 2 "--repeat: the same seed" explore --repeat 2
expect "KVM" 2 "which needs tcg" explore --accel kvm
expect "two kernels" 2 "expected one kernel" explore --kernel base --kernel patched
expect "a word too many" 2 "is not an option" explore vdso-fork
expect "a report that it does not have" 2 "expected --json" explore --junit x

expect "a seed that fails ends it" 1 "FAIL: 1 of 1 seeds failed" explore --seeds 5..9 --jobs 1 --cpus 4
promise "... and is named with what was seen" grep -q "^CRASH: seed 5: .*panic" "$scratch/output"
promise "... with the smallest guest" grep -q "smallest: .* --test vdso-fork --cpus [12] .*--seed 5$" "$scratch/output"
promise "... and what is not claimed" grep -q "No bound on what was missed" "$scratch/output"
promise "pipes get no control characters" sh -c '! grep -q "$(printf "[\033\r]")" "$1"' sh "$scratch/output"
sed -n 's/^  replay: *//p' "$scratch/output" >"$scratch/replay"
sed -n 's/^  again: *//p' "$scratch/output" >"$scratch/again"
cp "$scratch/output" "$scratch/first"
expect "the replay that it names" 1 "the same bytes: yes" sh "$scratch/replay"
again() {
	sh "$scratch/again" && return 1
	cmp "$(find "$out/explore" -name serial.log -type f)" "$(readlink -f out/latest)/patched/serial.log"
}
promise "the run that it names has the same bytes" again
before=$(guests)
expect "the same again" 1 "FAIL: 1 of 1 seeds failed" explore --seeds 5..9 --jobs 1 --cpus 4
promise "... runs nothing" test "$(guests)" = "$before"

expect "--keep-going does" 1 "FAIL: 5 of 5 seeds failed" explore --seeds 5..9 --cpus 4 --keep-going \
	--json "$scratch/e.json"
promise "... and keeps the evidence of each" test "$(guests)" = $((before + 4))
promise "... the same failure is made small once" test "$(grep -c "smallest:" "$scratch/output")" = 1
promise "--json tells the seeds" python3 -c 'import json, sys
r = json.load(open(sys.argv[1]))
assert [f["seed"] for f in r["failures"]] == [5, 6, 7, 8, 9] and r["distinct"] == 1, r' "$scratch/e.json"

FAKE="exit" expect "seeds that tell nothing" 3 "BROKEN: no seed could be told" explore --seeds 1..2 --cpus 2
promise "... are run twice" test "$(find "$out/explore" -path '*patched*/guest.json' | wc -l)" = $((5 + 4))
expect "... and again the next time" 1 "FAIL: 1 of 1 seeds failed" explore --seeds 1..1 --cpus 2

expect "a boot that dies is nothing to go on from" 1 "all its guests boot" explore --restore --seeds 20..20 --cpus 2
promise "... and its seeds boot" grep -q "^CRASH: seed 20: .*panic" "$scratch/output"
promise "... what repeats one would go on from it" grep -q "again: .* run --deterministic --restore " "$scratch/output"
finish
