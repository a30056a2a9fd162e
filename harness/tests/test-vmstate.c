// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of a guest's life: one row for each thing that may happen in each phase.
 */
#include "vm/vmstate.h"

#include <glib.h>

#define B	FL_VMSTATE_BOOTING
#define R	FL_VMSTATE_RUNNING
#define G	FL_VMSTATE_GRACE
#define K	FL_VMSTATE_KILLED
#define X	FL_VMSTATE_GONE
#define E(name) FL_ENDING_##name

typedef struct {
	FlVmPhase phase;
	FlEnding ending;
	FlVmEvent event;
	FlVmPhase phase_after;
	FlEnding ending_after;
	FlVmAction action;
} Row;

static const Row rows[] = {
	{B, E(UNKNOWN), FL_VMEVENT_WIRE, R, E(UNKNOWN), FL_VMACTION_NONE},
	{B, E(UNKNOWN), FL_VMEVENT_BOOT_LIMIT, K, E(NO_BOOT), FL_VMACTION_KILL},
	{R, E(UNKNOWN), FL_VMEVENT_BOOT_LIMIT, R, E(UNKNOWN), FL_VMACTION_NONE},
	{B, E(UNKNOWN), FL_VMEVENT_SILENCE_LIMIT, B, E(UNKNOWN), FL_VMACTION_NONE},
	{R, E(UNKNOWN), FL_VMEVENT_SILENCE_LIMIT, K, E(SILENCE), FL_VMACTION_KILL},
	{G, E(STOPPED), FL_VMEVENT_SILENCE_LIMIT, G, E(STOPPED), FL_VMACTION_NONE},
	{R, E(UNKNOWN), FL_VMEVENT_TOTAL_LIMIT, K, E(TOTAL), FL_VMACTION_KILL},
	{G, E(PANIC), FL_VMEVENT_TOTAL_LIMIT, K, E(PANIC), FL_VMACTION_KILL},
	{B, E(UNKNOWN), FL_VMEVENT_FLOOD, K, E(FLOOD), FL_VMACTION_KILL},
	{R, E(UNKNOWN), FL_VMEVENT_STOP, G, E(STOPPED), FL_VMACTION_GRACE},
	{G, E(STOPPED), FL_VMEVENT_STOP, G, E(STOPPED), FL_VMACTION_NONE},
	{G, E(PANIC), FL_VMEVENT_STOP, G, E(PANIC), FL_VMACTION_NONE},
	{R, E(UNKNOWN), FL_VMEVENT_CANCEL, G, E(CANCELLED), FL_VMACTION_GRACE},
	{G, E(STOPPED), FL_VMEVENT_CANCEL, G, E(CANCELLED), FL_VMACTION_GRACE},
	{G, E(STOPPED), FL_VMEVENT_GRACE_OVER, K, E(STOPPED), FL_VMACTION_KILL},
	{R, E(UNKNOWN), FL_VMEVENT_PANICKED, G, E(PANIC), FL_VMACTION_GRACE},
	{G, E(STOPPED), FL_VMEVENT_PANICKED, G, E(PANIC), FL_VMACTION_NONE},
	{G, E(PANIC), FL_VMEVENT_RESET, G, E(PANIC), FL_VMACTION_NONE},
	{B, E(UNKNOWN), FL_VMEVENT_RESET, B, E(RESET), FL_VMACTION_NONE},
	{R, E(UNKNOWN), FL_VMEVENT_POWEROFF, R, E(POWEROFF), FL_VMACTION_NONE},
	{R, E(UNKNOWN), FL_VMEVENT_QUIT_GUEST, X, E(EXIT), FL_VMACTION_FINISH},
	{G, E(STOPPED), FL_VMEVENT_QUIT_GUEST, X, E(EXIT), FL_VMACTION_FINISH},
	{G, E(CANCELLED), FL_VMEVENT_QUIT_GUEST, X, E(CANCELLED), FL_VMACTION_FINISH},
	{R, E(UNKNOWN), FL_VMEVENT_QUIT_CLEAN, X, E(QEMU), FL_VMACTION_FINISH},
	{R, E(RESET), FL_VMEVENT_QUIT_CLEAN, X, E(RESET), FL_VMACTION_FINISH},
	{B, E(UNKNOWN), FL_VMEVENT_QUIT_BAD, X, E(QEMU), FL_VMACTION_FINISH},
	{K, E(SILENCE), FL_VMEVENT_RESET, K, E(SILENCE), FL_VMACTION_NONE},
	{K, E(SILENCE), FL_VMEVENT_STOP, K, E(SILENCE), FL_VMACTION_NONE},
	{K, E(SILENCE), FL_VMEVENT_QUIT_BAD, X, E(SILENCE), FL_VMACTION_FINISH},
	{X, E(EXIT), FL_VMEVENT_TOTAL_LIMIT, X, E(EXIT), FL_VMACTION_NONE},
};

static void test_rows(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		const Row *row = &rows[i];
		FlVmState state = {row->phase, row->ending};
		FlVmAction action = fl_vmstate_next(&state, row->event);

		g_test_message("row %zu", i);
		g_assert_cmpint(action, ==, row->action);
		g_assert_cmpint(state.phase, ==, row->phase_after);
		g_assert_cmpint(state.ending, ==, row->ending_after);
	}
}

/* Whatever happened before: when QEMU is gone there is one ending, told once. */
static void test_every_pair_ends(void)
{
	for (int a = 0; a < FL_VMEVENT_N; a++) {
		for (int b = 0; b < FL_VMEVENT_N; b++) {
			FlVmState state = {FL_VMSTATE_BOOTING, FL_ENDING_UNKNOWN};
			unsigned finished = 0;

			finished += fl_vmstate_next(&state, (FlVmEvent)a) == FL_VMACTION_FINISH;
			finished += fl_vmstate_next(&state, (FlVmEvent)b) == FL_VMACTION_FINISH;
			finished +=
				fl_vmstate_next(&state, FL_VMEVENT_QUIT_BAD) == FL_VMACTION_FINISH;
			g_assert_cmpuint(finished, ==, 1);
			g_assert_cmpint(state.phase, ==, FL_VMSTATE_GONE);
			g_assert_cmpint(state.ending, !=, FL_ENDING_UNKNOWN);
		}
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/vmstate/each-row-of-the-table", test_rows);
	g_test_add_func("/vmstate/every-life-ends-once-with-a-reason", test_every_pair_ends);
	return g_test_run();
}
