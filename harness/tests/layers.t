#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The shape of the tree, as ARCHITECTURE.md and CONTRIBUTING.md promise it. Each rule is a function
# that prints what breaks it, with file and line; each is run on the tree, and then on a small
# copy in which it has been broken, because a rule that cannot fail says nothing.

# The rules are called by name.
# shellcheck disable=SC2317,SC2016

set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
n=0
status=0

# Modules without a test of their own, and why.
exceptions='
main.c        cli-*.t run the whole program
cmd_*.c       cli-*.t run each verb
appliance.c   test-disk makes a real disk with it
disk_child.c  test-disk runs it, fails it and kills it
findings.c    every folder of judge-cases goes through it
kernlog.c     every folder of judge-cases goes through it
proof.c       every folder of judge-cases goes through it
ruling.c      every folder of judge-cases goes through it
rules_load.c  the reading half of rules.c, in test-rules
options_*.c   test-options gives them every option and every wrong value
output.c      cli-faults.t reads what it prints and writes
site.c        holds paths; every cli-*.t stands on it
prepare.c     cli-faults.t and boot-run.t run it whole
run.c         cli-faults.t and boot-run.t run it whole
trial_run.c   cli-faults.t and boot-run.t run it whole
pool.c        cli-faults.t ends and cancels its guests
bisect_guest.c boot-bisect.t builds and boots with it
compare_guest.c boot-compare.t boots pairs with it
tracing.c     boot-trace.t names blocks and functions with it
retrace.c     cli-replay.t makes traces that differ, boot-trace.t real ones
trials.c      cli-faults.t and boot-run.t run it whole
replay*.c     cli-replay.t and boot-explore.t run it whole
explore_guest.c cli-explore.t and boot-explore.t run it whole
progress.c    cli-faults.t and boot-run.t read what it prints
command.c     cli-explore.t and boot-explore.t run what it prints
rejudge.c     cli-faults.t judges every folder that it makes again
shell.c       boot-run.t types into it
'

sources() { find harness -name '*.[ch]' ! -path 'harness/fuzz/*' | LC_ALL=C sort; }
modules() { sources | grep '\.c$' | grep -v '^harness/tests/'; }

# Includes go to a lower room or stay in their own; fl_wire.h is for those who speak it.
rule_includes() {
	sources | xargs awk '
	BEGIN {
		split("base plugin plan kernel image vm judge store report flow cli tests", name)
		split("1 1 2 3 3 3 3 4 4 5 6 7", level)
		for (i in name)
			rank[name[i]] = level[i]
		split("judge vm image flow plan tests", wire)
		for (i in wire)
			speaks[wire[i]] = 1
	}
	FNR == 1 {
		split(FILENAME, part, "/")
		room = part[2]
		if (!(room in rank))
			print FILENAME ": " room " is no room"
	}
	/^[ \t]*#[ \t]*include[ \t]*"/ {
		split($0, quoted, "\"")
		split(quoted[2], path, "/")
		at = FILENAME ":" FNR ": "
		if (quoted[2] == "fl_wire.h") {
			if (!(room in speaks))
				print at room " may not include fl_wire.h"
		} else if (room == "tests" && quoted[2] ~ /^..\/..\/guest-tests\//) {
			next # a test may compile the guest end of the wire on the host
		} else if (quoted[2] !~ /\//) {
			print at "\"" quoted[2] "\" does not name its room"
		} else if (!(path[1] in rank)) {
			print at "\"" quoted[2] "\" is in no room"
		} else if (path[1] != room && rank[path[1]] >= rank[room]) {
			print at room " may not include " path[1]
		}
	}'
}

rule_architecture() {
	modules | while read -r file; do
		stem=$(basename "$file" .c)
		room=$(basename "$(dirname "$file")")
		grep -qE "(^|[^a-z0-9_])($room/)?$stem(\.c)?([^a-z0-9_]|\$)" ARCHITECTURE.md 2>/dev/null ||
			echo "$file has no line in ARCHITECTURE.md"
	done
}

rule_tests() {
	modules | while read -r file; do
		stem=$(basename "$file" .c)
		[ -e "harness/tests/test-$stem.c" ] && continue
		for pattern in $(echo "$exceptions" | awk '{ print $1 }'); do
			# shellcheck disable=SC2254  # the pattern is one
			case $stem.c in $pattern) continue 2 ;; esac
		done
		echo "$file has no harness/tests/test-$stem.c"
	done
}

rule_stems() {
	modules | sed 's|.*/||' | sort | uniq -d | sed 's/$/ is there twice/'
}

# The licence, then a comment that says what the file owns.
rule_openings() {
	sources | xargs awk '
	FNR == 1 && !/^(\/\/|\/\*) SPDX-License-Identifier: GPL-2.0-only( \*\/)?$/ {
		print FILENAME ":1: expected the SPDX line"
	}
	FNR == 2 && !/^\/\*/ { print FILENAME ":2: expected a comment that says what the file owns" }'
}

# Calls, not words: comments and strings do not count.
rule_processes() {
	sources | grep -v -e '^harness/base/proc\.c$' -e '^harness/tests/' | xargs awk '
	{
		code = $0
		gsub(/"([^"\\]|\\.)*"/, "", code)
		sub(/\/\/.*/, "", code)
		gsub(/\/\*.*\*\//, "", code)
		if (code ~ /^[ \t]*(\/\*|\*)/)
			next
		if (code ~ /(^|[^A-Za-z0-9_])(v?fork|clone3?|exec[lv]p?e?|execvpe|fexecve|posix_spawnp?|system|popen)[ \t]*\(/ ||
		    code ~ /g_(spawn|subprocess)_[a-z_]+[ \t]*\(/)
			print FILENAME ":" FNR ": only base/proc.c starts processes"
	}'
}

# A declaration starts at the left margin; its name is the word before the first parenthesis.
# Attributes, macros and _autoptr lines are no declarations. X_private.h is of X; a room's error
# domain may stand in any of its headers; cli.h names what each cmd_<verb>.c has. qemu_plugin.h
# declares what is QEMU's.
rule_prefixes() {
	sources | grep '\.h$' | grep -v -e '^harness/tests/' -e '/qemu_plugin\.h$' | xargs awk '
	FNR == 1 {
		parts = split(FILENAME, part, "/")
		stem = part[parts]
		sub(/(_private)?\.h$/, "", stem)
		domain = "fl_" part[2] "_error_quark"
		command = part[2] "/" stem == "cli/cli" ? "fl_cmd_" : "fl_" stem "_"
	}
	/^[a-zA-Z].*\(/ && !/^(typedef|static|extern "C"|G_[A-Z_]+|JANSSON)/ {
		name = $0
		sub(/[ \t]*\(.*/, "", name)
		sub(/.*[ \t*]/, "", name)
		# The one thing that a file does may carry its name alone: fl_rejudge. Plurals are the same word.
		if (name == "fl_" stem || index(name, "fl_" stem "s_") == 1)
			next
		if (index(name, "fl_" stem "_") != 1 && index(name, command) != 1 && name != domain)
			print FILENAME ":" FNR ": " name " should be fl_" stem "_..."
	}'
}

ok() { n=$((n + 1)); echo "ok $n - $1"; }
not_ok() { n=$((n + 1)); status=1; echo "not ok $n - $1"; printf '%s\n' "$2" | sed 's/^/# /'; }

holds() {
	found=$(cd "$root" && "rule_$1")
	if [ -z "$found" ]; then ok "$2"; else not_ok "$2" "$found"; fi
}

# A tree that keeps every rule, small enough to be broken one rule at a time.
plant_tree() {
	rm -rf "$copy"
	mkdir -p "$copy/harness/base" "$copy/harness/vm" "$copy/harness/judge" "$copy/harness/tests"
	for stem in base/fs vm/qmp judge/ktap; do
		printf '/* SPDX-License-Identifier: GPL-2.0-only */\n/* Owns it. */\nvoid fl_%s_do(int a);\n' \
			"${stem#*/}" > "$copy/harness/$stem.h"
		printf '/* SPDX-License-Identifier: GPL-2.0-only */\n/* Never fork()s. */\n#include "%s.h"\n' \
			"$stem" > "$copy/harness/$stem.c"
		cp "$copy/harness/$stem.c" "$copy/harness/tests/test-${stem#*/}.c"
	done
	echo '`fs` `qmp` `ktap`' > "$copy/ARCHITECTURE.md"
}

# breaks RULE WHAT COMMAND: the rule is silent on the planted tree and speaks after the command.
breaks() {
	plant_tree
	before=$(cd "$copy" && "rule_$1")
	(cd "$copy" && eval "$3")
	after=$(cd "$copy" && "rule_$1")
	if [ -z "$before" ] && [ -n "$after" ]; then
		ok "would notice $2"
	else
		not_ok "would notice $2" "before: $before; after: $after"
	fi
}

copy=$(mktemp -d) || exit 1
trap 'rm -rf "$copy"' EXIT
trap 'exit 1' HUP INT TERM

holds includes 'includes go downward or stay in their room'
holds architecture 'ARCHITECTURE.md has a line for every module'
holds tests 'every module has its test'
holds stems 'file stems are unique'
holds openings 'every file opens with its licence and its purpose'
holds processes 'only base/proc.c starts processes'
holds prefixes 'public functions carry the name of their file'

breaks includes 'an upward include' 'echo "#include \"vm/qmp.h\"" >> harness/base/fs.c'
breaks includes 'a sideways include' 'echo "#include \"judge/ktap.h\"" >> harness/vm/qmp.c'
breaks includes 'an include without its room' 'echo "#include \"qmp.h\"" >> harness/vm/qmp.c'
breaks includes 'an include of a room that is none' 'echo "#include \"util/all.h\"" >> harness/vm/qmp.c'
breaks includes 'the wire where nobody speaks it' 'echo "#include \"fl_wire.h\"" >> harness/base/fs.c'
breaks includes 'a new room' 'mkdir harness/util; cp harness/base/fs.h harness/util/fs.h'
breaks architecture 'a module nobody described' 'echo "\`fs\` \`qmp\` \`ktapper\`" > ARCHITECTURE.md'
breaks architecture 'a missing ARCHITECTURE.md' 'rm ARCHITECTURE.md'
breaks tests 'a module without a test' 'rm harness/tests/test-qmp.c'
breaks stems 'two files of one name' 'cp harness/base/fs.c harness/vm/fs.c'
breaks openings 'a missing licence' 'sed -i 1d harness/vm/qmp.c'
breaks openings 'a missing purpose' 'sed -i 2d harness/vm/qmp.h'
breaks processes 'a fork' 'echo "	if (fork() == 0)" >> harness/vm/qmp.c'
breaks processes 'an exec' 'echo "	execvp(argv[0], argv);" >> harness/vm/qmp.c'
breaks processes 'a process by GLib' 'echo "	g_spawn_sync(NULL);" >> harness/judge/ktap.c'
breaks prefixes 'a stray public name' 'echo "bool qmp_send(int fd);" >> harness/vm/qmp.h'
breaks prefixes 'the name of another file' 'echo "char *fl_ktap_send(int fd," >> harness/vm/qmp.h'

echo "1..$n"
exit $status
