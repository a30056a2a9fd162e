#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# make determinism: freshly booted guests of one seed do the same to the last block, whatever the host
# does beside them, and guests of different seeds do not.
#
#     determinism.sh BUILD RUNS SEEDS      RUNS guests of one seed on each vCPU count of CPUS, every
#                                          second one beside two busy loops; then SEEDS seeds
#
# CPUS (default "1 2 4 8"), KERNEL (patched) and TESTS ("vdso-fork shared-write-tmpfs") may be set. Exit code
# 1 when the hashes of one seed differ, or when fewer than 95 in 100 seeds have a trace of their own.
set -eu

build=$(cd "$1" && pwd)
runs=$2 seeds=$3
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

run() {
	# shellcheck disable=SC2046 # a pair of words for each test
	"$build/faultline" run --quiet --deterministic --trace --kernel "${KERNEL:-patched}" \
		--out "$scratch/out" $(printf -- '--test %s ' ${TESTS:-vdso-fork shared-write-tmpfs}) "$@" \
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
row='%-6s %6s %6s %10s %10s %8s %9s %9s  %s\n'
# shellcheck disable=SC2059 # the row is the format
printf "$row" vCPUs runs busy consoles protocols traces quiet/s busy/s verdicts
for cpus in ${CPUS:-1 2 4 8}; do
	: >"$scratch/hashes"
	quiet_s=0 busy_s=0 n_busy=0
	for i in $(seq "$runs"); do
		began=$(date +%s)
		[ $((i % 2)) = 1 ] || busy
		run --cpus "$cpus" --seed 1
		took=$(($(date +%s) - began))
		if [ -n "$hogs" ]; then
			busy_s=$((busy_s + took)) n_busy=$((n_busy + 1))
		else
			quiet_s=$((quiet_s + took))
		fi
		quiet
		hashes >>"$scratch/hashes"
	done
	consoles=$(distinct 1 "$scratch/hashes")
	protocols=$(distinct 2 "$scratch/hashes")
	traces=$(distinct 3 "$scratch/hashes")
	# shellcheck disable=SC2059
	printf "$row" "$cpus" "$runs" "$n_busy" "$consoles" "$protocols" "$traces" \
		$((quiet_s / (runs - n_busy))) "$([ $n_busy = 0 ] && echo - || echo $((busy_s / n_busy)))" \
		"$(cut -d' ' -f4 "$scratch/hashes" | sort | uniq -c | awk '{ printf "%s %s ", $1, $2 }')"
	[ "$consoles.$protocols.$traces" = 1.1.1 ] || failed=1
done
[ $failed = 0 ] && echo "one seed: the same bytes and the same trace each time" ||
	echo "one seed: NOT the same each time"

if [ "$seeds" -gt 0 ]; then
	run --seed 1 --repeat "$seeds"
	hashes >"$scratch/hashes"
	traces=$(distinct 3 "$scratch/hashes")
	echo "seeds 1 to $seeds: $traces distinct traces, $(distinct 1 "$scratch/hashes") distinct consoles"
	[ $((traces * 100)) -ge $((seeds * 95)) ] || failed=1
fi
exit $failed
