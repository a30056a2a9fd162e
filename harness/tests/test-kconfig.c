// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of kernel/kconfig: a later fragment wins, a contradiction and a bad line are named by
 * place, and no wish is lost in silence.
 */
#include "base/fs.h"
#include "kernel/kcache.h"
#include "kernel/kconfig.h"

#include <string.h>

static char *scratch;

static char *fragment(const char *name, const char *text)
{
	char *path = g_build_filename(scratch, name, NULL);

	g_assert_true(fl_fs_write(path, text, strlen(text), NULL));
	return path;
}

static void test_later_fragment_wins(void)
{
	g_autofree char *first = fragment("first.config", "CONFIG_B=y\nCONFIG_A=4\n# a word\n\n");
	g_autofree char *second =
		fragment("second.config", "# CONFIG_B is not set\nCONFIG_C=\"x y\"\n");
	const char *paths[] = {first, second, NULL};
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) wishes = fl_kconfig_load(paths, &error);
	g_autofree char *text = NULL;

	g_assert_no_error(error);
	text = fl_kconfig_text(wishes);
	g_assert_cmpstr(text, ==, "CONFIG_A=4\n# CONFIG_B is not set\nCONFIG_C=\"x y\"\n");
}

static void test_order_of_lines_does_not_matter(void)
{
	g_autofree char *first = fragment("first.config", "CONFIG_A=y\nCONFIG_B=n\n");
	g_autofree char *second =
		fragment("second.config", "# CONFIG_B is not set\n\nCONFIG_A=y\n");
	g_autoptr(GPtrArray) one = fl_kconfig_load((const char *[]){first, NULL}, NULL);
	g_autoptr(GPtrArray) other = fl_kconfig_load((const char *[]){second, NULL}, NULL);
	g_autofree char *one_text = fl_kconfig_text(one);
	g_autofree char *other_text = fl_kconfig_text(other);

	g_assert_cmpstr(one_text, ==, other_text);
}

static void test_bad_fragments_are_named_by_line(void)
{
	static const struct {
		const char *text, *place, *says;
	} cases[] = {
		{"CONFIG_A=y\nCONFIG_A=n\n", "bad.config:2:", "as y in line 1"},
		{"\nCONFIG_A\n", "bad.config:2:", "no configuration line"},
		{"CONFIG_A=\n", "bad.config:1:", "no configuration line"},
		{"CONFIG_A=yes\n", "bad.config:1:", "no configuration line"},
		{"CONFIG_A=\"open\n", "bad.config:1:", "no configuration line"},
		{"CONFIG_=y\n", "bad.config:1:", "no configuration line"},
		{"SMP=y\n", "bad.config:1:", "no configuration line"},
		{"# CONFIG_A is unset\n", "bad.config:1:", "no configuration line"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = fragment("bad.config", cases[i].text);
		g_autoptr(GError) error = NULL;

		g_assert_null(fl_kconfig_load((const char *[]){path, NULL}, &error));
		g_assert_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_CONFIG);
		g_assert_nonnull(strstr(error->message, cases[i].place));
		g_assert_nonnull(strstr(error->message, cases[i].says));
	}
}

static void test_missing_fragment_is_named(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(fl_kconfig_load((const char *[]){"/no-such.config", NULL}, &error));
	g_assert_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_CONFIG);
	g_assert_nonnull(strstr(error->message, "/no-such.config"));
}

static void test_every_lost_wish_is_listed(void)
{
	static const char config[] =
		"CONFIG_KEPT=y\nCONFIG_COUNT=8\nCONFIG_HEX=0xff\n# CONFIG_OFF is not set\n"
		"CONFIG_WAS_M=y\nCONFIG_KEPT_NOT=y\n";
	g_autofree char *path =
		fragment("wish.config", "CONFIG_KEPT=y\nCONFIG_COUNT=4\nCONFIG_HEX=0xFF\n"
					"# CONFIG_OFF is not set\nCONFIG_WAS_M=m\n"
					"CONFIG_GONE=y\n# CONFIG_NEVER is not set\n");
	g_autoptr(GPtrArray) wishes = fl_kconfig_load((const char *[]){path, NULL}, NULL);
	g_autoptr(GPtrArray) lost = fl_kconfig_lost(wishes, config);
	g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GError) error = NULL;

	g_hash_table_add(known, (char[]){"COUNT"});
	g_hash_table_add(known, (char[]){"WAS_M"});
	g_assert_cmpuint(lost->len, ==, 3);
	fl_kconfig_set_error(lost, config, known, &error);
	g_assert_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_CONFIG);
	g_assert_nonnull(strstr(error->message, "wish.config:2: CONFIG_COUNT: wanted 4, got 8\n"));
	g_assert_nonnull(strstr(error->message, "wish.config:5: CONFIG_WAS_M: wanted m, got y"));
	g_assert_nonnull(strstr(error->message,
				"wish.config:6: CONFIG_GONE: wanted y, got n, no such "
				"option in this tree"));
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	scratch = g_dir_make_tmp("faultline-kconfig-XXXXXX", NULL);
	g_test_add_func("/kconfig/later-fragment-wins", test_later_fragment_wins);
	g_test_add_func("/kconfig/order-of-lines-does-not-matter",
			test_order_of_lines_does_not_matter);
	g_test_add_func("/kconfig/bad-fragments-are-named-by-line",
			test_bad_fragments_are_named_by_line);
	g_test_add_func("/kconfig/missing-fragment-is-named", test_missing_fragment_is_named);
	g_test_add_func("/kconfig/every-lost-wish-is-listed", test_every_lost_wish_is_listed);
	status = g_test_run();
	g_assert_true(fl_fs_remove(scratch, NULL));
	g_free(scratch);
	return status;
}
