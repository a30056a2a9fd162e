// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of flow/places about lists and refusals; the places of a real patch are boot-explore.t's.
 */
#include "flow/places.h"

#include <string.h>

static void test_list(void)
{
	g_auto(GStrv) places = fl_places_functions("# all\n\n do_fault \ndo_wp_page # why\n#x\n");
	g_autofree char *joined = g_strjoinv(" ", places);

	g_assert_cmpstr(joined, ==, "do_fault+0x0 do_wp_page+0x0");
}

/* The list that is shipped: names only, each once, and not more than a guest takes. */
static void test_shipped_list(void)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) places = NULL;
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	g_assert_true(g_file_get_contents(FL_TEST_SRCDIR "/configs/yields/fault-path.list", &text,
					  NULL, NULL));
	places = fl_places_functions(text);
	for (char **place = places; *place; place++) {
		g_assert_true(g_hash_table_add(seen, *place));
		g_assert_cmpuint(strspn(*place, "abcdefghijklmnopqrstuvwxyz_0123456789"), ==,
				 strlen(*place) - strlen("+0x0"));
	}
	g_assert_cmpuint(g_strv_length(places), >, 20);
	g_assert_cmpuint(g_strv_length(places), <=, 64);
}

static void test_no_module(void)
{
	FlKernel foreign = {.key = (char *)"0123"};
	FlSite site = {.root = (char *)FL_TEST_SRCDIR, .cache_dir = (char *)"/nonexistent"};
	g_autoptr(GError) error = NULL;

	g_assert_null(fl_places(&site, &foreign, &error));
	g_assert_error(error, FL_FLOW_ERROR, FL_FLOW_ERROR_USAGE);
	g_assert_nonnull(strstr(error->message, "--strategy none"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/places/one-function-a-line", test_list);
	g_test_add_func("/places/the-list-that-is-shipped", test_shipped_list);
	g_test_add_func("/places/a-kernel-without-modules-is-refused", test_no_module);
	return g_test_run();
}
