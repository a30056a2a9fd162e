#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The same seed gives the same bytes: console, protocol and figures, on a quiet and on a busy host,
# with disks; another seed gives another run.
# shellcheck source=harness/tests/tap.sh
. "$(dirname "$0")/tap.sh"

out=$scratch/out
run() {
	"$faultline" run --quiet --deterministic --out "$out" --kernel patched --test vdso-fork \
		--test shared-write-ext4 --test retry-unlocks "$@"
}
hashes() {
	(cd "$out/latest" && sha256sum serial.log wire.log)
}

expect "a deterministic run passes" 0 "PASS" run --seed 1
hashes >"$scratch/first"
promise "result.json says that it was one" grep -q '"deterministic": true' "$out/latest/result.json"
expect "the same seed again" 0 "PASS" run --seed 1
hashes >"$scratch/second"
promise "... gives the same bytes" cmp "$scratch/first" "$scratch/second"
(while :; do :; done) &
one=$!
(while :; do :; done) &
two=$!
expect "the same seed beside two busy loops" 0 "PASS" run --seed 1
kill $one $two
hashes >"$scratch/busy"
promise "... gives the same bytes" cmp "$scratch/first" "$scratch/busy"
expect "two vCPUs pass" 0 "PASS" run --cpus 2 --test vdso-fork
expect "a crash is a crash also there" 1 "mm/memory.c" "$faultline" run --deterministic --out "$out" \
	--kernel patched --patch "$root/harness/tests/wrong/null-dereference.patch" --test shared-write-tmpfs
finish
