#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What bisect refuses, and why; the search itself is test-bisect's, real kernels are boot-bisect's.
# shellcheck source=harness/tests/tap.sh
. "$(dirname "$0")/tap.sh"

export XDG_CACHE_HOME="$scratch/cache"
cd "$scratch" || exit 1
bisect() {
	"$faultline" bisect --kernel vanilla "$@"
}

expect "a bisect of nothing" 2 "expected --kernel-tree DIR --good REV --bad REV" bisect
expect "one end is not enough" 2 "expected --kernel-tree" bisect --kernel-tree . --good HEAD
expect "one fragment is not enough" 2 "expected --kernel-tree" bisect one.config
expect "an image has no commits" 2 "--image cannot be bisected" bisect --image "$root/README.md" a b
expect "two kernels" 2 "expected one kernel" bisect --kernel base a b
expect "a confidence that is none" 2 "--confidence: expected" bisect --confidence 1.5 a b
expect "a rate that is none" 2 "--rate: expected" bisect --rate 7 a b
expect "no runs" 2 "--max-runs: expected" bisect --max-runs 0 a b
mkdir series
expect "an empty series" 2 "patches (*.patch, *.diff, *.mbox) in the series: expected 1 to" bisect --series series
git init -q -b main repo
git -C repo -c user.name=a -c user.email=a commit -q --allow-empty -m one
expect "a revision that is none" 2 "nonsense" bisect --kernel-tree repo --good nonsense --bad main
expect "nothing between good and bad" 2 "nothing is between them" bisect --kernel-tree repo --good main --bad main
echo CONFIG_A=y >a.config
expect "two fragments that are the same" 2 "options in which the two differ: expected 1 to" bisect a.config a.config
expect "... with --config before them" 2 "options in which the two differ: expected 1 to" bisect --config a.config a.config
expect "--config alone is not enough" 2 "or two configuration fragments: --config GOOD BAD" bisect --config a.config
expect "three fragments" 2 "or two configuration fragments: --config GOOD BAD" bisect a.config a.config a.config
finish
