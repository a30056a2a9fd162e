#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# make selftests-mm: the kernel's own tools/testing/selftests/mm, as static programs.
#
#     selftests-mm.sh SOURCE OUT PROGRAM...
#
# SOURCE is a kernel tree, which is not written to, or the packaged archive of one. Only what these
# programs need is unpacked, the tree's headers are made, and the tree's own Makefile builds them.
set -eu

source=$1
out=$2
shift 2
parts="Makefile Kbuild scripts include arch/x86 usr tools/testing/selftests tools/include mm/gup_test.h"
tree=$(mktemp -d "${TMPDIR:-/tmp}/faultline-selftests-mm-XXXXXX")
trap 'rm -rf "$tree"' EXIT
trap 'exit 130' INT TERM

# shellcheck disable=SC2086,SC2046 # words are meant
if [ -d "$source" ]; then
	tar -C "$source" -cf - $parts | tar -C "$tree" -xf -
else
	top=$(basename "$source" | sed 's/\.tar\..*//')
	tar -C "$tree" --strip-components=1 -xf "$source" $(echo $parts | sed "s,[^ ]*,$top/&,g")
fi
log=$tree/log
# The programs are GNU99 with Linux's warnings: what they say is for those who write them.
quietly() {
	"$@" >"$log" 2>&1 && return
	grep -E 'error|Error' "$log" >&2 || tail -n 20 "$log" >&2
	return 1
}
quietly make -s -C "$tree" ARCH=x86 headers
mkdir -p "$out"
out=$(cd "$out" && pwd)
for program; do
	set -- "$@" "$out/$program"
	shift
done
quietly make -s -C "$tree/tools/testing/selftests/mm" ARCH=x86_64 OUTPUT="$out" \
	EXTRA_CFLAGS=-static "$@"
