// SPDX-License-Identifier: GPL-2.0-only
/*
 * Works out the content key of a kernel, and has it built when nobody has built it yet. Owns the
 * order of things and the lock; source, configuration, make and publishing are other files'.
 */
#include "kernel/kcache.h"

#include "base/fs.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "kernel/gitrepo.h"
#include "kernel/kbuild.h"
#include "kernel/kconfig.h"
#include "kernel/kmake.h"
#include "kernel/published.h"
#include "kernel/tree.h"
#include "kernel/treepatch.h"
#include "kernel/worktree.h"

#include <string.h>

/* Raised when the way of building changes the bytes in a manner that nothing else in the key shows. */
#define RECIPE_VERSION 1

/* clang-format off */
G_DEFINE_QUARK(fl_kernel_error_quark, fl_kernel_error)
/* clang-format on */

/* What a call knows before it looks into the cache. */
typedef struct {
	FlTree tree;
	GPtrArray *wishes;
	json_t *toolchain, *recipe;
	char *modules_hash;
	json_t *inputs; /* what the key is the hash of */
	char *key;
} Request;

static void request_clear(Request *request)
{
	fl_tree_clear(&request->tree);
	g_clear_pointer(&request->wishes, g_ptr_array_unref);
	g_clear_pointer(&request->toolchain, json_decref);
	g_clear_pointer(&request->recipe, json_decref);
	g_clear_pointer(&request->modules_hash, g_free);
	g_clear_pointer(&request->inputs, json_decref);
	g_clear_pointer(&request->key, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Request, request_clear)

void fl_kcache_free(FlKernel *kernel)
{
	if (!kernel)
		return;
	g_free(kernel->key);
	g_free(kernel->dir);
	g_free(kernel->bzimage);
	g_free(kernel->vmlinux);
	g_free(kernel->config);
	g_free(kernel->modules);
	g_free(kernel->release);
	g_free(kernel->bzimage_sha256);
	json_decref(kernel->inputs);
	g_free(kernel);
}

/* ---- the key ---- */

static bool find_state(const FlKernelSpec *spec, FlTree *ret_tree, GCancellable *cancel,
		       GError **error)
{
	if (!spec->tree)
		return fl_tree_package(spec->cache_dir, FL_TREE_PACKAGE, cancel, ret_tree, error);
	if (spec->revision)
		return fl_tree_revision(spec->cache_dir, spec->tree, spec->revision, cancel,
					ret_tree, error);
	return fl_tree_folder(spec->cache_dir, spec->tree, cancel, ret_tree, error);
}

static bool find_source(const FlKernelSpec *spec, FlTree *ret_tree, GCancellable *cancel,
			GError **error)
{
	g_auto(FlTree) tree = {0};

	if (!find_state(spec, &tree, cancel, error) ||
	    !fl_treepatch_apply(spec->cache_dir, &tree, spec->patches, cancel, error))
		return false;
	*ret_tree = tree;
	memset(&tree, 0, sizeof(tree));
	return true;
}

static json_t *key_inputs(const Request *request)
{
	g_autofree char *text = fl_kconfig_text(request->wishes);

	return json_pack("{s:i, s:s, s:s, s:O, s:O, s:s?}", "recipe_version", RECIPE_VERSION,
			 "source_tree", request->tree.id, "config", text, "toolchain",
			 request->toolchain, "recipe", request->recipe, "modules_sha256",
			 request->modules_hash);
}

/* Everything of a request but its source. */
static bool make_surroundings(const FlKernelSpec *spec, GCancellable *cancel, Request *request,
			      GError **error)
{
	request->wishes = fl_kconfig_load(spec->fragments, error);
	if (!request->wishes)
		return false;
	request->toolchain = fl_kmake_toolchain(cancel, error);
	if (!request->toolchain)
		return false;
	if (spec->modules_dir) {
		request->modules_hash = fl_published_hash(spec->modules_dir, error);
		if (!request->modules_hash)
			return false;
	}
	request->recipe = fl_kmake_recipe();
	return true;
}

static bool make_request(const FlKernelSpec *spec, GCancellable *cancel, Request *request,
			 GError **error)
{
	/* Cheap complaints first: a typing mistake shall not wait for 80 000 files. */
	if (!make_surroundings(spec, cancel, request, error))
		return false;
	if (!find_source(spec, &request->tree, cancel, error))
		return false;
	request->inputs = key_inputs(request);
	request->key = fl_hash_json(request->inputs);
	return true;
}

/* ---- building ---- */

static char *prepare_log(const FlKernelSpec *spec, const Request *request, GError **error)
{
	g_autofree char *logs = g_build_filename(spec->cache_dir, "logs", NULL);
	g_autofree char *name = g_strconcat(request->key, ".log", NULL);
	g_autofree char *path = g_build_filename(logs, name, NULL);

	if (!fl_fs_mkdir(logs, error) || !fl_fs_write(path, "", 0, error))
		return NULL;
	return g_steal_pointer(&path);
}

static char *toolchain_hash(const Request *request)
{
	g_autoptr(json_t) both =
		json_pack("{s:O, s:O}", "toolchain", request->toolchain, "recipe", request->recipe);

	return fl_hash_json(both);
}

static bool build(const FlKernelSpec *spec, const Request *request, GCancellable *cancel,
		  GError **error)
{
	g_autofree char *log_path = prepare_log(spec, request, error);
	g_autofree char *toolchain = toolchain_hash(request);
	g_autofree char *obj = NULL;
	gint64 started_us = g_get_monotonic_time();
	unsigned steps;
	FlPublished entry = {.cache_dir = spec->cache_dir,
			     .key = request->key,
			     .inputs = request->inputs,
			     .origin = request->tree.origin,
			     .has_modules = spec->modules_dir};
	FlKbuild how = {.cache_dir = spec->cache_dir,
			.name = spec->name,
			.tree_id = request->tree.id,
			.wishes = request->wishes,
			.toolchain = toolchain,
			.modules_dir = spec->modules_dir,
			.modules_hash = request->modules_hash,
			.log_path = log_path,
			.jobs = spec->jobs};

	if (!log_path || !fl_kbuild_run(&how, cancel, &obj, &steps, error))
		return false;
	entry.obj = obj;
	if (!fl_published_add(&entry, error))
		return false;
	fl_log_step("kernel %s: built in %.1f s, %u steps", spec->name,
		    (double)(g_get_monotonic_time() - started_us) / 1e6, steps);
	return true;
}

static FlKernel *build_locked(const FlKernelSpec *spec, const Request *request,
			      GCancellable *cancel, GError **error)
{
	g_autoptr(FlFsLock) lock = fl_worktree_lock(spec->cache_dir, cancel, error);
	gint64 started_us = g_get_monotonic_time();
	FlKernel *kernel;

	if (!lock)
		return NULL;
	/* Another process may have built it while this one waited. */
	kernel = fl_published_load(spec->cache_dir, request->key);
	if (kernel) {
		kernel->was_cached = true;
		return kernel;
	}
	if (!build(spec, request, cancel, error))
		return NULL;
	kernel = fl_published_load(spec->cache_dir, request->key);
	if (!kernel) {
		g_set_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_TOOL,
			    "%s/kernels/%s was published and cannot be read", spec->cache_dir,
			    request->key);
		return NULL;
	}
	kernel->build_us = (uint64_t)(g_get_monotonic_time() - started_us);
	return kernel;
}

static FlKernel *load_or_build(const FlKernelSpec *spec, const Request *request,
			       GCancellable *cancel, GError **error)
{
	FlKernel *kernel = fl_published_load(spec->cache_dir, request->key);

	if (kernel)
		kernel->was_cached = true;
	else
		kernel = build_locked(spec, request, cancel, error);
	if (kernel && kernel->was_cached)
		fl_log_step("kernel %s: from the cache", spec->name);
	return kernel;
}

FlKernel *fl_kcache_get(const FlKernelSpec *spec, GCancellable *cancel, GError **error)
{
	g_auto(Request) request = {0};

	if (!make_request(spec, cancel, &request, error))
		return NULL;
	return load_or_build(spec, &request, cancel, error);
}

/* ---- an earlier kernel ---- */

static bool has_state(const FlKernelSpec *spec, const char *id, GCancellable *cancel)
{
	const char *args[] = {"cat-file", "-e", id, NULL};

	return fl_gitrepo_init(spec->cache_dir, cancel, NULL) &&
	       fl_gitrepo_run(&(FlGitRepo){.cache_dir = spec->cache_dir}, args, cancel, NULL, NULL);
}

/* The cache has lost the state: the same way as then may lead to it again. */
static bool find_origin(const FlKernelSpec *spec, const json_t *origin, GCancellable *cancel,
			FlTree *ret_tree, GError **error)
{
	g_autoptr(GPtrArray) patches = g_ptr_array_new();
	FlKernelSpec again = *spec;
	const json_t *patch;
	size_t i;

	json_array_foreach(json_object_get(origin, "patches"), i, patch) {
		const char *file = json_string_value(json_object_get(patch, "file"));

		if (file)
			g_ptr_array_add(patches, (gpointer)file);
	}
	g_ptr_array_add(patches, NULL);
	again.tree = json_string_value(json_object_get(origin, "folder"));
	again.revision = json_string_value(json_object_get(origin, "revision"));
	again.patches = (const char *const *)patches->pdata;
	return find_source(&again, ret_tree, cancel, error);
}

static bool find_recorded(const FlKernelSpec *spec, const json_t *inputs, GCancellable *cancel,
			  FlTree *ret_tree, GError **error)
{
	const json_t *key_of = json_object_get(inputs, "inputs");
	const char *id = json_string_value(json_object_get(key_of, "source_tree"));
	json_t *origin = json_object_get(inputs, "origin");

	if (!id || !has_state(spec, id, cancel))
		return find_origin(spec, origin, cancel, ret_tree, error);
	*ret_tree = (FlTree){.id = g_strdup(id), .origin = json_incref(origin)};
	return true;
}

/* The recorded configuration is a fragment again, for as long as it is read. */
static bool make_recorded(const FlKernelSpec *spec, const json_t *inputs, GCancellable *cancel,
			  Request *request, GError **error)
{
	const json_t *key_of = json_object_get(inputs, "inputs");
	const char *text = json_string_value(json_object_get(key_of, "config"));
	g_autofree char *dir = fl_fs_temp_dir(spec->cache_dir, "again", error);
	g_autofree char *path = dir ? g_build_filename(dir, "recorded.config", NULL) : NULL;
	const char *fragments[] = {path, NULL};
	FlKernelSpec again = *spec;
	bool ok;

	again.fragments = fragments;
	ok = dir && fl_fs_write(path, text ? text : "", text ? strlen(text) : 0, error) &&
	     make_surroundings(&again, cancel, request, error);
	if (dir && !fl_fs_remove(dir, NULL))
		g_debug("%s is left behind", dir);
	if (!ok || !find_recorded(spec, inputs, cancel, &request->tree, error))
		return false;
	request->inputs = key_inputs(request);
	request->key = fl_hash_json(request->inputs);
	return true;
}

static char *differing(const json_t *before, json_t *now)
{
	GString *names = g_string_new(NULL);
	const char *name;
	json_t *value;

	json_object_foreach(now, name, value) {
		if (!json_equal(json_object_get(before, name), value))
			g_string_append_printf(names, "%s%s", names->len ? ", " : "", name);
	}
	return g_string_free(names, FALSE);
}

FlKernel *fl_kcache_again(const FlKernelSpec *spec, const json_t *inputs, GCancellable *cancel,
			  GError **error)
{
	const char *key = json_string_value(json_object_get(inputs, "key"));
	g_auto(Request) request = {0};
	g_autofree char *names = NULL;
	FlKernel *kernel = key ? fl_published_load(spec->cache_dir, key) : NULL;

	if (kernel) {
		kernel->was_cached = true;
		return kernel;
	}
	if (!key) {
		g_set_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_TREE,
			    "kernel %s cannot be built again: it was not built here (--image)",
			    spec->name);
		return NULL;
	}
	if (!make_recorded(spec, inputs, cancel, &request, error)) {
		g_prefix_error(error, "kernel %s cannot be built again: ", spec->name);
		return NULL;
	}
	if (g_str_equal(request.key, key))
		return load_or_build(spec, &request, cancel, error);
	names = differing(json_object_get(inputs, "inputs"), request.inputs);
	g_set_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_TREE,
		    "kernel %s cannot be built again: no longer as it was recorded: %s", spec->name,
		    names);
	return NULL;
}

bool fl_kcache_has_option(const char *config_path, const char *option)
{
	g_autofree char *config = NULL;
	g_autofree char *value = NULL;

	if (!g_file_get_contents(config_path, &config, NULL, NULL))
		return false;
	value = fl_kconfig_value(config, option);
	return g_str_equal(value, "y") || g_str_equal(value, "m");
}
