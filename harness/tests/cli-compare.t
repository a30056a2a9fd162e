#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What compare refuses, and why; what it concludes is test-compare's, real kernels are boot-compare's.
# shellcheck source=harness/tests/tap.sh
. "$(dirname "$0")/tap.sh"

export XDG_CACHE_HOME="$scratch/cache"
cd "$scratch" || exit 1
git init -q -b main repo
compare() {
	"$faultline" compare "$@"
}

expect "three sides" 2 "expected A and B" compare base patched vanilla
expect "a kernel that is none" 2 "nonsense" compare base nonsense
expect "... is told with those that there are" 2 "patched-debug" compare nonsense patched
expect "a kernel that is based on none" 2 "vanilla is based on no kernel of the plan" compare vanilla
expect "a bzImage" 2 "--image: expected A and B" compare --image "$root/README.md" base patched
expect "kernels as options" 2 "--kernel: expected the one kernel of the plan on which commits" compare --kernel base
expect "one pair" 2 "--repeat: expected at least 2" compare base patched --repeat 1
expect "a confidence that is none" 2 "--confidence: expected 0.5 to" compare base patched --confidence 1
expect "a report that it does not have" 2 "expected --json" compare base patched --junit x
expect "git bisect" 2 "--git-bisect is for" compare base patched --git-bisect
expect "tests that there are not" 2 "no-such-test" compare base patched --test no-such-test
expect "a commit that is none" 2 "no-such-commit" compare --kernel-tree repo --kernel vanilla no-such-commit main
expect "--help tells the exit codes" 0 "1: something is" compare --help
finish
