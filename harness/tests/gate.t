#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The gate at which the guest's threads meet opens for all of them, wherever a busy host takes the CPU away
# from one: a thread that stays before it looks like a kernel that hangs.
# shellcheck source=harness/tests/tap.sh
. "$(dirname "$0")/tap.sh"

# gate NAME SCRIPT: a program whose gate is what sed's script makes of it, with the pauses.
gate() {
	sed "$2" "$root/guest-tests/lib/ft_gate.c" |
		sed -e '1i void gate_threads_pause(void);' -e '/^static void sleep_for/,$ s/;$/; gate_threads_pause();/' \
			>"$scratch/$1.c" &&
		cc -std=gnu17 -O2 -pthread -D_GNU_SOURCE -I"$root/guest-tests/lib" -o "$scratch/$1" \
			"$root/harness/tests/gate_threads.c" "$scratch/$1.c" || exit 1
}

# The end of a gate's program; 124: it stood still.
end_of() {
	code=0
	timeout "$2" "$scratch/$1" || code=$?
	echo "$1 ends with $code"
}

gate right ''
# What it was once: the look for sleepers before the opening.
gate wrong 's/^\tsleepers = .*//; s/^\tatomic_store(&gate->called, .*/\tsleepers = atomic_load(\&gate->asleep) - awake;\n&/'
expect "all pass the gate, whoever is held up where" 0 "right ends with 0" end_of right 60
expect "a gate that forgets a sleeper would be seen" 0 "wrong ends with 124" end_of wrong 5
finish
