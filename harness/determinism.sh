#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# make determinism: guests of one seed do the same to the last block, whether they are booted or go on from
# a boot that was saved, whatever the host does beside them, and guests of different seeds do not.
#
#     determinism.sh BUILD BOOTED RESTORED SEEDS
#
# On each vCPU count of CPUS: BOOTED guests of one seed with all TESTS, RESTORED guests of it with the last of
# them, every second one beside two busy loops; then SEEDS seeds, restored. CPUS (default "1 2 4 8"), KERNEL
# (patched), PATCH and TESTS ("vdso-fork shared-write-tmpfs") may be set. Exit code 1 when the hashes of one
# seed differ, or when fewer than 95 in 100 seeds have a trace of their own.
set -eu

build=$(cd "$1" && pwd)
booted=$2 restored=$3 seeds=$4
tests=${TESTS:-vdso-fork shared-write-tmpfs}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/faultline-determinism-XXXXXX")
hogs=

quiet() {
	# shellcheck disable=SC2086 # one word each
	[ -z "$hogs" ] || kill $hogs 2>/dev/null || true
	hogs=
}
trap 'quiet; rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

busy() {
	for _ in 1 2; do
		(while :; do :; done) &
		hogs="$hogs $!"
	done
}

# run TESTS OPTION...
run() {
	names=$1
	shift
	# shellcheck disable=SC2046,SC2086 # a pair of words for each test
	"$build/faultline" run --quiet --deterministic --trace --kernel "${KERNEL:-patched}" \
		${PATCH:+--patch "$PATCH"} --out "$scratch/out" $(printf -- '--test %s ' $names) "$@" \
		>"$scratch/said" 2>&1 || [ $? = 1 ] || {
		cat "$scratch/said" >&2
		exit 3
	}
}

# Console, protocol and trace of every guest of the last run, a line each.
hashes() {
	python3 -c 'import json, sys
for k in json.load(open(sys.argv[1]))["kernels"]:
    print(k["console_sha256"], k["wire_sha256"], k["trace_sha256"], k["verdict"])' \
		"$scratch/out/latest/result.json"
	rm -rf "$scratch/out"
}

distinct() {
	cut -d' ' -f"$1" "$2" | sort -u | wc -l
}

failed=0
row='%-9s %6s %6s %6s %9s %9s %7s %8s %8s  %-12s  %s\n'

# one_seed NAME TESTS CPUS RUNS OPTION...: a row, with the trace's hash, so that rows of two invocations
# can be compared, and what the verdicts were.
one_seed() {
	name=$1 with=$2 cpus=$3 runs=$4
	shift 4
	[ "$runs" -gt 0 ] || return 0
	: >"$scratch/hashes"
	quiet_ms=0 busy_ms=0
	for i in $(seq "$runs"); do
		[ $((i % 2)) = 1 ] || busy
		began=$(date +%s%N)
		run "$with" --cpus "$cpus" --seed 1 "$@"
		took=$((($(date +%s%N) - began) / 1000000))
		if [ -n "$hogs" ]; then
			busy_ms=$((busy_ms + took))
		else
			quiet_ms=$((quiet_ms + took))
		fi
		quiet
		hashes >>"$scratch/hashes"
	done
	n_busy=$((runs / 2))
	consoles=$(distinct 1 "$scratch/hashes")
	protocols=$(distinct 2 "$scratch/hashes")
	traces=$(distinct 3 "$scratch/hashes")
	# shellcheck disable=SC2059 # the row is the format
	printf "$row" "$name" "$cpus" "$runs" "$n_busy" "$consoles" "$protocols" "$traces" \
		$((quiet_ms / (runs - n_busy))) "$([ $n_busy = 0 ] && echo - || echo $((busy_ms / n_busy)))" \
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
	run "${tests##* }" --isolate --seed 1 --repeat "$seeds"
	hashes >"$scratch/hashes"
	traces=$(distinct 3 "$scratch/hashes")
	echo "seeds 1 to $seeds: $traces distinct traces, $(distinct 1 "$scratch/hashes") distinct consoles"
	[ $((traces * 100)) -ge $((seeds * 95)) ] || failed=1
fi
exit $failed
