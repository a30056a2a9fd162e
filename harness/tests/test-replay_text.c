// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of report/replay_text: whether it was the same, and if not, where not.
 */
#include "report/replay_text.h"

#include <glib.h>

static void check(const FlReplayText *guest, const char *expected)
{
	g_autofree char *text = fl_replay_text(guest);

	g_assert_cmpstr(text, ==, expected);
}

static void test_bytes(void)
{
	check(&(FlReplayText){.label = "patched", .deterministic = true, .same = true},
	      "patched: the same bytes: yes, console and protocol\n");
	check(&(FlReplayText){.label = "patched",
			      .deterministic = true,
			      .same = true,
			      .ended_by_us = true},
	      "patched: the same bytes: yes, console and protocol, as far as both go: the guest "
	      "was "
	      "ended from outside\n");
	check(&(FlReplayText){.label = "patched",
			      .deterministic = true,
			      .file = "serial.log",
			      .line = 12,
			      .line_then = "a\033[31m",
			      .line_now = NULL},
	      "patched: the same bytes: no, first difference in serial.log:12\n"
	      "  then: a?[31m\n"
	      "  now : (nothing more)\n");
}

static void test_parallel(void)
{
	static const char more[] = "p: its vCPUs ran in parallel: only the programs' choices "
				   "repeat, not the interleaving\n";
	g_autofree char *yes =
		g_strconcat("p: the verdict came back: yes, FAIL then, FAIL now\n", more, NULL);
	g_autofree char *no = g_strconcat(
		"p: the verdict came back: no, not recorded then, PASS now\n", more, NULL);

	check(&(FlReplayText){.label = "p", .verdict_then = "FAIL", .verdict_now = "FAIL"}, yes);
	check(&(FlReplayText){.label = "p", .verdict_now = "PASS"}, no);
}

static void test_trace(void)
{
	check(&(FlReplayText){.label = "p",
			      .until = "x",
			      .until_line = 1,
			      .until_text = "x",
			      .traced = true,
			      .trace_same = true,
			      .blocks = 7,
			      .instructions = 30},
	      "p: stopped at serial.log:1: x\n"
	      "p: the same trace: yes, 7 blocks, 30 instructions\n");
	check(&(FlReplayText){.label = "p",
			      .deterministic = true,
			      .same = true,
			      .traced = true,
			      .exact = true,
			      .blocks = 7,
			      .instructions = 30,
			      .block_then = "vCPU 1, do_fault mm/memory.c:5381"},
	      "p: the same bytes: yes, console and protocol\n"
	      "p: the same trace: no, first difference in block 8, after 30 instructions\n"
	      "  then: vCPU 1, do_fault mm/memory.c:5381\n"
	      "  now : (nothing more)\n");
}

static void test_functions(void)
{
	char name[] = "do_fault", place[] = "mm/memory.c:5381";
	char other_name[] = "unused", other_place[] = "mm/shmem.c:3";
	FlPatchFunction ran = {name, place, 12, 1u << 0 | 1u << 3, 3, 99};
	FlPatchFunction did_not = {other_name, other_place, 0, 0, 0, 0};
	g_autoptr(GPtrArray) functions = g_ptr_array_new();
	FlReplayText guest = {.label = "p",
			      .deterministic = true,
			      .same = true,
			      .functions = functions,
			      .order = "o/patch-order.txt"};

	g_ptr_array_add(functions, &ran);
	g_ptr_array_add(functions, &did_not);
	check(&guest, "p: the same bytes: yes, console and protocol\n"
		      "p: functions with lines of the kernel's patches, as they first ran:\n"
		      "  do_fault                     mm/memory.c:5381         first on vCPU 3, 12 "
		      "times, on "
		      "vCPUs 0 3\n"
		      "  unused                       mm/shmem.c:3             did not run\n"
		      "p: in which order, from vCPU to vCPU: o/patch-order.txt\n");
}

static void test_until(void)
{
	check(
		&(FlReplayText){
			.label = "p", .until = "x", .until_line = 3, .until_text = "[ 1.0] x\t"},
		"p: stopped at serial.log:3: [ 1.0] x?\n");
	check(&(FlReplayText){.label = "p", .until = "x\n"},
	      "p: no line of the console has \"x?\"\n");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/replay_text/bytes", test_bytes);
	g_test_add_func("/replay_text/parallel", test_parallel);
	g_test_add_func("/replay_text/trace", test_trace);
	g_test_add_func("/replay_text/functions", test_functions);
	g_test_add_func("/replay_text/until", test_until);
	return g_test_run();
}
