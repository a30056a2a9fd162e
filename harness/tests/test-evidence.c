// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of flow/evidence: what is saved of a guest is what is loaded, and a damaged folder is
 * an error with its place, not a crash.
 */
#include "flow/evidence.h"

#include "base/fs.h"
#include "tests/record-fixture.h"

#include <string.h>

static char *scratch;

static void test_round_trip(void)
{
	g_autoptr(FlGuestRecord) saved = fixture_guest("patched", FL_VERDICT_PASS, "fine");
	g_autoptr(FlGuestRecord) loaded = NULL;

	saved->snapshot = g_strdup("feed");
	saved->snapshot_sha256 = g_strdup("f00d");
	g_assert_true(fl_evidence_save_guest(saved, scratch, NULL));
	loaded = fl_evidence_load_guest(scratch, NULL);
	g_assert_nonnull(loaded);
	g_assert_cmpstr(loaded->name, ==, saved->name);
	g_assert_cmpstr(loaded->release, ==, saved->release);
	g_assert_cmpstr(loaded->nonce, ==, saved->nonce);
	g_assert_true(g_strv_equal((const char *const *)loaded->tests,
				   (const char *const *)saved->tests));
	g_assert_cmpstr(loaded->trace_sha256, ==, saved->trace_sha256);
	g_assert_cmpuint(loaded->cpus, ==, saved->cpus);
	g_assert_cmpuint(loaded->seed, ==, saved->seed);
	g_assert_cmpstr(loaded->snapshot, ==, "feed");
	g_assert_cmpstr(loaded->snapshot_sha256, ==, "f00d");
	g_assert_cmpint(loaded->ending, ==, saved->ending);
	g_assert_cmpfloat(loaded->boot_ms, ==, saved->boot_ms);
	g_assert_null(loaded->verdict);
}

static void test_damaged(void)
{
	static const char *const texts[] = {"", "{", "[]", "{\"name\": 3}", "\xff\xfe"};
	g_autofree char *path = g_build_filename(scratch, FL_RUNDIR_GUEST, NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_true(fl_fs_write(path, texts[i], strlen(texts[i]), NULL));
		g_assert_null(fl_evidence_load_guest(scratch, &error));
		g_assert_nonnull(error);
		g_assert_nonnull(strstr(error->message, path));
	}
}

static void test_run_folder(void)
{
	g_autoptr(FlRunRecord) record = fixture_record();
	g_autoptr(FlRundir) rundir = fl_rundir_new(scratch, "run", NULL);
	g_autofree char *dir = fl_rundir_guest(rundir, "patched", NULL);
	g_autofree char *result = g_build_filename(rundir->path, FL_RUNDIR_RESULT, NULL);
	g_autofree char *output =
		g_build_filename(dir, FL_RUNDIR_TESTS, "shared-write", FL_RUNDIR_OUTPUT, NULL);

	g_assert_true(fl_evidence_save_tests(g_ptr_array_index(record->guests, 0), dir, NULL));
	g_assert_true(fl_evidence_save_run(record, rundir, NULL));
	g_assert_true(g_file_test(result, G_FILE_TEST_IS_REGULAR));
	g_assert_true(g_file_test(output, G_FILE_TEST_IS_REGULAR));
}

int main(int argc, char **argv)
{
	int code;

	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	scratch = g_dir_make_tmp("fl-evidence-XXXXXX", NULL);
	g_test_add_func("/evidence/what-is-saved-is-loaded", test_round_trip);
	g_test_add_func("/evidence/a-damaged-folder-is-an-error-with-its-place", test_damaged);
	g_test_add_func("/evidence/a-run-folder-has-its-parts", test_run_folder);
	code = g_test_run();
	g_assert_true(fl_fs_remove(scratch, NULL));
	g_free(scratch);
	return code;
}
