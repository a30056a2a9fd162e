#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What the fuzzers found worth keeping still ends well, one target after the other.
# shellcheck source=harness/tests/tap.sh
. "$(dirname "$0")/tap.sh"

for target in "$root"/harness/fuzz/fuzz-*.c; do
	name=$(basename "$target" .c)
	mkdir "$scratch/$name"
	promise "$name has a corpus" tar -xzf "$root/harness/fuzz/corpus/$name.tar.gz" -C "$scratch/$name"
	expect "... and takes all of it" 0 " inputs" "$build/replay/$name" "$scratch/$name"
done
expect "a replay of nothing fails" 1 "0 inputs" sh -c 'mkdir "$1/empty" && "$2" "$1/empty"' sh "$scratch" \
	"$build/replay/fuzz-plan"
finish
