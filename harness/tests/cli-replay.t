#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What replay says of a run that does the same again and of one that does not, what it needs of the
# folder, and what it refuses. A fake QEMU plays the guests; real ones are boot-explore's.
# shellcheck source=harness/tests/tap.sh
. "$(dirname "$0")/tap.sh"

use_fake_qemu
export FAKE=panic
out=$scratch/out
echo image >"$scratch/image"

run() {
	"$faultline" run --quiet --kernel patched --image "$scratch/image" --test vdso-fork --timeout-scale 0.02 --out "$out" "$@" \
		>/dev/null 2>&1
	run=$(readlink -f "$out/latest")
}
replay() {
	"$faultline" replay --out "$out" "$@"
}

expect "no run" 2 "expected one run" replay
expect "two runs" 2 "expected one run" replay a b
expect "a run that is none, before there are any" 2 "nonsense is no folder of a run, and there is no folder $out" \
	replay nonsense
expect "a folder that is none" 2 "is no evidence folder" replay "$root/configs"
expect "--until with --gdb" 2 "expected one of the two" replay --until x --gdb latest
expect "--until without a text" 2 "--until: expected a text" replay --until "" latest

run --deterministic --seed 5
expect "a run that is none" 2 'called "nonsense"' replay nonsense
expect "a crash comes back" 1 "patched: the same bytes: yes, console and protocol" replay latest
promise "... in a folder of its own" test "$(readlink -f "$out/latest")" != "$run"
promise "... that says how it was made" grep -q "replay --out $out $out/runs/" "$out/latest/result.json"
promise "... with the same hashes" sh -c 'sed -n "/_sha256/p" "$1" >"$3/a"; sed -n "/_sha256/p" "$2" >"$3/b"
	grep -q wire_sha256 "$3/a" && cmp "$3/a" "$3/b"' sh "$run/result.json" "$out/latest/result.json" "$scratch"
expect "the folder of a run" 1 "the same bytes: yes" replay "$run"
expect "the folder of its guest" 1 "the same bytes: yes" replay "$run/patched"
FAKE=reset expect "a guest that does something else is no fault of the kernel" 3 \
	"first difference in serial.log:2" replay "$run"
promise "... and both lines are told" grep -q "then: Kernel panic" "$scratch/output"
run --deterministic --seed 5
FAKE=reset expect "the link to the latest run is that run, not its replay" 3 "first difference in serial.log:2" \
	replay "$out/latest"
FAKE=silence expect "a line that is waited for ends the guest" 0 "stopped at serial.log:1: Linux version" \
	replay --until "Linux version" "$run"
promise "... that says so, too" grep -q "replay --out $out --until 'Linux version' $run" "$out/latest/result.json"
promise "... the same up to there" grep -q "the same bytes: yes.*as far as both go" "$scratch/output"
expect "a line that does not come" 3 'no line of the console has "x y"' replay --until "x y" "$run"
expect "--gdb says how to call it" 1 "gdb -ex 'target remote 127.0.0.1:1234'" replay --gdb "$run"

cp -R "$run/patched" "$scratch/isolated"
sed -i 's/"snapshot": null/"snapshot": "feed"/' "$scratch/isolated/guest.json"
expect "a guest that went on from nobody knows which boot" 2 "does not say from which" replay "$scratch/isolated"
sed -i 's/"snapshot_sha256": null/"snapshot_sha256": "f00d"/' "$scratch/isolated/guest.json"
expect "orders that are missing are named" 2 "isolated/orders: is missing" replay "$scratch/isolated"
echo "proto 1" >"$scratch/isolated/orders"
expect "a boot that is gone is told" 2 "expected the boot that its guest went on from in the cache; the command" \
	replay "$scratch/isolated"
mkdir -p "$XDG_CACHE_HOME/faultline/snapshots/feed"
for file in ram state serial.log; do : >"$XDG_CACHE_HOME/faultline/snapshots/feed/$file"; done
printf beef >"$XDG_CACHE_HOME/faultline/snapshots/feed/sha256"
expect "... and one that was made again" 2 "found another that was made since" replay "$scratch/isolated"

run --repeat 2
expect "a run with parallel vCPUs" 1 "the verdict came back: yes, CRASH then, CRASH now" replay "$run"
promise "... of which only the choices repeat" grep -q "only the programs' choices repeat" "$scratch/output"
promise "... of both guests" grep -q "^patched.2: the verdict came back" "$scratch/output"
expect "gdb has one guest" 2 "the run has 2 guests" replay --gdb "$run"
FAKE="exit" expect "a verdict that does not come back" 3 "came back: no, CRASH then, BROKEN now" replay "$run/patched"

run --deterministic
rm "$run/patched/bzImage"
expect "an image that is gone and was not built here" 2 "cannot be built again" replay "$run"
run --deterministic
rm "$run/patched/initramfs.cpio"
expect "an initramfs that is gone" 2 "initramfs.cpio: is missing" replay "$run"
run --deterministic
echo more >>"$run/patched/serial.log"
expect "a log that was changed" 2 "serial.log: expected the bytes whose hash" replay "$run"
run --deterministic
sed -i /time_scale_milli/d "$run/patched/guest.json"
expect "the folder of an older faultline" 2 "cannot be replayed" replay "$run"
run --deterministic --trace
promise "the hash of a trace is beside the others" grep -q '"trace_sha256": "[0-9a-f]\{64\}"' "$run/result.json"
expect "a trace that comes back" 1 "patched: the same trace: yes, 2 blocks, 10 instructions" replay "$run"
FAKE_TRACE="0 2" expect "a trace that does not is no fault of the kernel" 3 \
	"the same trace: no, first difference not far behind block 1, after 0 instructions" replay "$run"
promise "... though the bytes are the same" grep -q "the same bytes: yes" "$scratch/output"
promise "... and then is not known when it does not come back" grep -q "then: not known" "$scratch/output"
FAKE_TRACE="0 2" FAKE_TRACE_AGAIN="0 1" expect "a second pass finds the block" 3 \
	"first difference in block 2, after 5 instructions" replay "$run"
promise "... and tells it of then" grep -q "then: vCPU 1, a program at 0x400010" "$scratch/output"
promise "... and of now" grep -q "now : vCPU 2, a program at 0x400010" "$scratch/output"
FAKE_TRACE="0" FAKE_TRACE_AGAIN="0 1" expect "a trace that ends before" 3 "now : (nothing more)" replay "$run"
FAKE=silence FAKE_TRACE="0 1" expect "a guest that was ended is compared as far as it went" 0 "the same trace: " \
	replay --until "Linux version" "$run"
printf x >>"$run/patched/trace.bin"
expect "a trace that was changed" 2 "trace.bin: expected the bytes whose hash" replay "$run"
expect "a trace of an image whose source is not known" 2 "what the patches of patched wrote is not known" \
	replay --trace "$(readlink -f "$out/latest")"
run --deterministic
run
expect "a trace of parallel vCPUs" 2 "--trace: expected a run with --deterministic" replay --trace "$run"
finish
