// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of store/store: several writers lose nothing, a killed one leaves nothing half, and the
 * evidence folders give the same history again.
 */
#include "tests/record-fixture.h"

#include "base/fs.h"
#include "base/json.h"
#include "report/result.h"
#include "store/store.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char *out;

static json_t *result_named(const char *id)
{
	g_autoptr(FlRunRecord) record = fixture_record();

	g_free(record->id);
	record->id = g_strdup(id);
	return fl_result_run(record);
}

static void add(FlStore *store, const char *id)
{
	g_autoptr(json_t) result = result_named(id);
	g_autoptr(GError) error = NULL;

	g_assert_true(fl_store_add(store, result, &error));
	g_assert_no_error(error);
}

static FlStore *fresh(void)
{
	g_autoptr(GError) error = NULL;
	FlStore *store;

	g_assert_true(fl_fs_remove(out, NULL));
	store = fl_store_open(out, &error);
	g_assert_no_error(error);
	return store;
}

static void join(const char *const *columns, gpointer data)
{
	g_string_append_printf(data, "%s %s;", columns[0], columns[1]);
}

static void join_rates(const char *const *columns, gpointer data)
{
	g_string_append_printf(data, "%s %s %s/%s;", columns[0], columns[1], columns[3],
			       columns[2]);
}

static void check_runs(FlStore *store, FlStoreFilter filter, const char *wanted)
{
	g_autoptr(GString) found = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	g_assert_true(fl_store_runs(store, &filter, join, found, &error));
	g_assert_cmpstr(found->str, ==, wanted);
}

static void test_history(void)
{
	g_autoptr(FlStore) store = fresh();
	g_autoptr(GString) rates = g_string_new(NULL);

	add(store, "r1");
	add(store, "r2");
	add(store, "r2");
	check_runs(store, (FlStoreFilter){0}, "r2 HANG;r1 HANG;");
	check_runs(store, (FlStoreFilter){.limit = 1}, "r2 HANG;");
	check_runs(store, (FlStoreFilter){.verdict = "pass"}, "");
	check_runs(store, (FlStoreFilter){.kernel = "patched-*"}, "r2 HANG;r1 HANG;");
	check_runs(store, (FlStoreFilter){.test = "nothing"}, "");
	check_runs(store, (FlStoreFilter){.signature = "lockdep:bad"}, "r2 HANG;r1 HANG;");
	check_runs(store, (FlStoreFilter){.signature = "oops"}, "");
	g_assert_true(fl_store_rates(store, &(FlStoreFilter){0}, join_rates, rates, NULL));
	/* Neither the test that was skipped nor the one without evidence counts. */
	g_assert_cmpstr(rates->str, ==, "patched shared-write 0/2;patched-debug shared-write 2/2;");
}

static void test_find(void)
{
	static const struct {
		const char *name, *found;
	} cases[] = {{"latest", "20260102-2"},
		     {"20260101", "20260101-1"},
		     {"2026", NULL},
		     {"20260102", "20260102"},
		     {"x", NULL}};
	g_autoptr(FlStore) store = fresh();

	add(store, "20260101-1");
	add(store, "20260102");
	add(store, "20260102-2");
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *id = fl_store_find(store, cases[i].name, &error);

		g_assert_cmpstr(id, ==, cases[i].found);
		g_assert_true((id == NULL) == (error != NULL));
	}
}

static void test_rebuild(void)
{
	g_autoptr(FlStore) store = fresh();
	g_autoptr(GError) error = NULL;
	g_autofree char *dir = g_build_filename(out, "runs", "kept", NULL);
	g_autofree char *path = g_build_filename(dir, "result.json", NULL);
	g_autoptr(json_t) result = result_named("kept");
	unsigned n;

	add(store, "gone");
	g_assert_true(fl_fs_mkdir(dir, NULL));
	g_assert_true(fl_json_write(path, result, NULL));
	g_assert_true(fl_store_rebuild(store, out, &n, &error));
	g_assert_cmpuint(n, ==, 1);
	check_runs(store, (FlStoreFilter){0}, "kept HANG;");
	/* A folder that cannot be read leaves the history as it was. */
	g_assert_true(fl_fs_write(path, "{", 1, NULL));
	g_assert_false(fl_store_rebuild(store, out, &n, &error));
	g_assert_nonnull(strstr(error->message, "kept/result.json"));
	check_runs(store, (FlStoreFilter){0}, "kept HANG;");
}

/* A writer of its own; adds n runs, or goes on until it is killed. */
static pid_t writer(const char *prefix, unsigned n)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	for (unsigned i = 0; i < n; i++) {
		g_autoptr(FlStore) store = fl_store_open(out, NULL);
		g_autofree char *id = g_strdup_printf("%s-%06u", prefix, i);
		g_autoptr(json_t) result = result_named(id);

		if (!store || !fl_store_add(store, result, NULL))
			_exit(1);
	}
	_exit(0);
}

static void count(const char *const *columns, gpointer data)
{
	/* Whole: both guests, one test that passed and one that did not. */
	g_assert_cmpstr(columns[3], ==, "2");
	g_assert_cmpstr(columns[4], ==, "1");
	g_assert_cmpstr(columns[5], ==, "1");
	++*(unsigned *)data;
}

static void test_writers(void)
{
	g_autoptr(FlStore) store = fresh();
	pid_t a, b, killed;
	unsigned n = 0;
	int status;

	killed = writer("killed", 1000000);
	a = writer("a", 20);
	b = writer("b", 20);
	g_assert_cmpint(waitpid(a, &status, 0), ==, a);
	g_assert_cmpint(status, ==, 0);
	kill(killed, SIGKILL);
	g_assert_cmpint(waitpid(b, &status, 0), ==, b);
	g_assert_cmpint(status, ==, 0);
	waitpid(killed, &status, 0);
	g_assert_true(fl_store_runs(store, &(FlStoreFilter){0}, count, &n, NULL));
	g_assert_cmpuint(n, >=, 40);
}

static void test_errors(void)
{
	g_autoptr(FlStore) store = fresh();
	g_autofree char *path = g_build_filename(out, "faultline.db", NULL);
	g_autoptr(json_t) empty = json_object();
	g_autoptr(GError) first = NULL;
	g_autoptr(GError) second = NULL;

	g_assert_false(fl_store_add(store, empty, &first));
	g_assert_error(first, FL_STORE_ERROR, FL_STORE_ERROR_RESULT);
	add(store, "after-an-error");
	g_clear_pointer(&store, fl_store_free);
	g_assert_true(fl_fs_remove(out, NULL));
	g_assert_true(fl_fs_mkdir(out, NULL));
	g_assert_true(fl_fs_write(path, "this is no database, whatever it is called", 42, NULL));
	g_assert_null(fl_store_open(out, &second));
	g_assert_nonnull(strstr(second->message, "faultline.db"));
}

int main(int argc, char **argv)
{
	g_autofree char *scratch = fl_fs_temp_dir(g_get_tmp_dir(), "store", NULL);
	int code;

	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	out = g_build_filename(scratch, "out", NULL);
	g_test_add_func("/store/history-and-rates", test_history);
	g_test_add_func("/store/find", test_find);
	g_test_add_func("/store/rebuild", test_rebuild);
	g_test_add_func("/store/several-writers-and-a-kill", test_writers);
	g_test_add_func("/store/errors", test_errors);
	code = g_test_run();
	if (!fl_fs_remove(scratch, NULL))
		return 1;
	g_free(out);
	return code;
}
