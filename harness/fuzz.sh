#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# make fuzz: runs every fuzz target for some seconds, from the golden folders and from what earlier runs
# found interesting.
#
#     fuzz.sh BUILD SECONDS [GLOB...]      the targets that match; default: all
#     fuzz.sh BUILD keep [GLOB...]         makes harness/fuzz/corpus of what reaches code that no other
#                                          input reaches
#
# Exit code 1 when a target found something; the input that shows it lies in BUILD/fuzz.
set -eu

build=$(cd "$1" && pwd)/fuzz
seconds=$2
shift 2
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
# shellcheck source=harness/wanted.sh
. "$root/harness/wanted.sh"

KEEP_BYTES=4097

# Inputs as each target reads them; cases with more than 64 KiB are slow and teach nothing new.
seeds() {
	case $1 in
	fuzz-judge)
		for folder in harness/tests/judge-cases/*; do
			[ "$(stat -c %s "$folder/serial.log")" -gt 65536 ] && continue
			printf '\003' >"$2/${folder##*/}"
			cat "$folder/serial.log" >>"$2/${folder##*/}"
			[ -f "$folder/wire.log" ] || continue
			printf '\002' >"$2/${folder##*/}-wire"
			cat "$folder/serial.log" >>"$2/${folder##*/}-wire"
			printf '\377' >>"$2/${folder##*/}-wire"
			sed 's/^@[0-9]* [0-9a-f]* //' "$folder/wire.log" >>"$2/${folder##*/}-wire"
		done
		;;
	fuzz-plan) cp configs/plans/*.plan "$2" ;;
	fuzz-patch) cp configs/patches/*.patch configs/patches/harmless/*.patch "$2" ;;
	fuzz-evidence) cp harness/fuzz/guest.json "$2" ;;
	fuzz-qmp)
		cp harness/fuzz/qmp.lines "$2"
		sed -n 's/^{"id":1,"return":"\(.*\)"}/\1/p' harness/fuzz/qmp.lines | sed 's/\\r\\n/\n/g' >"$2/registers"
		;;
	esac
}

run() {
	if "$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="$build/$name-" "$build/corpus/$name" "$build/seeds/$name" \
		>"$build/$name.log" 2>&1; then
		inputs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$name.log")
		covered=$(sed -n 's/.* cov: \([0-9]*\) ft: \([0-9]*\) .*/\1 edges and \2 features covered/p' "$build/$name.log" | tail -n 1)
		echo "$name: ${inputs:-no} inputs in $seconds s, ${covered:-nothing covered}, nothing found"
	else
		echo "$name: found something: $(grep -m 1 -E 'ERROR:|runtime error:|assertion failed' "$build/$name.log" || echo "see the log")"
		echo "  log: $build/$name.log"
		echo "  again: $target $build/$name-*"
		status=1
	fi
}

# Small ones only: they are in the repository. The same inputs give the same archive.
keep() {
	rm -rf "$build/kept" "$build/small"
	mkdir "$build/kept" "$build/small"
	find "$build/corpus/$name" "$build/seeds/$name" -type f -size -"$KEEP_BYTES"c -exec cp {} "$build/small" ';'
	"$target" -merge=1 "$build/kept" "$build/small" >"$build/$name.log" 2>&1
	mkdir -p harness/fuzz/corpus
	tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 --mode=644 -C "$build/kept" -c . |
		gzip -n9 >"harness/fuzz/corpus/$name.tar.gz"
	echo "$name: $(find "$build/kept" -type f | wc -l) inputs kept"
}

status=0
for target in "$build"/fuzz-*; do
	[ -x "$target" ] && [ -f "$target" ] || continue
	name=${target##*/}
	wanted "$name" "$@" || continue
	mkdir -p "$build/corpus/$name" "$build/seeds/$name"
	seeds "$name" "$build/seeds/$name"
	[ ! -e "harness/fuzz/corpus/$name.tar.gz" ] || tar -xzf "harness/fuzz/corpus/$name.tar.gz" -C "$build/seeds/$name"
	if [ "$seconds" = keep ]; then keep; else run; fi
done
exit $status
