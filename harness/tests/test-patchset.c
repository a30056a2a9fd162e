// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of kernel/patchset: what must not be applied is refused with its line, and a hunk that
 * git refuses is named by number.
 */
#include "kernel/kcache.h"
#include "kernel/patchset.h"

#include <string.h>

#define HUNK "@@ -1 +1 @@\n-a\n+b\n"

static void test_bad_patches_are_refused(void)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"", "contains no change"},
		{"Subject: only words\n\nNothing here.\n", "contains no change"},
		{"--- a/x\n+++ b/x\n", "contains no change"},
		{"diff --git a/x b/x\nindex 1..2 100644\nGIT binary patch\nliteral 3\n",
		 "p.patch:3: a binary"},
		{"Binary files a/x and b/x differ\n", "p.patch:1: a binary"},
		{"--- a/../../etc/passwd\n+++ b/x\n" HUNK,
		 "p.patch:1: the path a/../../etc/passwd"},
		{"--- ../x\n+++ ../x\n" HUNK, "leads out of the kernel tree"},
		{"--- a/x\n+++ b/mm/../../x\n" HUNK, "p.patch:2: the path"},
		{"--- /etc/passwd\n+++ /etc/passwd\n" HUNK, "the path /etc/passwd leads out"},
		{"--- /dev/null\n+++ b/.git/hooks/x\n" HUNK, "the path .git/hooks/x"},
		{"diff --git a/x b/y\nrename from x\nrename to ../y\n", "p.patch:3: the path ../y"},
		{"From: x\nContent-Transfer-Encoding: base64\n\nLS0t\n",
		 "p.patch:2: an encoded mail"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		char *text;

		g_assert_false(fl_patchset_check("p.patch", cases[i].text, strlen(cases[i].text),
						 &text, &error));
		g_assert_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_PATCH);
		if (!strstr(error->message, cases[i].says))
			g_test_message("case %zu: %s", i, error->message);
		g_assert_nonnull(strstr(error->message, cases[i].says));
	}
}

static void test_nul_byte_is_refused(void)
{
	g_autoptr(GError) error = NULL;
	char *text;

	g_assert_false(fl_patchset_check("p", "--- a/x\0", 8, &text, &error));
	g_assert_nonnull(strstr(error->message, "NUL"));
}

static void test_good_patches_are_taken(void)
{
	static const char *const cases[] = {
		"--- a/x\n+++ b/x\n" HUNK,
		"From: x\nSubject: y\n\n> quoted\n---\n mm/x | 2 +-\n\n--- a/x\n+++ b/x\n" HUNK
		"-- \n2.40\n",
		"--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+a\n",
		"--- a/old\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n",
		"diff --git a/x b/x\nold mode 100644\nnew mode 100755\n",
		/* A removed line that looks like a header is a line. */
		"--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n--- /etc/passwd\n a\n",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *text = NULL;

		g_assert_true(fl_patchset_check("p", cases[i], strlen(cases[i]), &text, &error));
		g_assert_no_error(error);
		g_assert_cmpstr(text, ==, cases[i]);
	}
}

static void test_crlf_mail_becomes_lf(void)
{
	static const char crlf[] = "--- a/x\r\n+++ b/x\r\n@@ -1 +1 @@\r\n-a\r\n+b\r\n";
	static const char mixed[] = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\r\n+b\r\n";
	g_autofree char *plain = NULL;
	g_autofree char *same = NULL;

	g_assert_true(fl_patchset_check("p", crlf, strlen(crlf), &plain, NULL));
	g_assert_cmpstr(plain, ==, "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n");
	g_assert_true(fl_patchset_check("p", mixed, strlen(mixed), &same, NULL));
	g_assert_cmpstr(same, ==, mixed);
}

static const char two_files[] = "--- a/mm/a.c\n+++ b/mm/a.c\n@@ -10,2 +10,2 @@ f()\n x\n-y\n+z\n"
				"@@ -30 +30 @@\n-y\n+z\n--- a/mm/b.c\n+++ b/mm/b.c\n"
				"@@ -30,1 +30,1 @@\n-y\n+z\n";

static void test_hunks_are_counted_in_their_file(void)
{
	g_assert_cmpuint(fl_patchset_hunk(two_files, "mm/a.c", 10), ==, 1);
	g_assert_cmpuint(fl_patchset_hunk(two_files, "mm/a.c", 30), ==, 2);
	g_assert_cmpuint(fl_patchset_hunk(two_files, "mm/b.c", 30), ==, 1);
	g_assert_cmpuint(fl_patchset_hunk(two_files, "mm/b.c", 10), ==, 0);
}

static void test_refusals_become_sentences(void)
{
	static const struct {
		const char *git, *says;
	} cases[] = {
		{"Checking patch mm/a.c...\nerror: while searching for:\ny\n\nerror: patch failed: "
		 "mm/a.c:30\n"
		 "error: mm/a.c: patch does not apply\n",
		 "patch p does not apply: mm/a.c, hunk 2 (line 30): the lines there differ from "
		 "what the "
		 "patch expects"},
		{"error: mm/c.c: does not exist in index\n",
		 "patch p does not apply: mm/c.c is not in this tree"},
		{"error: mm/a.c: already exists in index\n",
		 "patch p does not apply: it creates mm/a.c, which is there already"},
		{"error: corrupt patch at line 7\n",
		 "patch p does not apply: corrupt patch at line 7"},
		{"", "patch p does not apply: git apply gave no reason"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *sentence = fl_patchset_explain("p", two_files, cases[i].git);

		g_assert_cmpstr(sentence, ==, cases[i].says);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/patchset/bad-patches-are-refused", test_bad_patches_are_refused);
	g_test_add_func("/patchset/nul-byte-is-refused", test_nul_byte_is_refused);
	g_test_add_func("/patchset/good-patches-are-taken", test_good_patches_are_taken);
	g_test_add_func("/patchset/crlf-mail-becomes-lf", test_crlf_mail_becomes_lf);
	g_test_add_func("/patchset/hunks-are-counted-in-their-file",
			test_hunks_are_counted_in_their_file);
	g_test_add_func("/patchset/refusals-become-sentences", test_refusals_become_sentences);
	return g_test_run();
}
