/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was run, with what result: an SQLite database in the output folder, for questions over
 * many runs. The evidence folders are the truth; this is made from their result.json and can be
 * made again from them at any time.
 */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#define FL_STORE_ERROR fl_store_error_quark()
GQuark fl_store_error_quark(void);
typedef enum {
	FL_STORE_ERROR_DATABASE, /* it cannot be opened, read or written */
	FL_STORE_ERROR_NEWER,	 /* a newer faultline made it */
	FL_STORE_ERROR_RESULT,	 /* what shall be added is no result.json */
	FL_STORE_ERROR_UNKNOWN	 /* no run, or several, of that name */
} FlStoreError;

typedef struct FlStore FlStore;

/* Opens `<out>/faultline.db`; makes it when it is not there. */
FlStore *fl_store_open(const char *out, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* To look things up: where there is no such folder, none is made, and that is UNKNOWN. */
FlStore *fl_store_open_old(const char *out, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void fl_store_free(FlStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlStore, fl_store_free)

/* Adds a run, as result.json has it, in one transaction; one of the same id is replaced. */
bool fl_store_add(FlStore *store, const json_t *result, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Forgets all runs, and adds each folder of `<out>/runs` that has a result.json. */
bool fl_store_rebuild(FlStore *store, const char *out, unsigned *ret_runs,
		      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Which runs; NULL: all. Globs but for the signature, which may be the beginning of one. */
typedef struct {
	const char *kernel, *test, *verdict, *signature;
	unsigned limit; /* 0: none */
} FlStoreFilter;

/* Columns of a row, in the order of the query; borrowed for the call. */
typedef void (*FlStoreRowFn)(const char *const *columns, gpointer data);

/* Newest first: id, verdict, reason, guests, tests that passed, tests that did not. */
bool fl_store_runs(FlStore *store, const FlStoreFilter *filter, FlStoreRowFn row, gpointer data,
		   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Of each kernel and test: kernel, test, runs, failures. BROKEN and SKIP do not count. */
bool fl_store_rates(FlStore *store, const FlStoreFilter *filter, FlStoreRowFn row, gpointer data,
		    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The id of a run: an id, the unique beginning of one, or "latest"; the caller frees. */
char *fl_store_find(FlStore *store, const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;
