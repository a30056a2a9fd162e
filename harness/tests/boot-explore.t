#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Real guests again: a replay has the same bytes, also up to a line and from a start that waits for
# gdb; seeds differ from each other; and an exploration that was killed repeats no seed. All of it with
# yields at the lines of the patch.
# shellcheck source=harness/tests/tap.sh
. "$(dirname "$0")/tap.sh"

out=$scratch/out
replay() {
	"$faultline" replay --quiet --out "$out" --timeout-scale 3 "$@"
}
explore() {
	"$faultline" explore --quiet --kernel patched --test lookup-races --timeout-scale 3 --out "$out" "$@"
}

expect "a deterministic run" 0 PASS "$faultline" run --quiet --deterministic --strategy points --seed 3 --kernel patched \
	--test vdso-fork --timeout-scale 3 --out "$out"
run=$(readlink -f "$out/latest")
promise "... whose vCPUs gave way at the lines of the patch" python3 -c 'import json, sys
result, inputs = (json.load(open(sys.argv[1] + name)) for name in ("/result.json", "/patched/inputs.json"))
metrics = result["kernels"][0]["tests"][0]["metrics"]
assert metrics["yield_points"] >= 10 and metrics["yield_hits"] > metrics["yields_taken"] > 0, metrics
assert any(place.startswith("do_fault+") for place in inputs["yields"]["places"]), inputs["yields"]' "$run"
expect "its replay passes with the same bytes" 0 "patched: the same bytes: yes, console and protocol" replay latest
promise "... all of them" sh -c '! grep -q "as far as" "$1"' sh "$scratch/output"
expect "up to a line" 0 "the same bytes: yes" replay --until "Run /init" "$run"

# A debugger that only says "continue": gdb itself needs no more to change nothing.
resume() {
	perl -MIO::Socket::INET -e 'my $s;
		for (1 .. 600) {
			$s = IO::Socket::INET->new("127.0.0.1:1234") and last;
			select undef, undef, undef, 0.1;
		}
		$s or exit 1;
		print $s q($c#63);
		$s->flush;
		1 while sysread $s, my $answer, 4096;'
}
resume &
debugger=$!
expect "from a start that waits for a debugger" 0 "the same bytes: yes, console and protocol" replay --gdb "$run"
wait $debugger

# Killed as soon as one seed is known.
explore --seeds 1..4 --jobs 1 >/dev/null 2>&1 &
pid=$!
until grep -qs PASS "$out"/explore/*/journal.jsonl || ! kill -0 $pid 2>/dev/null; do sleep 0.1; done
kill -KILL $pid
wait $pid 2>/dev/null
cp "$out"/explore/*/journal.jsonl "$scratch/killed.jsonl"
expect "an exploration that was killed goes on" 0 "PASS: none of 4 seeds failed" \
	explore --seeds 1..4 --json "$scratch/explored.json"
promise "... each seed once, those of before as they were, at least 3 interleavings" python3 -c 'import glob, json, sys
killed, journal = ([json.loads(line) for line in open(path) if line.endswith("\n")] for path in
                   (sys.argv[1], glob.glob(sys.argv[3] + "/explore/*/journal.jsonl")[0]))
result = json.load(open(sys.argv[2]))
assert 1 <= len(killed) < 4 and journal[:len(killed)] == killed, killed
assert sorted(e["seed"] for e in journal) == [1, 2, 3, 4], journal
assert result["distinct"] >= 3, result
strategy = result["strategy"]
assert strategy["name"] == "points" and strategy["depth"] == 3 and strategy["yields"] > 0, strategy
assert 0 < strategy["bound"] < strategy["chance"] < 1, strategy' "$scratch/killed.jsonl" "$scratch/explored.json" "$out"
promise "... and what passed left no evidence of a guest" \
	sh -c 'test -z "$(find "$1"/explore -name serial.log -newer "$2")"' sh "$out" "$scratch/killed.jsonl"
expect "a seed has the same bytes by itself" 0 PASS "$faultline" run --quiet --deterministic --strategy points --seed 2 \
	--kernel patched --test lookup-races --timeout-scale 3 --out "$out"
promise "... as the exploration saw" sh -c 'hash=$(sha256sum <"$1/latest/serial.log") && grep -qs "${hash%% *}" "$1"/explore/*/journal.jsonl' sh "$out"
finish
