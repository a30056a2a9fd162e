# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# TAP for shell tests; source it. Sets root, build, faultline and a scratch folder that is removed.
#
#     promise "title" command...                 ok when the command succeeds
#     expect "title" CODE "text" command...      ok when it exits with CODE and prints text; what it
#                                                printed stays in $scratch/output
#     use_fake_qemu                              guests are plays of fake-qemu, by their name in $FAKE;
#                                                the cache is empty and the test's own
#     own_snapshots                              the cache is the real one, but for the boots that
#                                                others saved
#     test_plugin NAME                           builds $scratch/NAME.so from NAME.c, for QEMU
#     finish                                     prints the plan; last line of every test
#
# Why one is not ok goes to standard error, which prove shows without being asked.

root=$(cd "$(dirname "$0")/../.." && pwd)
build=${FAULTLINE_BUILD:-$root/build}
# shellcheck disable=SC2034 # used by the tests
faultline=$build/faultline
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM
number=0
failed=0

result() {
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		failed=1
	fi
}

promise() {
	title=$1
	shift
	"$@" >"$scratch/promise" 2>&1
	code=$?
	result $code "$title"
	[ $code = 0 ] || sed 's/^/# /' "$scratch/promise" >&2
}

expect() {
	title=$1 wanted=$2 text=$3
	shift 3
	"$@" >"$scratch/output" 2>&1
	code=$?
	if [ $code = "$wanted" ] && grep -qF -e "$text" "$scratch/output"; then
		result 0 "$title"
	else
		result 1 "$title"
		{
			echo "# expected exit code $wanted and: $text"
			echo "# exit code $code and:"
			sed 's/^/# /' "$scratch/output" | tail -40
		} >&2
	fi
}

# The accelerator is probed with the real one: its guest has no wire.
use_fake_qemu() {
	real=$(command -v qemu-system-x86_64)
	mkdir "$scratch/bin" "$scratch/cache"
	cat >"$scratch/bin/qemu-system-x86_64" <<-END
		#!/bin/sh
		case "\$*" in
		*id=wire*) exec perl "$root/harness/tests/fake-qemu" "\$@" "fake=\$FAKE" ;;
		*) exec $real "\$@" ;;
		esac
	END
	chmod +x "$scratch/bin/qemu-system-x86_64"
	export PATH="$scratch/bin:$PATH" XDG_CACHE_HOME="$scratch/cache"
}

# As the Makefile builds those of the product.
test_plugin() {
	cc -std=gnu17 -O2 -D_GNU_SOURCE -I"$root/harness" -fPIC -fvisibility=hidden -shared \
		-o "$scratch/$1.so" "$root/harness/tests/$1.c" || exit 1
}

finish() {
	echo "1..$number"
	exit $failed
}

own_snapshots() {
	cache=${XDG_CACHE_HOME:-$HOME/.cache}/faultline
	mkdir -p "$scratch/cache/faultline"
	for entry in "$cache"/*; do
		[ "${entry##*/}" = snapshots ] || ln -s "$entry" "$scratch/cache/faultline/"
	done
	export XDG_CACHE_HOME="$scratch/cache"
}
