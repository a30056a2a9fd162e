#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The size of QEMU's code buffer is part of a deterministic guest: where it becomes full, all translations
# are thrown away, and the vCPU whose turn it is loses the rest of it. A small one gives another schedule,
# each time the same; the one that guests have is never full, so that one of another size which is not full
# either changes nothing.
# shellcheck source=harness/tests/tap.sh
. "$(dirname "$0")/tap.sh"

own_snapshots
out=$scratch/out
mkdir "$scratch/bin"
real=$(command -v qemu-system-x86_64)
cat >"$scratch/bin/qemu-system-x86_64" <<-END
	#!/bin/bash
	exec $real "\${@/tb-size=512/tb-size=\${TB_SIZE_MIB:-512}}"
END
chmod +x "$scratch/bin/qemu-system-x86_64"

# with MIB: console, protocol and trace of a restored guest of seed 1 with a code buffer of that size.
with() {
	PATH=$scratch/bin:$PATH TB_SIZE_MIB=$1 "$faultline" run --quiet --deterministic --isolate --trace --jobs 1 \
		--kernel patched --seed 1 --out "$out" --test shared-write-tmpfs >"$scratch/output" 2>&1 ||
		cat "$scratch/output" >&2
	sed -n 's/.*"\(console\|wire\|trace\)_sha256": //p' "$out/latest/result.json"
}
with 512 >"$scratch/usual"
with 32 >"$scratch/less"
with 8 >"$scratch/full"
with 8 >"$scratch/full-again"
promise "a code buffer that is never full" grep -q '"[0-9a-f]\{64\}"' "$scratch/usual"
promise "... may have another size" cmp "$scratch/usual" "$scratch/less"
promise "one that becomes full gives another schedule" sh -c '! cmp "$1" "$2"' sh "$scratch/usual" "$scratch/full"
promise "... each time the same" cmp "$scratch/full" "$scratch/full-again"
finish
