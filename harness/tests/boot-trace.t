#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The trace of a deterministic guest: the same for the same seed, another for another, and it changes
# nothing of the guest. Where two traces part, the block is named; what the patch wrote is followed.
# shellcheck source=harness/tests/tap.sh
. "$(dirname "$0")/tap.sh"

out=$scratch/out
run() {
	"$faultline" run --quiet --deterministic --out "$out" --kernel patched --cpus 2 \
		--test shared-write-tmpfs "$@"
	code=$?
	run=$(readlink -f "$out/latest")
	return $code
}
replay() {
	"$faultline" replay --quiet --out "$out" "$@"
}
hash_of() {
	sed -n "s/.*\"$1_sha256\": //p" "$2/result.json"
}
differs() {
	test "$1" != "$2"
}

run --seed 1 >/dev/null 2>&1
plain=$run
expect "a run with a trace passes" 0 "PASS" run --seed 1 --trace
first=$run
promise "... and has its hash" grep -q '"trace_sha256": "[0-9a-f]\{64\}"' "$first/result.json"
promise "the trace changes no byte of the console" test "$(hash_of console "$plain")" = "$(hash_of console "$first")"
promise "... nor of the protocol" test "$(hash_of wire "$plain")" = "$(hash_of wire "$first")"
expect "another seed" 0 "PASS" run --seed 2 --trace
promise "... has another trace" differs "$(hash_of trace "$first")" "$(hash_of trace "$run")"
expect "a replay has the same trace" 0 "the same trace: yes" replay "$first"
promise "... with its hash" test "$(hash_of trace "$first")" = "$(hash_of trace "$out/latest")"

expect "a run without trace is followed through its patches" 0 "the same bytes: yes" replay --trace "$plain"
promise "... in what they wrote" grep -q "  do_shared_fault  *mm/memory.c:[0-9]* *first on vCPU [01], [0-9]* times" \
	"$scratch/output"
promise "... from vCPU to vCPU" grep -q "^ *[0-9]* [01] do_shared_fault mm/memory.c:" "$out/latest/patched/patch-order.txt"

# The first guest of a replay has another date in its clock; the second pass has the old one.
mkdir "$scratch/bin"
real=$(command -v qemu-system-x86_64)
cat >"$scratch/bin/qemu-system-x86_64" <<-END
	#!/bin/sh
	case "\$*" in
	*like=*) exec $real "\$@" -rtc base=2025-02-03T04:05:06,clock=vm ;;
	*) exec $real "\$@" ;;
	esac
END
chmod +x "$scratch/bin/qemu-system-x86_64"
PATH=$scratch/bin:$PATH expect "a guest that goes another way" 3 "the same trace: no, first difference in block" \
	replay "$first"
promise "... is told by the function then" grep -q "then: vCPU [01], [a-z_0-9]* [a-z/_0-9]*\.[ch]:[0-9]" "$scratch/output"
promise "... and now" grep -q "now : vCPU [01], [a-z_0-9]* [a-z/_0-9]*\.[ch]:[0-9]" "$scratch/output"
finish
