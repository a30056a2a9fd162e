#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A real bisect of a short series on real kernels: the patch under test, one that only touches a text
# file, and one that lets everybody call ->fault under the VMA lock.
# shellcheck source=harness/tests/tap.sh
. "$(dirname "$0")/tap.sh"

mkdir "$scratch/series"
cp "$root/configs/patches/shared-faults.patch" "$scratch/series/0001-shared-faults.patch"
cat >"$scratch/series/0002-harmless.patch" <<'END'
--- a/MAINTAINERS
+++ b/MAINTAINERS
@@ -1,4 +1,5 @@
 List of maintainers
 ===================
 
+A harmless line.
 Descriptions of section entries and preferred order
END
cp "$root/harness/tests/wrong/no-map-pages-check.patch" "$scratch/series/0003-no-map-pages.patch"
bisect() {
	"$faultline" bisect --series "$scratch/series" --kernel base --test probe-promises --out "$scratch/out" \
		--json "$scratch/bisect.json"
}

expect "the guilty patch of a series is found" 0 "FIRST BAD: 0003-no-map-pages.patch" bisect
promise "... with the evidence of both sides" python3 -c '
import json, os, sys
told = json.load(open(sys.argv[1]))
assert told["confidence"] >= 0.95 and told["builds"] <= 4, told
for side in "first_bad", "last_good":
    assert os.path.exists(told[side] + "/result.json"), side' "$scratch/bisect.json"
expect "asked again, it is known" 0 "FIRST BAD" bisect
promise "... without a run" sh -c '[ "$(ls "$1/out/runs" | wc -l)" = "$(python3 -c "
import json, sys
print(json.load(open(sys.argv[1]))[\"runs\"])" "$1/bisect.json")" ]' sh "$scratch"
finish
