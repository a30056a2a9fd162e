// SPDX-License-Identifier: GPL-2.0-only
/*
 * An autopsy in words: everything that was found, and nothing where nothing was.
 */
#include "report/autopsy_text.h"

#include <glib.h>

static void check(const char *object, const char *expected)
{
	g_autofree char *text = NULL;
	json_error_t error;
	json_t *autopsy = json_loads(object, 0, &error);

	g_assert_cmpstr(error.text, ==, "");
	text = fl_autopsy_text(autopsy);
	g_assert_cmpstr(text, ==, expected);
	json_decref(autopsy);
}

static void everything_that_was_found(void)
{
	check("{\"kind\": \"deadlock\", \"sentence\": \"task ft:51 waits\", \"why\": \"it is "
	      "silent\","
	      " \"unknown\": [\"no vmlinux\", \"no tasks\"],"
	      " \"tasks\": [{\"task\": \"ft:51\", \"state\": \"D\", \"frames\": [\"down_write\", "
	      "\"mmap\"],"
	      "   \"lock\": {\"name\": \"mmap_lock of ft:51\", \"kind\": \"rw_semaphore\","
	      "     \"address\": \"ffff8880\", \"held\": \"held by x:1\", \"owner\": \"x:1\","
	      "     \"taken_in\": \"do_fault+0x1/0x2\"}}],"
	      " \"vcpus\": [{\"cpu\": 1, \"does\": \"kernel\", \"task\": \"x:1\", \"host_ms\": 12,"
	      "   \"frames\": [\"spin\"], \"looks\": [\"idle\", \"spin\"]}]}",
	      "deadlock: task ft:51 waits\n"
	      "Looked at because it is silent.\n"
	      "Not known: no vmlinux\n"
	      "Not known: no tasks\n"
	      "\n"
	      "task ft:51, state D\n"
	      "    waits for mmap_lock of ft:51 (rw_semaphore at ffff8880), held by x:1\n"
	      "    taken in do_fault+0x1/0x2\n"
	      "      down_write\n"
	      "      mmap\n"
	      "\n"
	      "vCPU 1: kernel, task x:1, 12 ms of the host's time while it was watched\n"
	      "    at 2 looks in idle, spin\n"
	      "      spin\n");
}

static void nothing_where_nothing_was(void)
{
	check("{\"kind\": \"blocked\", \"sentence\": \"s\", \"why\": \"w\", \"unknown\": [],"
	      " \"tasks\": [{\"task\": \"ft:51\", \"state\": \"D\", \"frames\": [], \"lock\": "
	      "null},"
	      "   {\"task\": \"ft:52\", \"state\": \"D\", \"frames\": [], \"lock\": {\"name\": "
	      "\"n\","
	      "     \"kind\": \"mutex\", \"address\": \"1\", \"held\": \"h\", \"taken_in\": "
	      "null}}],"
	      " \"vcpus\": [{\"cpu\": 0, \"does\": \"idle\", \"task\": null, \"host_ms\": null,"
	      "   \"frames\": [], \"looks\": [\"idle\"]}]}",
	      "blocked: s\n"
	      "Looked at because w.\n"
	      "\n"
	      "task ft:51, state D\n"
	      "\n"
	      "task ft:52, state D\n"
	      "    waits for n (mutex at 1), h\n"
	      "\n"
	      "vCPU 0: idle, task ?\n");
}

/* As it may lie in an older folder, or in one that somebody has edited. */
static void an_object_of_another_kind(void)
{
	check("{}", "?: ?\nLooked at because ?.\n");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/autopsy_text/everything-that-was-found", everything_that_was_found);
	g_test_add_func("/autopsy_text/nothing-where-nothing-was", nothing_where_nothing_was);
	g_test_add_func("/autopsy_text/an-object-of-another-kind", an_object_of_another_kind);
	return g_test_run();
}
