#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The quick part of `make splats`: what the debug kernel reports within seconds is recognised, with
# the right verdict, kind and function.
# shellcheck source=harness/tests/tap.sh
. "$(dirname "$0")/tap.sh"

expect "every report that the debug kernel makes at once is told" 0 ", 0 missed" \
	"$root/harness/splats.sh" "$build" --quick
sed 's/^/# /' "$scratch/output"
promise "... and those are all of the table" sh -c '
	test "$(grep -c " told " "$1")" = "$(grep -v "^#" "$2" | grep -c " yes ")"' sh "$scratch/output" \
	"$root/harness/splats.table"
expect "a test that needs no module" 0 "PASS" \
	"$faultline" run --quiet --kernel patched --test vdso-fork --out "$scratch/out"
promise "... has none in its guest" sh -c '! grep "out-of-tree" "$1"' sh "$scratch/out/latest/patched/serial.log"
expect "a test that is in no row is refused" 2 "no row of" "$root/harness/splats.sh" "$build" no-such-row
finish
