#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Real kernels: built once, found again, and every bad input refused by name. Runs first of the
# boot tests, so that a build that fails is told as one.
# shellcheck source=harness/tests/tap.sh
. "$(dirname "$0")/tap.sh"

cd "$scratch" || exit 1
build() {
	"$faultline" build --kernel patched "$@"
}

expect "the default kernels build" 0 "bzImage" "$faultline" build
expect "a second call builds nothing" 0 "patched-debug" "$faultline" build
promise "... and says so" grep -c "(cached)" "$scratch/output"

# Bad patches.
printf '' >empty.patch
expect "an empty patch" 2 "empty.patch" build --patch empty.patch
printf -- '--- a/../evil\n+++ b/../evil\n@@ -0,0 +1 @@\n+x\n' >escape.patch
expect "a patch that leaves the tree" 2 "../evil" build --patch escape.patch
printf 'diff --git a/x b/x\nnew file mode 100644\nindex 0000000..1111111\nBinary files /dev/null and b/x differ\n' >binary.patch
expect "a binary patch" 2 "binary" build --patch binary.patch
printf -- '--- a/mm/memory.c\n+++ b/mm/memory.c\n@@ -10,2 +10,2 @@\n this line is not there\n-nor is this\n+x\n' >stale.patch
expect "a patch that does not apply names file and hunk" 2 "mm/memory.c" build --patch stale.patch
promise "... the hunk" grep -q "hunk 1" "$scratch/output"
expect "under git bisect it is no verdict" 125 "stale.patch" \
	"$faultline" run --git-bisect --kernel patched --patch stale.patch

# Bad trees and configurations.
mkdir notakernel
echo hello >notakernel/README
expect "a folder that is no kernel" 2 "notakernel" build --kernel-tree notakernel
echo CONFIG_NO_SUCH_THING=y >unknown.config
expect "an option that does not exist" 2 "CONFIG_NO_SUCH_THING" build --config unknown.config
promise "... with file and line" grep -q "unknown.config:1" "$scratch/output"
echo "this is no option" >noise.config
expect "a fragment that is none" 2 "noise.config:1" build --config noise.config

# A kernel that does not compile: the compiler's own line.
cat >broken.patch <<'END'
--- a/mm/util.c
+++ b/mm/util.c
@@ -1,3 +1,4 @@
+this does not compile;
 // SPDX-License-Identifier: GPL-2.0-only
 #include <linux/mm.h>
 #include <linux/slab.h>
END
expect "a kernel that does not compile shows the compiler's line" 2 "mm/util.c:1" build --patch broken.patch
expect "under git bisect it is no verdict either" 125 "mm/util.c:1" \
	"$faultline" run --git-bisect --kernel patched --patch broken.patch

# A build that is interrupted: the code, no make left, and nothing that looks finished. The patch is
# new each time, so that the cache of an earlier run cannot have its kernel.
sed "s/this does not compile;/int faultline_interrupted_$(date +%s%N);/" broken.patch >fine.patch
work=${XDG_CACHE_HOME:-$HOME/.cache}/faultline/work
at_work() {
	[ -n "$(find "$work" -maxdepth 1 -name '*.building' -newer stamp)" ]
}
no_make() {
	! pgrep -f "make -C $work" >/dev/null
}
# interrupt SIGNAL: sent while make is at work, which the mark beside its object tree shows.
interrupt() {
	touch stamp
	"$faultline" build --kernel patched --patch fine.patch >log 2>&1 &
	pid=$!
	until at_work || ! kill -0 $pid 2>/dev/null; do sleep 0.05; done
	kill -"$1" $pid
	wait $pid 2>/dev/null
}
interrupt INT
code=$?
result $((code != 130)) "SIGINT while a kernel builds ends with 130 (was $code)"
promise "... and leaves no make" no_make
interrupt KILL
code=$?
result $((code != 137)) "SIGKILL comes while a kernel builds (was $code)"
expect "after a SIGKILL the same build comes out whole" 0 "bzImage" build --patch fine.patch
finish
