#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Deterministic guests that go on from one boot: a seed has the same bytes and the same trace again, also
# beside busy loops, by hand and as a replay; another seed has another trace. With a disk, with a kernel
# that dies, and with yields at the lines of the patch.
# shellcheck source=harness/tests/tap.sh
. "$(dirname "$0")/tap.sh"

own_snapshots
out=$scratch/out
run() {
	"$faultline" run --quiet --deterministic --isolate --trace --strategy points --jobs 1 --kernel patched \
		--timeout-scale 3 --out "$out" --test vdso-fork --test shared-write-ext4 --test splat-panic "$@"
}
# Console, protocol and trace of every guest of the last run, a line each; boots have no part in it.
hashes() {
	python3 -c 'import json, sys
for k in json.load(open(sys.argv[1]))["kernels"]:
    print(k["evidence"], k["verdict"], k["console_sha256"], k["wire_sha256"], k["trace_sha256"], k["vm"]["snapshot_sha256"])' \
		"$out/latest/result.json"
}
traces() {
	cut -d' ' -f5 "$1" | sort -u | wc -l
}

expect "three guests from one boot, of which one dies" 1 "CRASH" run --seed 7
hashes >"$scratch/first"
first=$(readlink -f "$out/latest")
promise "... and no other" sh -c 'test "$(grep -c PASS "$1")" = 2' sh "$scratch/first"
promise "each has a trace of its own" test "$(traces "$scratch/first")" = 3
promise "the disk is as it was" python3 -c 'import glob, hashlib, json, sys
images = json.load(open(sys.argv[1] + "/patched+vdso-fork/inputs.json"))["disk_images"]
made = {hashlib.sha256(open(path, "rb").read()).hexdigest() for path in glob.glob(sys.argv[2] + "/disks/*.img")}
assert images and all(image["sha256"] in made for image in images), images' "$first" "$scratch/cache/faultline"

beside_busy_loops() {
	(while :; do :; done) &
	one=$!
	(while :; do :; done) &
	run --seed 7
	kill $one $!
	hashes >"$scratch/second"
	cmp "$scratch/first" "$scratch/second"
}
promise "the same seed beside busy loops: the same bytes and the same trace" beside_busy_loops

run --seed 8 >/dev/null
hashes >"$scratch/other"
promise "another seed: other traces, from the same boot" sh -c 'cat "$1" "$2" | cut -d" " -f5 | sort -u | wc -l | grep -qx 6 &&
	cat "$1" "$2" | cut -d" " -f6 | sort -u | wc -l | grep -qx 1' sh "$scratch/first" "$scratch/other"

mkdir "$scratch/hand"
by_hand() {
	cd "$scratch/hand" && timeout 300 sh "$first/patched+shared-write-ext4/command.sh" </dev/null >/dev/null
	[ $? = 85 ] && cmp wire.log "$first/patched+shared-write-ext4/wire.log"
}
promise "by hand: the same bytes" by_hand

expect "its replay has the same bytes" 1 "patched+splat-panic: the same bytes: yes, console and protocol" \
	"$faultline" replay --quiet --jobs 1 --timeout-scale 3 --out "$out" "$first"
promise "... of all of them, and the same traces" sh -c 'test "$(grep -c "the same trace: yes" "$1")" = 3 &&
	test "$(grep -c "the same bytes: yes" "$1")" = 3 && ! grep -q "as far as" "$1"' sh "$scratch/output"

# Two tests to a guest: what an exploration saw, a run of that seed shows again.
explore() {
	"$faultline" explore --quiet --restore --kernel patched --test vdso-fork --test lookup-races --jobs 1 --seeds 1..2 \
		--timeout-scale 3 --out "$out"
}
expect "an exploration from one boot" 0 "PASS: none of 2 seeds failed" explore
expect "a seed by itself" 0 PASS "$faultline" run --quiet --deterministic --restore --strategy points --seed 2 --kernel patched \
	--test vdso-fork --test lookup-races --timeout-scale 3 --jobs 1 --out "$out"
promise "... does as the exploration saw" python3 -c 'import glob, json, sys
journal = [json.loads(line) for line in open(glob.glob(sys.argv[1] + "/explore/*/journal.jsonl")[0])]
guest = json.load(open(sys.argv[1] + "/latest/result.json"))["kernels"][0]
seen = [seed for seed in journal if seed["seed"] == 2]
assert guest["vm"]["snapshot_sha256"] and [seed["console_sha256"] for seed in seen] == [guest["console_sha256"]], seen
assert len({seed["outcome_sha256"] for seed in journal}) == 2, journal' "$out"

rm -r "$scratch"/cache/faultline/snapshots/*
run --seed 7 >/dev/null
expect "a boot that was made again is no other's" 2 "found another that was made since" \
	"$faultline" replay --quiet --jobs 1 --out "$out" "$first"
finish
