#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The main job on real kernels in real guests: the right patch passes in all its spellings, the
# tree without it fails by name, wrong kernels and lying programs never pass.
# shellcheck source=harness/tests/tap.sh
. "$(dirname "$0")/tap.sh"

cd "$scratch" || exit 1
out=$scratch/out
run() {
	"$faultline" run --quiet --out "$out" "$@"
}

expect "the default plan passes" 0 "PASS: " "$faultline" run --out "$out"
cp -RL "$out/latest" "$scratch/first"
promise "... on both kernels" sh -c 'grep -q "^patched  *PASS" "$1" && grep -q "^patched-debug  *PASS" "$1"' \
	sh "$scratch/output"
promise "... and no test was skipped" sh -c '! grep -q "skip" "$1"' sh "$scratch/output"
promise "result.json follows its schema" python3 -c '
import json, sys, jsonschema
jsonschema.validate(json.load(open(sys.argv[1])), json.load(open(sys.argv[2])))' \
	"$out/latest/result.json" "$root/configs/result.schema.json"
expect "judged again, it passes" 0 "PASS" "$faultline" judge "$out/latest"
promise "the evidence is complete" sh -c 'cd "$1" && for f in serial.log wire.log command.sh inputs.json config tests; do
	[ -s "$f" ] || { echo "$f is missing"; exit 1; }; done' sh "$out/latest"
# Without its closing statement the same evidence proves nothing.
sed -i '/ A tainted=/d' "$scratch/first/patched/wire.log"
expect "without the closing statement it is no pass" 3 "BROKEN" "$faultline" judge "$scratch/first/patched"

expect "the tree without the patch fails" 1 "VMA lock" run --kernel base
expect "every test is on record, also then" 1 "FAIL" "$faultline" judge "$out/latest"

counters() {
	sed -n 's/.*"vma_lock_success": \([0-9]*\).*/\1/p' "$out/latest/result.json" | paste -sd+ | bc
}
expect "the spelling as a predicate passes" 0 "PASS" run --kernel patched-predicate --test 'shared-*'
predicate=$(counters)
expect "the renamed spelling passes" 0 "PASS" run --kernel patched-rename --test 'shared-*'
rename=$(counters)
expect "the thread's own spelling passes" 0 "PASS" run --kernel patched --test 'shared-*'
own=$(counters)
promise "... with lock counters within 1 % of each other ($own, $predicate, $rename)" \
	awk -v a="$own" -v b="$predicate" -v c="$rename" 'BEGIN {
		exit !(a > 0 && b > 0.99 * a && b < 1.01 * a && c > 0.99 * a && c < 1.01 * a) }'

# Wrong kernels: a leaked VMA lock, and a helper that lets everybody call ->fault.
expect "a retry that keeps the VMA lock is caught, with lock and holder" 1 "for the VMA lock of" \
	run --kernel patched --patch "$root/harness/tests/wrong/keep-vma-lock.patch" --test 'retry-*' --test 'shared-retry*'
expect "... also by lockdep" 1 "lock" \
	run --kernel patched-debug --patch "$root/harness/tests/wrong/keep-vma-lock.patch" --test 'retry-*'
expect "->fault without map_pages under the VMA lock is caught" 1 "under the VMA lock alone" \
	run --kernel patched --patch "$root/harness/tests/wrong/no-map-pages-check.patch" --test 'probe-*'
expect "a crash in the fault path is a crash, with its line" 1 "mm/memory.c" \
	"$faultline" run --out "$out" --kernel patched --patch "$root/harness/tests/wrong/null-dereference.patch" --test 'shared-write-tmpfs'
expect "a kernel that dies before its console never boots" 1 "boot" \
	run --kernel patched --patch "$root/harness/tests/wrong/early-panic.patch" --test vdso-fork --timeout-scale 0.3

# Programs that lie, crash or spin: the same program and data, with a manifest that orders them.
mkdir -p tree/build/guest
ln -s "$root/configs" "$root/images" "$root/guest-tests" tree/
cp "$faultline" tree/build/
cp "$build"/guest/init "$build"/guest/ft-tests tree/build/guest/
for name in nothing half crash case-crash spin forge flood; do
	printf 'test: misbehave-%s\nsummary: x\ntimeout_ms: 3000\n\n' $name
done >tree/build/guest/manifest
for name in nothing half crash case-crash spin forge flood; do
	tree/build/faultline run --quiet --out "$out" --kernel patched --test misbehave-$name >log 2>&1
	code=$?
	result $((code != 1)) "a program that does $name does not pass (exit $code)"
	[ $code = 1 ] || sed 's/^/# /' log
done

for cpus in 1 2 8; do
	expect "$cpus vCPUs pass" 0 "PASS" run --kernel patched --cpus $cpus --test 'shared-write-tmpfs' --test vdso-fork
done
expect "probes come and go where all vCPUs are" 0 "PASS" run --kernel patched --cpus 8 --test stretch-places

# Typed once the prompt is there, as a person would.
shell() {
	mkfifo keys
	timeout 120 "$faultline" shell --kernel patched <keys >screen 2>&1 &
	pid=$!
	exec 3>keys
	for _ in $(seq 600); do
		grep -qa 'guest# ' screen && break
		sleep 0.1
	done
	printf 'echo answer-$((40+2))\nexit\n' >&3
	wait $pid
	code=$?
	cat screen
	return $code
}
expect "the shell answers" 0 "answer-42" shell
finish
