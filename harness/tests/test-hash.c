// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of base/hash: standard SHA-256, and keys that do not depend on the order of insertion.
 */
#include "base/hash.h"

#include "base/fs.h"

#include <gio/gio.h>
#include <string.h>

/* FIPS 180-2, appendix B.1 */
#define ABC_SHA256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void test_known_value(void)
{
	g_autofree char *hash = fl_hash_bytes("abc", 3);

	g_assert_cmpstr(hash, ==, ABC_SHA256);
}

static void test_file(void)
{
	g_autofree char *dir = g_dir_make_tmp("fl-hash-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "abc", NULL);
	g_autoptr(GError) error = NULL;
	g_autofree char *hash = NULL;

	g_assert_true(fl_fs_write(path, "abc", 3, NULL));
	hash = fl_hash_file(path, NULL);
	g_assert_cmpstr(hash, ==, ABC_SHA256);
	g_assert_true(fl_fs_remove(dir, NULL));
	g_assert_null(fl_hash_file(path, &error));
	g_assert_nonnull(strstr(error->message, path));
}

static void test_order_does_not_matter(void)
{
	json_t *a = json_pack("{s:i, s:s}", "x", 1, "y", "two");
	json_t *b = json_pack("{s:s, s:i}", "y", "two", "x", 1);
	json_t *c = json_pack("{s:s, s:i}", "y", "two", "x", 2);
	g_autofree char *key_a = fl_hash_json(a);
	g_autofree char *key_b = fl_hash_json(b);
	g_autofree char *key_c = fl_hash_json(c);

	g_assert_cmpstr(key_a, ==, key_b);
	g_assert_cmpstr(key_a, !=, key_c);
	json_decref(a);
	json_decref(b);
	json_decref(c);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/hash/sha256-of-the-standard", test_known_value);
	g_test_add_func("/hash/of-a-file", test_file);
	g_test_add_func("/hash/key-does-not-depend-on-order", test_order_does_not_matter);
	return g_test_run();
}
