#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Wrong usage and wrong input end with 2 and one sentence that says what was wrong and what was expected.
# shellcheck source=harness/tests/tap.sh
. "$(dirname "$0")/tap.sh"

expect "no verb prints the usage" 2 "usage: faultline VERB" "$faultline"
expect "--help is no error" 0 "usage: faultline VERB" "$faultline" --help
expect "an unknown verb is named" 2 'there is no verb "frobnicate"' "$faultline" frobnicate
for verb in run build judge compare bisect explore replay history show shell doctor; do
	expect "$verb --help tells its options" 0 "--help" "$faultline" "$verb" --help
done
expect "an unknown option is named" 2 "--colour" "$faultline" run --colour
expect "a stray word is named" 2 '"patched" is not an option' "$faultline" run patched
expect "vCPUs have a range" 2 "--cpus: expected 1 to 8, found 9" "$faultline" run --cpus 9
expect "memory has a form" 2 '--memory: expected 128M to 64G, found "lots"' "$faultline" run --memory lots
expect "repeat has a range" 2 "--repeat: expected 1 to" "$faultline" run --repeat 0
expect "a time factor has a range" 2 "--timeout-scale: expected" "$faultline" run --timeout-scale 0
expect "a seed is a number" 2 "--seed: expected a whole number" "$faultline" run --seed pi
expect "a missing patch is named" 2 "no/such.patch is not a file" "$faultline" run --patch no/such.patch
expect "a report that could not be written is named first" 2 "--json: there is no folder no/such for no/such/file" \
	"$faultline" run --json no/such/file
expect "... and so is a folder in its place" 2 "--ktap: $scratch is a folder" "$faultline" run --ktap "$scratch"
expect "a commit needs a tree" 2 "--revision: expected --kernel-tree DIR" "$faultline" build --revision HEAD
expect "a missing tree is named" 2 "/no/such/tree is not a folder" "$faultline" run --kernel-tree /no/such/tree
expect "an image excludes a patch" 2 "--image is booted as it is" \
	"$faultline" run --image "$0" --patch "$0"
expect "KVM cannot be deterministic" 2 "--deterministic needs --accel tcg" "$faultline" run --deterministic --accel kvm
expect "parallel vCPUs cannot be traced" 2 "--trace needs --deterministic" "$faultline" run --trace
expect "a strategy has a name" 2 '--strategy: expected none or points, found "pct"' \
	"$faultline" run --deterministic --strategy pct
expect "yields need one vCPU at a time" 2 "--strategy points: needs --deterministic" "$faultline" run --strategy points
expect "... and a module" 2 "--image comes without" "$faultline" explore --strategy points --image "$0"
expect "a depth has a range" 2 "--depth: expected 1 to 8, found 0" \
	"$faultline" run --deterministic --strategy points --depth 0
expect "... and a strategy" 2 "expected --strategy points beside it" "$faultline" explore --strategy none --depth 2
expect "a missing plan is named" 2 "no.plan" "$faultline" run --plan no.plan

printf '[plan]\ncolour = red\n' >"$scratch/bad.plan"
expect "an unknown key of a plan has file and line" 2 "bad.plan:2: unknown key \"colour\"" \
	"$faultline" run --plan "$scratch/bad.plan"
expect "an unknown kernel lists the known ones" 2 "it has vanilla, vanilla-debug, base, patched" \
	"$faultline" run --kernel pathced
expect "an unknown test lists the known ones" 2 'no test is called "nonsense"' "$faultline" run --test nonsense
expect "with --git-bisect wrong usage is still 2" 2 "--cpus" "$faultline" run --git-bisect --cpus 9

expect "judge wants a path" 2 "expected one evidence folder or console log" "$faultline" judge
expect "judge names a missing path" 2 "there is no /no/such" "$faultline" judge /no/such
log=$scratch/dmesg.txt
cp "$root/harness/tests/judge-cases/lockdep-circular/serial.log" "$log"
expect "judge names the line of a bare log" 1 "dmesg.txt:8: WARNING: possible circular locking" "$faultline" judge "$log"
expect "... in its reason, too" 1 "FAIL: dmesg.txt: lockdep: WARNING: possible circular locking dependency detected" \
	"$faultline" judge "$log"
promise "... and it counts no tests where there are none" sh -c '! grep "of 0 tests" "$1"' sh "$scratch/output"
expect "... with the place" 1 ", at dmesg.txt:8" "$faultline" judge "$log"
expect "--explain names the rule" 1 "dmesg.txt:9: [splat lockdep] begins at: WARNING: possible circular" \
	"$faultline" judge --explain "$log"
expect "... and what it came to" 1 "verdict: FAIL: lockdep: WARNING: possible circular" "$faultline" judge --explain "$log"
expect "a limit in the guest does not count time in which the machine stood still" 0 "ok late" \
	"$build/guest/ft-tests" misbehave-late
mkdir "$scratch/empty"
expect "judge names a folder that is no evidence" 2 "is no evidence folder" "$faultline" judge "$scratch/empty"
finish
