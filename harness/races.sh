#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# make races: how many fresh guests it takes, by each way to run them, until a planted race shows.
#
#     races.sh BUILD [GLOB...]      the rows of races.table whose names match
#
# WAYS (default "parallel none points-1 points-2 points-3 kcsan"), BASES (5) base seeds of each way, MOST
# (20) guests to a base seed and KERNEL (vanilla) may be set. A way that never shows a race is part of the
# answer. REPLAYS=N repeats the first failure of each deterministic way N times, every second one traced;
# exit code 1 when one of these is not the same again.
set -eu

build=$(cd "$1" && pwd)
shift
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=harness/wanted.sh
. "$root/harness/wanted.sh"
faultline=$build/faultline
kernel=${KERNEL:-vanilla}
ways=${WAYS:-parallel none points-1 points-2 points-3 kcsan}
bases=${BASES:-5} most=${MOST:-20} replays=${REPLAYS:-0}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/faultline-races-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

# The options of a way. Parallel vCPUs have both cores to themselves; of the others each takes one.
options_of() {
	case $1 in
	parallel) echo "--jobs 1" ;;
	none) echo "--deterministic --jobs $(nproc)" ;;
	points-*) echo "--deterministic --strategy points --depth ${1#points-} --jobs $(nproc)" ;;
	kcsan) echo "--deterministic --config $root/configs/kernel/kcsan.config --jobs $(nproc)" ;;
	*)
		echo "WAYS: $1 is none of parallel, none, points-1 to points-8, kcsan" >&2
		exit 2
		;;
	esac
}

# How many guests of the last run there were up to the first that failed, and that one's folder; "0 -": none
# did.
first_failure() {
	python3 - "$scratch/out/latest/result.json" <<'END'
import json, sys
guests = json.load(open(sys.argv[1]))["kernels"]
failed = [i for i, guest in enumerate(guests) if guest["verdict"] in ("FAIL", "CRASH", "HANG")]
print(failed[0] + 1, guests[failed[0]]["evidence"]) if failed else print("0 -")
END
}

# race NAME TEST WAY BASE GUESTS: one line "guests folder ms"; see first_failure.
race() {
	began=$(date +%s%N)
	# shellcheck disable=SC2046 # words are meant
	"$faultline" run --quiet --isolate --fail-fast --kernel "$kernel" \
		--patch "$root/configs/patches/wrong/$1.patch" --test "$2" --repeat "$5" \
		--seed $((1 + $4 * 1000)) --out "$scratch/out" $(options_of "$3") >"$scratch/said" 2>&1 ||
		[ $? = 1 ] || {
		cat "$scratch/said" >&2
		exit 2
	}
	took=$((($(date +%s%N) - began) / 1000000))
	echo "$(first_failure) $took"
}

# spread FILE COLUMN: median, least and greatest of those lines whose race showed.
spread() {
	awk -v column="$2" '$1 > 0 { print $column }' "$1" | sort -n |
		awk '{ v[NR] = $1 } END { if (NR) printf "%s (%s-%s)", v[int((NR + 1) / 2)], v[1], v[NR]; else printf "-" }'
}

# replay GUEST: how often the guest of the last run that has this folder did the same again.
replay() {
	same=0
	for i in $(seq "$replays"); do
		trace=
		[ $((i % 2)) = 1 ] || trace=--trace
		code=0
		"$faultline" replay --quiet ${trace:+"$trace"} --out "$scratch/out" "$scratch/out/latest/$1" \
			>"$scratch/said" 2>&1 || code=$?
		if [ $code = 1 ] && grep -q 'the same bytes: yes' "$scratch/said" &&
			! grep -q 'the same bytes: no' "$scratch/said"; then
			same=$((same + 1))
		fi
	done
	echo "$same of $replays the same"
}

failed=0 tried=0
row='%-28s %-16s %-10s %9s %16s %22s  %s\n'
# shellcheck disable=SC2059 # the row is the format
printf "$row" race test way shown guests ms replays
grep -v '^#' "$root/harness/races.table" >"$scratch/rows"
while read -r name test <&3; do
	wanted "$name" "$@" || continue
	tried=$((tried + 1))
	for way in $ways; do
		options_of "$way" >/dev/null
		: >"$scratch/figures"
		again=
		# The kernel and the boot that all go on from are there before the clock starts.
		race "$name" "$test" "$way" 0 1 >/dev/null
		for base in $(seq "$bases"); do
			figures=$(race "$name" "$test" "$way" "$base" "$most")
			echo "$figures" >>"$scratch/figures"
			guest=$(echo "$figures" | cut -d' ' -f2)
			if [ "$way" != parallel ] && [ "$replays" -gt 0 ] && [ -z "$again" ] && [ "$guest" != - ]; then
				again=$(replay "$guest")
				[ "$again" = "$replays of $replays the same" ] || failed=1
			fi
			rm -rf "$scratch/out"
		done
		# shellcheck disable=SC2059
		printf "$row" "$name" "$test" "$way" "$(grep -cv '^0 ' "$scratch/figures" || true)/$bases" \
			"$(spread "$scratch/figures" 1)" "$(spread "$scratch/figures" 3)" "${again:--}"
	done
done 3<"$scratch/rows"
[ $tried -gt 0 ] || {
	echo "no row of $root/harness/races.table matches" >&2
	exit 2
}
exit $failed
