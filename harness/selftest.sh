#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# make selftest: kernels that are wrong on purpose must fail, harmless rewrites must pass.
#
#     selftest.sh BUILD [GLOB...]      the entries of configs/patches/wrong/table whose names match
#
# A wrong kernel runs the tests that its entry names, a race several times, and the whole suite when
# those see nothing. Exit code 1 when one that is marked "always" or "race" escapes, or when a
# harmless one is accused; 2 when an entry cannot be tried at all.
set -eu

build=$(cd "$1" && pwd)
shift
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=harness/wanted.sh
. "$root/harness/wanted.sh"
faultline=$build/faultline
table=$root/configs/patches/wrong/table
kernel=${SELFTEST_KERNEL:-vanilla}
races=${SELFTEST_RACES:-5}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/faultline-selftest-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

# boot PATCH [OPTION...]: the exit code; the verdict's sentence is the last word.
boot() {
	patch=$1
	shift
	code=0
	"$faultline" run --quiet --kernel "$kernel" --patch "$patch" --out "$scratch/out" "$@" \
		>"$scratch/said" 2>&1 || code=$?
	sentence=$(grep -E '^(PASS|FAIL|CRASH|HANG|BROKEN): ' "$scratch/said" | head -n 1 || true)
	[ -n "$sentence" ] || sentence=$(tail -n 1 "$scratch/said")
	return $code
}

test_options() {
	echo "$1" | tr ',' '\n' | sed 's/^/--test /' | tr '\n' ' '
}

# Tries one entry; sets outcome and sentence.
try() {
	name=$1 when=$2 tests=$3
	case $when in
	harmless) patch=$root/configs/patches/harmless/$name.patch ;;
	*) patch=$root/configs/patches/wrong/$name.patch ;;
	esac
	repeat=1
	[ "$when" = race ] && repeat=$races
	code=0
	if [ "$when" = harmless ]; then
		boot "$patch" || code=$?
		case $code in 0) outcome=passed ;; 1) outcome='FALSE ALARM' ;; *) outcome=UNTRIED ;; esac
		return
	fi
	# shellcheck disable=SC2046 # words are meant
	boot "$patch" --fail-fast --repeat "$repeat" $(test_options "$tests") || code=$?
	outcome=caught
	if [ $code = 0 ]; then
		code=0
		boot "$patch" || code=$?
		outcome='caught by others'
	fi
	case $code in 0) outcome=ESCAPED ;; 1) ;; *) outcome=UNTRIED ;; esac
}

tried=0 caught=0 escaped=0 alarms=0 untried=0 known=0 passed=0
printf '%-32s %-17s %7s  %s\n' "kernel" "outcome" "seconds" "what it said"
grep -v '^#' "$table" >"$scratch/entries"
while read -r name when tests <&3; do
	wanted "$name" "$@" || continue
	if [ "$when" = escaped ]; then
		known=$((known + 1))
		printf '%-32s %-17s %7s  %s\n' "$name" "known to escape" - "$tests"
		continue
	fi
	began=$(date +%s)
	try "$name" "$when" "$tests"
	printf '%-32s %-17s %7s  %.200s\n' "$name" "$outcome" $(($(date +%s) - began)) "$sentence"
	tried=$((tried + 1))
	case $outcome in
	passed) passed=$((passed + 1)) ;;
	caught*) caught=$((caught + 1)) ;;
	ESCAPED) escaped=$((escaped + 1)) ;;
	FALSE*) alarms=$((alarms + 1)) ;;
	*) untried=$((untried + 1)) ;;
	esac
done 3<"$scratch/entries"

echo "$tried tried: $caught caught, $escaped escaped, $passed harmless passed, $alarms false alarms," \
	"$untried could not be tried; $known are known to escape"
if [ $((tried + known)) = 0 ]; then
	echo "selftest: no entry of $table matches: $*" >&2
	exit 2
fi
[ $untried = 0 ] || exit 2
[ $((escaped + alarms)) = 0 ] || exit 1
