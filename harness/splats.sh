#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# make splats: every report of the table is provoked in a real guest and must be recognised.
#
#     splats.sh BUILD [--quick] [GLOB...]      the rows of splats.table whose tests match
#
# Exit code 1 when a report is missed, or taken for another.
set -eu

build=$(cd "$1" && pwd)
shift
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=harness/wanted.sh
. "$root/harness/wanted.sh"
quick=
if [ "${1:-}" = --quick ]; then
	quick=yes
	shift
fi
scratch=$(mktemp -d "${TMPDIR:-/tmp}/faultline-splats-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

# The default plan where it has the kernel: the other one's tests have ten times as long.
plan_of() {
	for plan in "$root/configs/plans/shared-faults.plan" "$root/configs/plans/thorough.plan"; do
		! grep -q "^\[kernel $1\]" "$plan" || break
	done
	echo "$plan"
}

# Prints what is wrong with the result of a run, or the title that was found.
weigh() {
	python3 - "$@" <<'END'
import json, sys
path, verdict, kind, words = sys.argv[1:]
run = json.load(open(path))
splats = [s for kernel in run["kernels"] for s in kernel["splats"]]
right = [s for s in splats if s["kind"] == kind and (words == "-" or words in s["title"])]
if run["verdict"] != verdict:
    sys.exit("%s instead of %s: %s" % (run["verdict"], verdict, run["reason"]))
if kind == "-" and words in run["reason"]:
    print(run["reason"])
    sys.exit()
if not right:
    sys.exit("not told: " + ("; ".join(s["kind"] + ": " + s["title"] for s in splats) or run["reason"]))
others = [s["title"] for s in splats if s not in right and s["verdict"] not in ("PASS", "SKIP")]
print(right[0]["title"] + "".join(" (and %s)" % title for title in others))
END
}

tried=0 missed=0
printf '%-15s %-14s %-8s %7s  %s\n' "provoked" "kernel" "outcome" "seconds" "what it said"
grep -v '^#' "$root/harness/splats.table" >"$scratch/rows"
while read -r name kernel is_quick verdict kind words <&3; do
	wanted "$name" "$@" || continue
	[ -z "$quick" ] || [ "$is_quick" = yes ] || continue
	began=$(date +%s)
	"$build/faultline" run --quiet --plan "$(plan_of "$kernel")" --kernel "$kernel" --cpus 2 \
		--test "splat-$name" --out "$scratch/out" >"$scratch/said" 2>&1 || true
	outcome=told
	if [ ! -e "$scratch/out/latest/result.json" ]; then
		outcome=UNTRIED
		tail -n 1 "$scratch/said" >"$scratch/weighed"
	elif ! weigh "$scratch/out/latest/result.json" "$verdict" "$kind" "$words" >"$scratch/weighed" 2>&1; then
		outcome=MISSED
	fi
	[ $outcome = told ] || missed=$((missed + 1))
	printf '%-15s %-14s %-8s %7s  %.200s\n' "$name" "$kernel" "$outcome" $(($(date +%s) - began)) \
		"$(cat "$scratch/weighed")"
	tried=$((tried + 1))
	rm -rf "$scratch/out"
done 3<"$scratch/rows"
echo "$tried provoked: $((tried - missed)) told, $missed missed"
[ "$tried" -gt 0 ] || {
	echo "no row of $root/harness/splats.table matches" >&2
	exit 2
}
[ "$missed" = 0 ]
