// SPDX-License-Identifier: GPL-2.0-only
/*
 * The database. WAL, so that readers and one writer do not wait for each other; writers wait for
 * each other up to BUSY_MS. The version of the schema is SQLite's user_version; each step that
 * leads to the next one stands in migrations[], and all that are missing run in one transaction.
 */
#include "store/store.h"

#include "base/fs.h"
#include "base/json.h"
#include "store/rundir.h"

#include <sqlite3.h>

#define BUSY_MS 30000

G_DEFINE_QUARK(fl_store_error_quark, fl_store_error)

struct FlStore {
	sqlite3 *db;
	char *path;
};

static const char *const migrations[] = {
	"CREATE TABLE runs (id TEXT PRIMARY KEY, verdict TEXT NOT NULL, reason TEXT NOT NULL,"
	" command TEXT NOT NULL) STRICT;"
	"CREATE TABLE guests (guest INTEGER PRIMARY KEY, run TEXT NOT NULL REFERENCES runs (id)"
	" ON DELETE CASCADE, kernel TEXT NOT NULL, evidence TEXT NOT NULL, verdict TEXT NOT NULL,"
	" bzimage_sha256 TEXT, seed INTEGER NOT NULL, total_ms REAL NOT NULL) STRICT;"
	"CREATE TABLE tests (guest INTEGER NOT NULL REFERENCES guests (guest) ON DELETE CASCADE,"
	" name TEXT NOT NULL, verdict TEXT NOT NULL, reason TEXT NOT NULL, seconds REAL NOT NULL)"
	" STRICT;"
	"CREATE TABLE splats (guest INTEGER NOT NULL REFERENCES guests (guest) ON DELETE CASCADE,"
	" signature TEXT NOT NULL, title TEXT NOT NULL, count INTEGER NOT NULL) STRICT;"
	"CREATE INDEX guests_by_run ON guests (run);"
	"CREATE INDEX tests_by_guest ON tests (guest);"
	"CREATE INDEX splats_by_guest ON splats (guest);",
};

static bool db_error(FlStore *store, GError **error)
{
	g_set_error(error, FL_STORE_ERROR, FL_STORE_ERROR_DATABASE, "%s: %s", store->path,
		    store->db ? sqlite3_errmsg(store->db) : "out of memory");
	return false;
}

static bool exec(FlStore *store, const char *sql, GError **error)
{
	return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
	       db_error(store, error);
}

/* Ends a transaction: its first error stays the one that is told. */
static bool end(FlStore *store, bool ok, GError **error)
{
	if (ok && exec(store, "COMMIT", error))
		return true;
	sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return false;
}

static sqlite3_stmt *prepare(FlStore *store, const char *sql, GError **error)
{
	sqlite3_stmt *statement = NULL;

	if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK)
		db_error(store, error);
	return statement;
}

static bool read_version(FlStore *store, int *ret_version, GError **error)
{
	sqlite3_stmt *statement = prepare(store, "PRAGMA user_version", error);
	bool ok = statement && (sqlite3_step(statement) == SQLITE_ROW || db_error(store, error));

	if (ok)
		*ret_version = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return ok;
}

static bool run_migrations(FlStore *store, GError **error)
{
	int version;

	if (!read_version(store, &version, error))
		return false;
	for (; version < (int)G_N_ELEMENTS(migrations); version++) {
		g_autofree char *pragma = g_strdup_printf("PRAGMA user_version = %d", version + 1);

		if (!exec(store, migrations[version], error) || !exec(store, pragma, error))
			return false;
	}
	return true;
}

static bool migrate(FlStore *store, GError **error)
{
	int version;

	if (!read_version(store, &version, error))
		return false;
	if (version > (int)G_N_ELEMENTS(migrations)) {
		g_set_error(error, FL_STORE_ERROR, FL_STORE_ERROR_NEWER,
			    "%s was made by a newer faultline (version %d, this one knows %zu)",
			    store->path, version, G_N_ELEMENTS(migrations));
		return false;
	}
	if (version == (int)G_N_ELEMENTS(migrations))
		return true;
	return exec(store, "BEGIN IMMEDIATE", error) &&
	       end(store, run_migrations(store, error), error);
}

FlStore *fl_store_open_old(const char *out, GError **error)
{
	if (g_file_test(out, G_FILE_TEST_IS_DIR))
		return fl_store_open(out, error);
	g_set_error(error, FL_STORE_ERROR, FL_STORE_ERROR_UNKNOWN,
		    "there is no folder %s, in which runs would be; --out names another", out);
	return NULL;
}

FlStore *fl_store_open(const char *out, GError **error)
{
	g_autoptr(FlStore) store = g_new0(FlStore, 1);

	store->path = g_build_filename(out, "faultline.db", NULL);
	if (!fl_fs_mkdir(out, error))
		return NULL;
	if (sqlite3_open(store->path, &store->db) != SQLITE_OK) {
		db_error(store, error);
		return NULL;
	}
	sqlite3_busy_timeout(store->db, BUSY_MS);
	/* Killed processes cannot hurt it; after a power failure it is made again from the evidence. */
	if (!exec(store,
		  "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON;",
		  error) ||
	    !migrate(store, error))
		return NULL;
	return g_steal_pointer(&store);
}

void fl_store_free(FlStore *store)
{
	if (!store)
		return;
	sqlite3_close(store->db);
	g_free(store->path);
	g_free(store);
}

/* ---- adding ---- */

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* Inserts a row. types has a letter for each value: t text, i integer, r number. */
static bool insert(FlStore *store, const char *sql, const char *types, GError **error, ...)
{
	sqlite3_stmt *statement = prepare(store, sql, error);
	va_list args;
	bool ok;

	if (!statement)
		return false;
	va_start(args, error);
	/* NOLINTBEGIN(clang-analyzer-valist.Uninitialized): it does not see the line above. */
	for (int i = 0; types[i]; i++) {
		if (types[i] == 't')
			sqlite3_bind_text(statement, i + 1, va_arg(args, const char *), -1,
					  SQLITE_TRANSIENT);
		else if (types[i] == 'i')
			sqlite3_bind_int64(statement, i + 1, va_arg(args, int64_t));
		else
			sqlite3_bind_double(statement, i + 1, va_arg(args, double));
	}
	/* NOLINTEND(clang-analyzer-valist.Uninitialized) */
	va_end(args);
	ok = sqlite3_step(statement) == SQLITE_DONE || db_error(store, error);
	sqlite3_finalize(statement);
	return ok;
}

static bool add_guest(FlStore *store, const char *run, const json_t *guest, GError **error)
{
	const json_t *vm = json_object_get(guest, "vm"), *value;
	int64_t id;
	size_t i;

	if (!insert(store, "INSERT INTO guests VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", "tttttir",
		    error, run, text_of(guest, "name"), text_of(guest, "evidence"),
		    text_of(guest, "verdict"), text_of(guest, "bzimage_sha256"),
		    (int64_t)json_integer_value(json_object_get(vm, "seed")),
		    json_number_value(json_object_get(vm, "total_ms"))))
		return false;
	id = sqlite3_last_insert_rowid(store->db);
	json_array_foreach(json_object_get(guest, "tests"), i, value) {
		if (!insert(store, "INSERT INTO tests VALUES (?, ?, ?, ?, ?)", "itttr", error, id,
			    text_of(value, "name"), text_of(value, "verdict"),
			    text_of(value, "reason"),
			    json_number_value(json_object_get(value, "seconds"))))
			return false;
	}
	json_array_foreach(json_object_get(guest, "splats"), i, value) {
		if (!insert(store, "INSERT INTO splats VALUES (?, ?, ?, ?)", "itti", error, id,
			    text_of(value, "signature"), text_of(value, "title"),
			    (int64_t)json_integer_value(json_object_get(value, "count"))))
			return false;
	}
	return true;
}

static bool add_run(FlStore *store, const json_t *result, GError **error)
{
	const char *id = text_of(result, "id");
	const json_t *guest;
	size_t i;

	if (!*id || !*text_of(result, "verdict")) {
		g_set_error(error, FL_STORE_ERROR, FL_STORE_ERROR_RESULT,
			    "expected a result with an id and a verdict");
		return false;
	}
	if (!insert(store, "DELETE FROM runs WHERE id = ?", "t", error, id) ||
	    !insert(store, "INSERT INTO runs VALUES (?, ?, ?, ?)", "tttt", error, id,
		    text_of(result, "verdict"), text_of(result, "reason"),
		    text_of(result, "command")))
		return false;
	json_array_foreach(json_object_get(result, "kernels"), i, guest) {
		if (!add_guest(store, id, guest, error))
			return false;
	}
	return true;
}

bool fl_store_add(FlStore *store, const json_t *result, GError **error)
{
	return exec(store, "BEGIN IMMEDIATE", error) &&
	       end(store, add_run(store, result, error), error);
}

static bool add_folders(FlStore *store, const char *out, unsigned *ret_runs, GError **error)
{
	g_autofree char *runs = g_build_filename(out, "runs", NULL);
	g_autoptr(GDir) folder = g_dir_open(runs, 0, NULL);
	const char *name;

	*ret_runs = 0;
	while (folder && (name = g_dir_read_name(folder))) {
		g_autofree char *path = g_build_filename(runs, name, FL_RUNDIR_RESULT, NULL);
		g_autoptr(json_t) result = NULL;

		if (!g_file_test(path, G_FILE_TEST_EXISTS))
			continue;
		result = fl_json_read(path, error);
		if (!result || !add_run(store, result, error)) {
			g_prefix_error(error, "%s: ", path);
			return false;
		}
		++*ret_runs;
	}
	return true;
}

bool fl_store_rebuild(FlStore *store, const char *out, unsigned *ret_runs, GError **error)
{
	return exec(store, "BEGIN IMMEDIATE", error) &&
	       end(store,
		   exec(store, "DELETE FROM runs", error) &&
			   add_folders(store, out, ret_runs, error),
		   error);
}

/* ---- asking ---- */

#define FILTER                                                                       \
	" (?1 IS NULL OR g.kernel GLOB ?1)"                                          \
	" AND (?2 IS NULL OR EXISTS (SELECT 1 FROM tests x WHERE x.guest = g.guest"  \
	" AND x.name GLOB ?2))"                                                      \
	" AND (?4 IS NULL OR EXISTS (SELECT 1 FROM splats s WHERE s.guest = g.guest" \
	" AND substr(s.signature, 1, length(?4)) = ?4))"

static bool ask(FlStore *store, const char *sql, const FlStoreFilter *filter, FlStoreRowFn row,
		gpointer data, GError **error)
{
	sqlite3_stmt *statement = prepare(store, sql, error);
	const char *columns[8] = {0};
	int code;

	if (!statement)
		return false;
	sqlite3_bind_text(statement, 1, filter->kernel, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 2, filter->test, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 3, filter->verdict, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 4, filter->signature, -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 5, filter->limit ? (int64_t)filter->limit : -1);
	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(statement); i++)
			columns[i] = (const char *)sqlite3_column_text(statement, i);
		row(columns, data);
	}
	if (code != SQLITE_DONE)
		db_error(store, error);
	sqlite3_finalize(statement);
	return code == SQLITE_DONE;
}

bool fl_store_runs(FlStore *store, const FlStoreFilter *filter, FlStoreRowFn row, gpointer data,
		   GError **error)
{
	return ask(store,
		   "SELECT r.id, r.verdict, r.reason, count(DISTINCT g.guest),"
		   " coalesce(sum(t.verdict = 'PASS'), 0),"
		   " coalesce(sum(t.verdict IN ('FAIL', 'HANG', 'CRASH')), 0)"
		   " FROM runs r LEFT JOIN guests g ON g.run = r.id"
		   " LEFT JOIN tests t ON t.guest = g.guest WHERE" FILTER
		   " AND (?3 IS NULL OR r.verdict = upper(?3))"
		   " GROUP BY r.id ORDER BY r.id DESC LIMIT ?5",
		   filter, row, data, error);
}

bool fl_store_rates(FlStore *store, const FlStoreFilter *filter, FlStoreRowFn row, gpointer data,
		    GError **error)
{
	return ask(store,
		   "SELECT g.kernel, t.name, count(*), sum(t.verdict <> 'PASS')"
		   " FROM guests g JOIN tests t ON t.guest = g.guest"
		   " JOIN runs r ON r.id = g.run WHERE" FILTER
		   " AND (?2 IS NULL OR t.name GLOB ?2) AND (?3 IS NULL OR r.verdict = upper(?3))"
		   " AND t.verdict IN ('PASS', 'FAIL', 'HANG', 'CRASH')"
		   " GROUP BY g.kernel, t.name ORDER BY g.kernel, t.name LIMIT ?5",
		   filter, row, data, error);
}

static void take_id(const char *const *columns, gpointer data)
{
	g_ptr_array_add(data, g_strdup(columns[0]));
}

/* An exact id stands first among those that begin with it. */
static const char *choose(const char *name, const GPtrArray *found)
{
	if (found->len == 1 || (found->len && g_str_equal(found->pdata[0], name)))
		return found->pdata[0];
	return NULL;
}

char *fl_store_find(FlStore *store, const char *name, GError **error)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
	bool latest = g_str_equal(name, "latest");
	const char *chosen;

	if (!ask(store,
		 latest ? "SELECT id FROM runs ORDER BY id DESC LIMIT 1"
			: "SELECT id FROM runs WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id",
		 &(FlStoreFilter){.kernel = name}, take_id, found, error))
		return NULL;
	chosen = choose(name, found);
	if (chosen)
		return g_strdup(chosen);
	if (found->len)
		g_set_error(error, FL_STORE_ERROR, FL_STORE_ERROR_UNKNOWN,
			    "%u runs begin with \"%s\", the first is %s", found->len, name,
			    (const char *)found->pdata[0]);
	else
		g_set_error(error, FL_STORE_ERROR, FL_STORE_ERROR_UNKNOWN,
			    "no run is called \"%s\"; faultline history lists them, with --rebuild "
			    "also those of before",
			    name);
	return NULL;
}
