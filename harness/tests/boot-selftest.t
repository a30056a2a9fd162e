#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A sample of `make selftest`: one wrong kernel for each section of what a shared mapping promises
# is caught by the test that its entry names, and a harmless rewrite passes the whole suite.
# shellcheck source=harness/tests/tap.sh
. "$(dirname "$0")/tap.sh"

# Only the files that the patches touch; git's rules are those by which a run applies them.
packaged=/usr/src/linux-source-6.12.tar.xz
all_apply() {
	set -- "$root"/configs/patches/wrong/*.patch "$root"/configs/patches/harmless/*.patch
	cat "$@" | sed -n 's|^+++ b/|linux-source-6.12/|p' | sort -u >"$scratch/touched"
	tar -xf "$packaged" -C "$scratch" -T "$scratch/touched" || return 1
	for patch; do
		GIT_CEILING_DIRECTORIES=$scratch git -C "$scratch/linux-source-6.12" apply --check "$patch" || return 1
	done
}
promise "every patch of the table applies to the packaged tree" all_apply

expect "four wrong kernels are caught, a harmless one passes" 0 "5 tried: 4 caught, 0 escaped, 1 harmless passed" \
	"$root/harness/selftest.sh" "$build" lock-retry-keeps-vma data-private-reuses-file-page \
	error-past-eof-by-one books-no-file-time open-coded-unlock
promise "... by the tests that are named" sh -c '! grep -q "by others" "$1"' sh "$scratch/output"
expect "a fault that pauses with its lock held is told by who waits for which lock of whom" 1 "for the VMA lock of" \
	"$faultline" run --quiet --kernel vanilla --test dirty-throttle --out "$scratch/out" \
	--patch "$root/configs/patches/wrong/lock-dirty-throttles-locked.patch"
expect "a name that is in no entry is refused" 2 "no entry of" "$root/harness/selftest.sh" "$build" no-such-entry
finish
