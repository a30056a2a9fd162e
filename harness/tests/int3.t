#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A vCPU that QEMU lets run into an INT3 which is no longer there does not stay there: the plugin that makes
# vCPUs give way sees it. Without it the guest below stays at its first INT3 for ever.
# shellcheck source=harness/tests/tap.sh
. "$(dirname "$0")/tap.sh"

cc -m32 -c -o "$scratch/int3.o" "$root/harness/tests/int3_gone.S" &&
	ld -m elf_i386 -Ttext 0 -e 0 --oformat binary -o "$scratch/int3.bin" "$scratch/int3.o" || exit 1
test_plugin late_int3

guest() {
	timeout 60 qemu-system-x86_64 -machine pc -accel tcg,thread=multi -smp 2 -m 16 -nodefaults -display none \
		-no-reboot -device isa-debug-exit,iobase=0xf4,iosize=4 -bios "$scratch/int3.bin" "$@"
}
# 0x15 to isa-debug-exit is exit code 2 * 0x15 + 1.
expect "code that changes while a vCPU translates it runs as it is" 43 "runs an INT3 that is c3" \
	guest -plugin "file=$build/fl_pause.so" -plugin "file=$scratch/late_int3.so"
finish
