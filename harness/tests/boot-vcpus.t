#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In a deterministic guest one vCPU runs at a time, and QEMU may give it all instructions up to the next timer:
# one that waits in a loop for another must not keep it from running. Every vCPU gets on, and as far each time.
# shellcheck source=harness/tests/tap.sh
. "$(dirname "$0")/tap.sh"

own_snapshots
test_plugin vcpu_share
mkdir "$scratch/bin"
# Only a guest that goes on from a boot: what ran before was executed by another QEMU.
cat >"$scratch/bin/qemu-system-x86_64" <<-END
	#!/bin/sh
	case "\$*" in
	*-incoming*) set -- "\$@" -plugin "file=$scratch/vcpu_share.so,out=$scratch/share" ;;
	esac
	exec $(command -v qemu-system-x86_64) "\$@"
END
chmod +x "$scratch/bin/qemu-system-x86_64"

run() {
	"$faultline" run --quiet --deterministic --isolate --jobs 1 --cpus 4 --timeout-scale 3 --kernel patched \
		--seed 3 --test lookup-races --out "$scratch/out"
}
counted() {
	(PATH=$scratch/bin:$PATH && run)
}
bytes() {
	(cd "$scratch/out/latest" && sha256sum serial.log wire.log)
}
# all_above N: each of four vCPUs executed more than N instructions.
all_above() {
	cat "$scratch/share" && [ "$(awk -v n="$1" '$1 > n' "$scratch/share" | wc -l)" = 4 ]
}

expect "a guest of four vCPUs, their instructions counted" 0 PASS counted
bytes >"$scratch/bytes"
cp "$scratch/share" "$scratch/first"
promise "every vCPU executed more than a million" all_above 1000000
promise "again" counted
promise "... each executed as many" cmp "$scratch/first" "$scratch/share"
promise "not counted" run
bytes >"$scratch/uncounted"
promise "... the same bytes" cmp "$scratch/bytes" "$scratch/uncounted"
finish
