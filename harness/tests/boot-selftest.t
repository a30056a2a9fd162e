#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A sample of `make selftest`: one wrong kernel for each section of what a shared mapping promises
# is caught by the test that its entry names, and a harmless rewrite passes the whole suite.
# shellcheck source=harness/tests/tap.sh
. "$(dirname "$0")/tap.sh"

expect "four wrong kernels are caught, a harmless one passes" 0 "5 tried: 4 caught, 0 escaped, 1 harmless passed" \
	"$root/harness/selftest.sh" "$build" lock-retry-keeps-vma data-private-reuses-file-page \
	error-past-eof-by-one books-no-file-time open-coded-unlock
promise "... by the tests that are named" sh -c '! grep -q "by others" "$1"' sh "$scratch/output"
expect "a name that is in no entry is refused" 2 "no entry of" "$root/harness/selftest.sh" "$build" no-such-entry
finish
