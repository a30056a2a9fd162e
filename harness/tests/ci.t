#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The workflow that GitHub runs is the one at the top, and both run the README's two commands.
cd "$(dirname "$0")/../.." || exit 1
echo 1..3
if cmp -s ci.yml .github/workflows/ci.yml; then echo "ok 1 - ci.yml is the workflow that GitHub runs"
else echo "not ok 1 - ci.yml differs from .github/workflows/ci.yml"; fi
if grep -q 'run: make run$' ci.yml && grep -q 'run: make test$' ci.yml; then echo "ok 2 - it runs make run and make test"
else echo "not ok 2 - ci.yml does not run the README's two commands"; fi
if grep -q '^exec make test$' .ci/run; then echo "ok 3 - .ci/run is make test"
else echo "not ok 3 - .ci/run does not run make test"; fi
