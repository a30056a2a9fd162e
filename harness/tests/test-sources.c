// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of kernel/sources: the lines are those that the kernel was built from, whatever became
 * of its tree, and those that its patches wrote are marked.
 */
#include "tests/kernel-fixture.h"
#include "kernel/sources.h"

/* The second line becomes two. */
static const char PATCH[] =
	"--- a/mm/memory.c\n+++ b/mm/memory.c\n@@ -1,3 +1,4 @@\n one\n-two\n+TWO\n"
	"+and\n three\n";

static void test_lines_are_marked(KernelFixture *fixture, gconstpointer data)
{
	static const struct {
		const char *file;
		unsigned line;
		const char *plain, *patched;
	} lines[] = {
		{"mm/memory.c", 1, " one", " one"},	 {"mm/memory.c", 2, " two", "+TWO"},
		{"mm/memory.c", 3, " three", "+and"},	 {"./mm/memory.c", 4, " four", " three"},
		{"mm/memory.c", 8, " eight", " seven"},	 {"mm/memory.c", 9, NULL, " eight"},
		{"mm/memory.c", 10, NULL, NULL},	 {"mm/memory.c", 0, NULL, NULL},
		{"mm/shmem.c", 1, " shared", " shared"}, {"mm", 1, NULL, NULL},
		{"mm/missing.c", 1, NULL, NULL},	 {"/etc/passwd", 1, NULL, NULL},
		{"../tree/mm/memory.c", 1, NULL, NULL},	 {"", 1, NULL, NULL},
	};
	g_autofree char *plain_key = fixture_kernel(fixture, NULL);
	g_autofree char *patched_key = fixture_kernel(fixture, PATCH);
	g_autoptr(FlSources) plain = NULL;
	g_autoptr(FlSources) patched = NULL;

	(void)data;
	put_file(fixture->tree, "mm/memory.c", "moved on\n");
	plain = fl_sources_open(fixture->cache, plain_key);
	patched = fl_sources_open(fixture->cache, patched_key);
	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autofree char *in_plain = fl_sources_line(plain, lines[i].file, lines[i].line);
		g_autofree char *in_patched =
			fl_sources_line(patched, lines[i].file, lines[i].line);

		g_assert_cmpstr(in_plain, ==, lines[i].plain);
		g_assert_cmpstr(in_patched, ==, lines[i].patched);
	}
}

static void test_patched_lines_are_listed(KernelFixture *fixture, gconstpointer data)
{
	g_autofree char *plain_key = fixture_kernel(fixture, NULL);
	g_autofree char *patched_key = fixture_kernel(fixture, PATCH);
	g_autoptr(FlSources) plain = fl_sources_open(fixture->cache, plain_key);
	g_autoptr(FlSources) patched = fl_sources_open(fixture->cache, patched_key);
	g_autoptr(GHashTable) none = fl_sources_patched(plain);
	g_autoptr(GHashTable) two = fl_sources_patched(patched);

	(void)data;
	g_assert_cmpuint(g_hash_table_size(none), ==, 0);
	g_assert_cmpuint(g_hash_table_size(two), ==, 2);
	g_assert_true(g_hash_table_contains(two, "mm/memory.c:2"));
	g_assert_true(g_hash_table_contains(two, "mm/memory.c:3"));
}

static void test_what_is_gone_is_not_known(KernelFixture *fixture, gconstpointer data)
{
	g_autofree char *key = fixture_kernel(fixture, PATCH);

	(void)data;
	g_assert_null(fl_sources_open(fixture->cache, "0123"));
	run_in(fixture->cache, "mv source.git gone");
	g_assert_null(fl_sources_open(fixture->cache, key));
	run_in(fixture->cache, "mkdir -p source.git/objects");
	g_assert_null(fl_sources_open(fixture->cache, key));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	KERNEL_TEST("/sources/lines-are-marked", test_lines_are_marked);
	KERNEL_TEST("/sources/patched-lines-are-listed", test_patched_lines_are_listed);
	KERNEL_TEST("/sources/what-is-gone-is-not-known", test_what_is_gone_is_not_known);
	return g_test_run();
}
