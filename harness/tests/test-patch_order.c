// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of judge/patch_order: functions in the order in which they first ran, those that did not
 * run behind them, and every change from one to another.
 */
#include "judge/patch_order.h"

#include "plugin/format.h"

static const struct {
	uint64_t address;
	const char *frame;
} watched[] = {
	{0x100, "do_fault mm/memory.c:10"},
	{0x104, "do_fault mm/memory.c:11"},
	{0x200, "helper mm/memory.c:7 (inline)"},
	{0x300, "unused mm/shmem.c:3"},
};

static GHashTable *make_frames(void)
{
	GHashTable *frames = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);

	for (size_t i = 0; i < G_N_ELEMENTS(watched); i++)
		g_hash_table_insert(frames, g_memdup2(&watched[i].address, sizeof(uint64_t)),
				    g_strdup(watched[i].frame));
	return frames;
}

static GArray *make_events(void)
{
	static const struct {
		uint64_t address;
		unsigned vcpu;
	} events[] = {{0x200, 2}, {0x200, 2}, {0x104, 1}, {0x100, 1},
		      {0x104, 1}, {0x104, 3}, {0x999, 0}};
	GArray *array = g_array_new(FALSE, FALSE, sizeof(FlTraceEvent));

	for (size_t i = 0; i < G_N_ELEMENTS(events); i++) {
		FlTraceEvent event = {fl_format_word(events[i].address, events[i].vcpu, 0),
				      1000 * (i + 1)};

		g_array_append_val(array, event);
	}
	return array;
}

static void test_functions(void)
{
	g_autoptr(GHashTable) frames = make_frames();
	g_autoptr(GArray) events = make_events();
	g_autoptr(GPtrArray) functions = fl_patch_order(events, frames);
	const FlPatchFunction *helper = g_ptr_array_index(functions, 0);
	const FlPatchFunction *fault = g_ptr_array_index(functions, 1);
	const FlPatchFunction *unused = g_ptr_array_index(functions, 2);

	g_assert_cmpuint(functions->len, ==, 3);
	g_assert_cmpstr(helper->name, ==, "helper");
	g_assert_cmpstr(helper->place, ==, "mm/memory.c:7");
	g_assert_cmpuint(helper->times, ==, 2);
	g_assert_cmpuint(helper->first_vcpu, ==, 2);
	g_assert_cmpstr(fault->name, ==, "do_fault");
	g_assert_cmpstr(fault->place, ==, "mm/memory.c:11");
	g_assert_cmpuint(fault->times, ==, 3);
	g_assert_cmpuint(fault->vcpus, ==, 1u << 1 | 1u << 3);
	g_assert_cmpuint(fault->first_instruction, ==, 3000);
	g_assert_cmpstr(unused->name, ==, "unused");
	g_assert_cmpstr(unused->place, ==, "mm/shmem.c:3");
	g_assert_cmpuint(unused->times, ==, 0);
}

static void test_text(void)
{
	g_autoptr(GHashTable) frames = make_frames();
	g_autoptr(GArray) events = make_events();
	g_autofree char *text = fl_patch_order_text(events, frames);

	g_assert_cmpstr(text, ==,
			"# instructions executed before, vCPU, function and place\n"
			"        1000 2 helper mm/memory.c:7 (inline)\n"
			"        3000 1 do_fault mm/memory.c:11\n"
			"        6000 3 do_fault mm/memory.c:11\n");
}

static void test_nothing(void)
{
	g_autoptr(GHashTable) frames =
		g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	g_autoptr(GArray) events = make_events();
	g_autoptr(GPtrArray) functions = fl_patch_order(events, frames);

	g_assert_cmpuint(functions->len, ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/patch_order/functions", test_functions);
	g_test_add_func("/patch_order/text", test_text);
	g_test_add_func("/patch_order/nothing", test_nothing);
	return g_test_run();
}
