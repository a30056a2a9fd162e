#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What makes no difference to a deterministic guest that goes on from a boot: how often it does, whether it
# is traced, and how much room QEMU has for the code that it makes of it, as long as that is enough.
# shellcheck source=harness/tests/tap.sh
. "$(dirname "$0")/tap.sh"

own_snapshots
out=$scratch/out
run() {
	"$faultline" run --quiet --deterministic --isolate --jobs 1 --timeout-scale 3 --kernel patched --test vdso-fork \
		--out "$out" "$@"
}
hashes() {
	(cd "$out/latest" && sha256sum serial.log wire.log)
}
same() {
	"$@" && hashes >"$scratch/again" && cmp "$scratch/first" "$scratch/again"
}
other() {
	"$@" && hashes >"$scratch/again" && ! cmp -s "$scratch/first" "$scratch/again"
}
# A QEMU that has so many MiB for its code; what else it is told is the same.
with_room() {
	mkdir -p "$scratch/$1"
	cat >"$scratch/$1/qemu-system-x86_64" <<-END
		#!/bin/sh
		for option; do
			shift
			case \$option in
			tcg,*tb-size=512) option=\${option%512}$1 ;;
			esac
			set -- "\$@" "\$option"
		done
		echo "\$*" >>"$scratch/$1/told"
		exec $(command -v qemu-system-x86_64) "\$@"
	END
	chmod +x "$scratch/$1/qemu-system-x86_64"
	(PATH=$scratch/$1:$PATH && run --seed 7) && grep -q "tb-size=$1 " "$scratch/$1/told"
}

expect "a guest goes on from a boot" 0 PASS run --seed 7
hashes >"$scratch/first"
for i in 2 3 4 5; do
	promise "the same bytes, time $i" same run --seed 7
done
promise "the same bytes when it is traced" same run --seed 7 --trace
promise "the same bytes with 32 MiB for the code" same with_room 32
# The code is thrown away when the room is full, and the vCPU stops there: why the size is told to QEMU.
promise "other bytes with too little room" other with_room 8
cp "$scratch/again" "$scratch/first"
promise "... the same ones each time" same with_room 8
finish
