#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The table of wrong kernels: every entry has its patch, every patch its entry, every test it names
# exists.
# shellcheck source=harness/tests/tap.sh
. "$(dirname "$0")/tap.sh"

patches=$root/configs/patches
grep -v '^#' "$patches/wrong/table" >"$scratch/entries"
while read -r name when tests; do
	case $when in
	harmless) echo "harmless/$name.patch" ;;
	always | race | escaped) echo "wrong/$name.patch" ;;
	*) echo "$name: $when is none of always, race, harmless, escaped" ;;
	esac
	case $when in always | race) echo "$tests" | tr ',' '\n' >>"$scratch/globs" ;; esac
done <"$scratch/entries" | sort >"$scratch/named"
(cd "$patches" && ls wrong/*.patch harmless/*.patch) | sort >"$scratch/there"
promise "entries and patches are the same" diff "$scratch/there" "$scratch/named"

sed -n 's/^test: //p' "$build/guest/manifest" >"$scratch/tests"
names_a_test() {
	while read -r test; do
		# shellcheck disable=SC2254 # it shall match as a pattern
		case $test in $1) return 0 ;; esac
	done <"$scratch/tests"
	echo "no test is called $1"
	return 1
}
all_name_a_test() {
	for glob in $(sort -u "$scratch/globs"); do names_a_test "$glob" || return 1; done
}
set -f
promise "every test that an entry names exists" all_name_a_test
finish
