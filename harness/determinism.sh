#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# make determinism: guests of one seed do the same to the last block, whether they are booted or go on from
# a boot that was saved, whatever the host does beside them, and guests of different seeds do not.
#
#     determinism.sh BUILD BOOTED RESTORED SEEDS
#
# On each vCPU count of CPUS: BOOTED guests of one seed with all TESTS, RESTORED guests of it with the last of
# them, JOBS (one for each CPU) at a time, the second half beside two busy loops; then SEEDS seeds, restored.
# CPUS (default "1 2 4 8"), KERNEL (patched), PATCH and TESTS ("vdso-fork shared-write-tmpfs") may be set.
# Exit code 1 when the hashes of one seed differ, or when fewer than 95 in 100 seeds have a trace of their own.
set -eu

build=$(cd "$1" && pwd)
booted=$2 restored=$3 seeds=$4
tests=${TESTS:-vdso-fork shared-write-tmpfs}
jobs=${JOBS:-$(nproc)}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/faultline-determinism-XXXXXX")
hogs=
workers=

# A worker in the background takes no Ctrl-C, nor does what it runs.
# shellcheck disable=SC2317 # the trap calls it
stop() {
	for worker in $workers; do
		pkill -P "$worker" || true
		kill "$worker" 2>/dev/null || true
	done
	wait
}

quiet() {
	# shellcheck disable=SC2086 # one word each
	[ -z "$hogs" ] || kill $hogs 2>/dev/null || true
	hogs=
}
trap 'quiet; stop; rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

busy() {
	for _ in 1 2; do
		(while :; do :; done) &
		hogs="$hogs $!"
	done
}

# run OUT TESTS OPTION...
run() {
	out=$1 names=$2
	shift 2
	# shellcheck disable=SC2046,SC2086 # a pair of words for each test
	"$build/faultline" run --quiet --deterministic --trace --kernel "${KERNEL:-patched}" \
		${PATCH:+--patch "$PATCH"} --out "$out" $(printf -- '--test %s ' $names) "$@" \
		>"$out.said" 2>&1 || [ $? = 1 ] || {
		cat "$out.said" >&2
		exit 3
	}
}

# hashes OUT: console, protocol and trace of every guest of the last run there, a line each.
hashes() {
	python3 -c 'import json, sys
for k in json.load(open(sys.argv[1]))["kernels"]:
    print(k["console_sha256"], k["wire_sha256"], k["trace_sha256"], k["verdict"])' \
		"$1/latest/result.json"
	rm -rf "$1"
}

distinct() {
	cut -d' ' -f"$1" "$2" | sort -u | wc -l
}

failed=0
row='%-9s %6s %6s %6s %9s %9s %7s %8s %8s  %-12s  %s\n'

# several RUNS TESTS OPTION...: that many guests, JOBS at a time; their hashes are added to $scratch/hashes,
# the milliseconds of each to $scratch/took.
several() {
	runs=$1
	shift
	workers=
	for worker in $(seq "$jobs"); do
		for _ in $(seq "$worker" "$jobs" "$runs"); do
			began=$(date +%s%N)
			run "$scratch/out-$worker" "$@"
			echo $((($(date +%s%N) - began) / 1000000)) >>"$scratch/took"
			hashes "$scratch/out-$worker" >>"$scratch/hashes"
		done &
		workers="$workers $!"
	done
	for worker in $workers; do
		wait "$worker" || exit 3
	done
	workers=
}

mean() {
	awk '{ sum += $1 } END { print NR ? int(sum / NR) : "-" }' "$1"
}

# one_seed NAME TESTS CPUS RUNS OPTION...: a row, with the trace's hash, so that rows of two invocations
# can be compared, and what the verdicts were.
one_seed() {
	name=$1 with=$2 cpus=$3 n=$4
	shift 4
	[ "$n" -gt 0 ] || return 0
	: >"$scratch/hashes"
	: >"$scratch/took"
	several $((n - n / 2)) "$with" --cpus "$cpus" --seed 1 "$@"
	quiet_ms=$(mean "$scratch/took")
	: >"$scratch/took"
	busy
	several $((n / 2)) "$with" --cpus "$cpus" --seed 1 "$@"
	quiet
	busy_ms=$(mean "$scratch/took")
	consoles=$(distinct 1 "$scratch/hashes")
	protocols=$(distinct 2 "$scratch/hashes")
	traces=$(distinct 3 "$scratch/hashes")
	# shellcheck disable=SC2059 # the row is the format
	printf "$row" "$name" "$cpus" "$n" $((n / 2)) "$consoles" "$protocols" "$traces" "$quiet_ms" "$busy_ms" \
		"$(head -n 1 "$scratch/hashes" | cut -d' ' -f3 | cut -c1-12)" \
		"$(cut -d' ' -f4 "$scratch/hashes" | sort | uniq -c | awk '{ printf "%s %s ", $1, $2 }')"
	[ "$consoles.$protocols.$traces" = 1.1.1 ] || failed=1
}

if [ $((booted + restored)) -gt 0 ]; then
	# shellcheck disable=SC2059
	printf "$row" guests vCPUs runs busy consoles protocols traces quiet/ms busy/ms trace verdicts
	for cpus in ${CPUS:-1 2 4 8}; do
		one_seed booted "$tests" "$cpus" "$booted"
		one_seed restored "${tests##* }" "$cpus" "$restored" --isolate
	done
	[ $failed = 0 ] && echo "one seed: the same bytes and the same trace each time" ||
		echo "one seed: NOT the same each time"
fi

if [ "$seeds" -gt 0 ]; then
	run "$scratch/out" "${tests##* }" --isolate --seed 1 --repeat "$seeds" --jobs "$jobs"
	hashes "$scratch/out" >"$scratch/hashes"
	traces=$(distinct 3 "$scratch/hashes")
	echo "seeds 1 to $seeds: $traces distinct traces, $(distinct 1 "$scratch/hashes") distinct consoles"
	[ $((traces * 100)) -ge $((seeds * 95)) ] || failed=1
fi
exit $failed
