#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A git history of a dozen commits on the packaged source: harmless ones, one that does not build, one
# that does not boot, one that warns about something else, and one that plants the bug. `git bisect
# run` with `run --git-bisect`, and `bisect`, both find that one.
# shellcheck source=harness/tests/tap.sh
. "$(dirname "$0")/tap.sh"

tree=$scratch/linux
mkdir "$tree"
tar -xf /usr/src/linux-source-6.12.tar.xz -C "$tree" --strip-components=1
in_tree() {
	git -C "$tree" -c user.name=t -c user.email=t@example.org -c gc.auto=0 "$@"
}
# commit SUBJECT COMMAND...: what the command changes in the tree, as a commit.
commit() {
	subject=$1
	shift
	(cd "$tree" && "$@") || echo "# $subject: could not be made"
	in_tree commit --quiet --all --message "$subject"
}
add_line() {
	echo "$2" >>"$1"
}

in_tree init --quiet
in_tree add --all --force
in_tree commit --quiet --message "the packaged source"
in_tree tag good
commit "mm: a comment" add_line mm/memory.c '/* harmless */'
commit "mm: open-code an unlock" git apply "$root/configs/patches/harmless/open-coded-unlock.patch"
commit "mm: does not build" add_line mm/memory.c 'int f(void) { return nothing_of_that_name; }'
commit "mm: builds again" sed -i '$d' mm/memory.c
commit "init: does not boot" git apply "$root/configs/patches/wrong/crash-early-panic.patch"
commit "init: boots again" git apply -R "$root/configs/patches/wrong/crash-early-panic.patch"
commit "mm: a warning about something else" add_line mm/memory.c \
	'static int __init warn(void) { WARN_ON_ONCE(1); return 0; } late_initcall(warn);'
commit "doc: a line" add_line MAINTAINERS 'harmless'
commit "mm: the bug" git apply "$root/configs/patches/wrong/books-no-file-time.patch"
in_tree tag guilty
commit "mm: another comment" add_line mm/filemap.c '/* harmless */'
commit "doc: another line" add_line MAINTAINERS 'harmless'
commit "mm: a third comment" add_line mm/memory.c '/* harmless */'
guilty=$(in_tree rev-parse guilty)

by_git() {
	in_tree bisect start HEAD good &&
		in_tree bisect run "$faultline" run --quiet --git-bisect --kernel-tree "$tree" \
			--kernel vanilla --test file-times --out "$scratch/git-out"
}
expect "git bisect run finds the guilty commit" 0 "$guilty is the first bad commit" by_git
runs_by_git=$(in_tree bisect log | grep -c '^git bisect [bgs]')
in_tree bisect reset >"$scratch/reset" 2>&1

by_faultline() {
	"$faultline" bisect --kernel-tree "$tree" --good good --bad HEAD --kernel vanilla --test file-times \
		--out "$scratch/out" --json "$scratch/bisect.json"
}
expect "bisect finds it as well" 0 "mm: the bug" by_faultline
promise "... and is sure of it, with the evidence of both sides" python3 -c '
import json, os, sys
told = json.load(open(sys.argv[1]))
assert told["confidence"] >= 0.95, told
for side in "first_bad", "last_good":
    assert os.path.exists(told[side] + "/result.json"), side' "$scratch/bisect.json"
expect "compare tells the two commits apart" 1 "FAIL: guilty is worse than guilty~1: file-times" \
	"$faultline" compare guilty~1 guilty --quiet --kernel-tree "$tree" --kernel vanilla --test file-times \
	--out "$scratch/out"
promise "... and the tree is as it was" sh -c '
	[ -z "$(git -C "$1" status --porcelain --untracked-files=no)" ] && git -C "$1" diff --quiet HEAD' sh "$tree"
echo "# git bisect: $runs_by_git steps; bisect: $(grep -E '"(runs|builds)"' "$scratch/bisect.json" | tr -d '\n')"
finish
