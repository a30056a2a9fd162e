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

static void note_change(const char *file, unsigned first, unsigned n, gpointer data)
{
	g_string_append_printf(data, "%s:%u+%u ", file, first, n);
}

static void test_changes_are_told(KernelFixture *fixture, gconstpointer data)
{
	static const struct {
		const char *patch, *changes;
	} cases[] = {
		{PATCH, "mm/memory.c:2+2 "},
		{"--- a/mm/memory.c\n+++ b/mm/memory.c\n@@ -2,3 +2,2 @@\n two\n-three\n four\n",
		 "mm/memory.c:2+2 "},
		{"--- a/mm/memory.c\n+++ b/mm/memory.c\n@@ -1,2 +1 @@\n-one\n two\n"
		 "--- a/mm/shmem.c\n+++ b/mm/shmem.c\n@@ -1 +1 @@\n-shared\n+other\n",
		 "mm/memory.c:1+2 mm/shmem.c:1+1 "},
		{NULL, ""},
	};

	(void)data;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *key = fixture_kernel(fixture, cases[i].patch);
		g_autoptr(FlSources) sources = fl_sources_open(fixture->cache, key);
		g_autoptr(GString) told = g_string_new(NULL);

		fl_sources_changes(sources, note_change, told);
		g_assert_cmpstr(told->str, ==, cases[i].changes);
	}
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
	KERNEL_TEST("/sources/changes-are-told", test_changes_are_told);
	KERNEL_TEST("/sources/what-is-gone-is-not-known", test_what_is_gone_is_not_known);
	return g_test_run();
}
