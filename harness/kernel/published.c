// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finished kernels: `<cache>/kernels/<64 hex digits>/`, put there by one rename(2) and never
 * changed. Everything else in the cache can be deleted at any time and only costs time.
 */
#include "kernel/published.h"

#include "base/attic.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/json.h"
#include "kernel/kbuild.h"

#include <string.h>

#define KEPT 100 /* kernels, of about 60 MB; what a long bisect or a busy CI comes back to */

static gint compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *sorted_files(const char *dir, GError **error)
{
	g_autoptr(GDir) entries = g_dir_open(dir, 0, error);
	GPtrArray *names;
	const char *name;

	if (!entries)
		return NULL;
	names = g_ptr_array_new_with_free_func(g_free);
	while ((name = g_dir_read_name(entries))) {
		g_autofree char *path = g_build_filename(dir, name, NULL);

		if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
			g_ptr_array_add(names, g_strdup(name));
	}
	g_ptr_array_sort(names, compare_names);
	return names;
}

char *fl_published_hash(const char *dir, GError **error)
{
	g_autoptr(GPtrArray) names = sorted_files(dir, error);
	g_autoptr(json_t) files = json_object();

	for (guint i = 0; names && i < names->len; i++) {
		const char *name = g_ptr_array_index(names, i);
		g_autofree char *path = g_build_filename(dir, name, NULL);
		g_autofree char *hash = fl_hash_file(path, error);

		if (!hash)
			return NULL;
		json_object_set_new(files, name, json_string(hash));
	}
	return names ? fl_hash_json(files) : NULL;
}

FlKernel *fl_published_load(const char *cache_dir, const char *key)
{
	g_autofree char *dir = g_build_filename(cache_dir, "kernels", key, NULL);
	g_autofree char *path = g_build_filename(dir, "inputs.json", NULL);
	g_autofree char *modules = g_build_filename(dir, "modules", NULL);
	json_t *inputs = fl_json_read(path, NULL);
	const char *release, *sha256;
	FlKernel *kernel;

	if (!inputs || json_unpack(inputs, "{s:{s:s, s:s}}", "result", "release", &release,
				   "bzimage_sha256", &sha256)) {
		json_decref(inputs);
		return NULL;
	}
	kernel = g_new0(FlKernel, 1);
	kernel->inputs = inputs;
	kernel->key = g_strdup(key);
	kernel->release = g_strdup(release);
	kernel->bzimage_sha256 = g_strdup(sha256);
	kernel->bzimage = g_build_filename(dir, "bzImage", NULL);
	kernel->vmlinux = g_build_filename(dir, "vmlinux", NULL);
	kernel->config = g_build_filename(dir, "config", NULL);
	if (g_file_test(modules, G_FILE_TEST_IS_DIR))
		kernel->modules = g_steal_pointer(&modules);
	fl_attic_mark_used(dir);
	kernel->dir = g_steal_pointer(&dir);
	return kernel;
}

static bool copy_from(const char *from_dir, const char *from, const char *to_dir, const char *to,
		      GError **error)
{
	g_autofree char *source = g_build_filename(from_dir, from, NULL);
	g_autofree char *target = g_build_filename(to_dir, to, NULL);

	return fl_fs_copy(source, target, error);
}

static bool publish_modules(const char *obj, const char *dir, GError **error)
{
	g_autofree char *from = fl_kbuild_modules(obj);
	g_autofree char *to = g_build_filename(dir, "modules", NULL);
	g_autoptr(GPtrArray) names = sorted_files(from, error);

	if (!names || !fl_fs_mkdir(to, error))
		return false;
	for (guint i = 0; i < names->len; i++) {
		const char *name = g_ptr_array_index(names, i);

		if (g_str_has_suffix(name, ".ko") && !copy_from(from, name, to, name, error))
			return false;
	}
	return true;
}

static bool read_release(const char *obj, char **ret_release, GError **error)
{
	g_autofree char *path = g_build_filename(obj, "include", "config", "kernel.release", NULL);

	if (!fl_fs_read(path, ret_release, NULL, error))
		return false;
	g_strstrip(*ret_release);
	return true;
}

static bool write_inputs(const FlPublished *entry, const char *dir, GError **error)
{
	g_autofree char *image = g_build_filename(dir, "bzImage", NULL);
	g_autofree char *path = g_build_filename(dir, "inputs.json", NULL);
	g_autofree char *sha256 = fl_hash_file(image, error);
	g_autofree char *release = NULL;
	g_autoptr(json_t) inputs = NULL;

	if (!sha256 || !read_release(entry->obj, &release, error))
		return false;
	inputs = json_pack("{s:s, s:O, s:O, s:{s:o, s:s}}", "key", entry->key, "inputs",
			   entry->inputs, "origin", entry->origin, "result", "release",
			   fl_json_string(release), "bzimage_sha256", sha256);
	return fl_json_write(path, inputs, error);
}

static bool fill(const FlPublished *entry, const char *dir, GError **error)
{
	return copy_from(entry->obj, "arch/x86/boot/bzImage", dir, "bzImage", error) &&
	       copy_from(entry->obj, "vmlinux", dir, "vmlinux", error) &&
	       copy_from(entry->obj, ".config", dir, "config", error) &&
	       (!entry->has_modules || publish_modules(entry->obj, dir, error)) &&
	       write_inputs(entry, dir, error);
}

/* Folders of publishers that were killed; the lock is held, so none of them is alive. */
static void sweep(const char *kernels)
{
	g_autoptr(GDir) entries = g_dir_open(kernels, 0, NULL);
	const char *name;

	while (entries && (name = g_dir_read_name(entries))) {
		g_autofree char *path = g_build_filename(kernels, name, NULL);

		if (g_str_has_prefix(name, "new-") && !fl_fs_remove(path, NULL))
			g_debug("%s is left behind", path);
	}
}

bool fl_published_add(const FlPublished *entry, GError **error)
{
	g_autofree char *kernels = g_build_filename(entry->cache_dir, "kernels", NULL);
	g_autofree char *final = g_build_filename(kernels, entry->key, NULL);
	g_autofree char *fresh = NULL;

	if (!fl_fs_mkdir(kernels, error))
		return false;
	sweep(kernels);
	fresh = fl_fs_temp_dir(kernels, "new", error);
	/* A folder of that name that could not be loaded is damaged: it makes room. */
	if (fresh && fill(entry, fresh, error) && fl_fs_remove(final, error) &&
	    fl_fs_rename(fresh, final, error)) {
		fl_attic_trim(kernels, KEPT);
		return true;
	}
	if (fresh && !fl_fs_remove(fresh, NULL))
		g_debug("%s is left behind", fresh);
	return false;
}
