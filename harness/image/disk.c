/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cache of disk images: which there are, which are missing, and how one is published.
 * They are made in a work folder under a lock, by a child (disk_child.c), and whatever is left
 * of a making that was cut off is removed by the next.
 */
#include "image/disk.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/proc.h"
#include "image/appliance.h"
#include "image/disk_child.h"
#include "image/recipe.h"

/* Goes up when the same recipe is made in another way. */
#define RECIPE_VERSION 1

/* One call of fl_disk_get. */
typedef struct {
	const FlDiskSpec *spec;
	char *dir;	    /* <cache>/disks */
	char *work;	    /* <dir>/work: of whoever has the lock */
	GPtrArray *recipes; /* all there are */
	GPtrArray *disks;   /* of FlDisk, as asked for */
} Job;

void fl_disk_free(FlDisk *disk)
{
	if (!disk)
		return;
	g_free(disk->name);
	g_free(disk->path);
	g_free(disk->key);
	g_free(disk->sha256);
	g_free(disk);
}

static void job_free(Job *job)
{
	g_free(job->dir);
	g_free(job->work);
	g_clear_pointer(&job->recipes, g_ptr_array_unref);
	g_clear_pointer(&job->disks, g_ptr_array_unref);
	g_free(job);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Job, job_free)

/* The appliance takes these from the host. */
static const char *maker_of(const FlRecipe *recipe)
{
	if (g_str_equal(recipe->fs, "xfs"))
		return "/sbin/mkfs.xfs";
	return g_str_equal(recipe->fs, "swap") ? "/sbin/mkswap" : "/sbin/mke2fs";
}

/* "libguestfs 1.48.6, mke2fs 1.47.0 (5-Feb-2023)" */
static char *tools_version(const FlRecipe *recipe)
{
	const char *const argv[] = {maker_of(recipe), "-V", NULL};
	const FlProcSpec spec = {.argv = argv, .deadline_us = 10 * G_USEC_PER_SEC};
	g_autofree char *guestfs = fl_appliance_version();
	g_autofree char *output = NULL;

	if (!fl_proc_run(&spec, NULL, &output, NULL) || !output)
		return g_strdup_printf("libguestfs %s", guestfs);
	output[strcspn(output, "\n")] = '\0';
	return g_strdup_printf("libguestfs %s, %s", guestfs, output);
}

static json_t *key_inputs(const FlRecipe *recipe)
{
	g_autofree char *text = fl_recipe_text(recipe);
	g_autofree char *tools = tools_version(recipe);

	return json_pack("{s:i, s:o, s:o}", "version", RECIPE_VERSION, "recipe",
			 fl_json_string(text), "tools", fl_json_string(tools));
}

static FlDisk *disk_new(const Job *job, const FlRecipe *recipe)
{
	g_autoptr(json_t) inputs = key_inputs(recipe);
	FlDisk *disk = g_new0(FlDisk, 1);

	disk->name = g_strdup(recipe->name);
	disk->key = fl_hash_json(inputs);
	disk->path = g_strdup_printf("%s/%s.img", job->dir, disk->key);
	disk->iops = recipe->iops;
	disk->bps = recipe->bps;
	disk->size_mib = (unsigned)(recipe->size >> 20);
	return disk;
}

static bool load_recipes(Job *job, GError **error)
{
	g_autofree char *path = g_build_filename(job->spec->images_dir, "disks.ini", NULL);
	g_autoptr(GBytes) text =
		fl_image_load(path, "it is part of faultline, restore it from git", error);

	if (!text)
		return false;
	job->recipes =
		fl_recipe_parse(g_bytes_get_data(text, NULL), g_bytes_get_size(text), path, error);
	return job->recipes;
}

static bool unknown_disk(const Job *job, const char *name, GError **error)
{
	g_autoptr(GString) known = g_string_new(NULL);

	for (guint i = 0; i < job->recipes->len; i++) {
		const FlRecipe *recipe = g_ptr_array_index(job->recipes, i);

		g_string_append_printf(known, "%s%s", i ? ", " : "", recipe->name);
	}
	g_set_error(error, FL_IMAGE_ERROR, FL_IMAGE_ERROR_MISSING,
		    "%s/disks.ini has no disk \"%s\"; it has %s", job->spec->images_dir, name,
		    known->str);
	return false;
}

static bool list_disks(Job *job, GError **error)
{
	for (guint i = 0; !job->spec->names && i < job->recipes->len; i++)
		g_ptr_array_add(job->disks, disk_new(job, g_ptr_array_index(job->recipes, i)));
	for (const char *const *name = job->spec->names; name && *name; name++) {
		const FlRecipe *recipe = fl_recipe_find(job->recipes, *name);

		if (!recipe)
			return unknown_disk(job, *name, error);
		g_ptr_array_add(job->disks, disk_new(job, recipe));
	}
	return true;
}

static Job *job_new(const FlDiskSpec *spec, GError **error)
{
	g_autoptr(Job) job = g_new0(Job, 1);

	job->spec = spec;
	job->dir = g_build_filename(spec->cache_dir, "disks", NULL);
	job->work = g_build_filename(job->dir, "work", NULL);
	job->disks = g_ptr_array_new_with_free_func((GDestroyNotify)fl_disk_free);
	if (!load_recipes(job, error) || !fl_fs_mkdir(job->dir, error))
		return NULL;
	return list_disks(job, error) ? g_steal_pointer(&job) : NULL;
}

static bool is_made(const FlDisk *disk)
{
	return g_file_test(disk->path, G_FILE_TEST_IS_REGULAR);
}

/* Canonical text of the recipes that have no image yet, "" when all have one. */
static char *missing_recipes(const Job *job)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < job->disks->len; i++) {
		const FlDisk *disk = g_ptr_array_index(job->disks, i);
		g_autofree char *recipe = NULL;

		if (is_made(disk))
			continue;
		recipe = fl_recipe_text(fl_recipe_find(job->recipes, disk->name));
		if (!strstr(text->str, recipe))
			g_string_append(text, recipe);
	}
	return g_string_free(text, FALSE);
}

/* On the disk before it has its name: a power cut must not leave a hollow image. */
static bool seal(const char *path, GError **error)
{
	fl_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

	/* Writable, since QEMU opens it so, even where it maps it privately. */
	if (fd >= 0 && fsync(fd) == 0 && fchmod(fd, 0644) == 0)
		return true;
	g_set_error(error, FL_IMAGE_ERROR, FL_IMAGE_ERROR_FAILED, "%s cannot be kept: %m", path);
	return false;
}

static bool publish(const Job *job, const FlDisk *disk, GError **error)
{
	g_autofree char *from = g_strdup_printf("%s/%s.img", job->work, disk->name);
	g_autofree char *json = g_strdup_printf("%s/%s.json", job->dir, disk->key);
	g_autoptr(json_t) about = key_inputs(fl_recipe_find(job->recipes, disk->name));
	g_autofree char *sha256 = NULL;

	if (is_made(disk))
		return true;
	sha256 = fl_hash_file(from, error);
	if (!sha256)
		return false;
	json_object_set_new(about, "sha256", json_string(sha256));
	return seal(from, error) && fl_json_write(json, about, error) &&
	       fl_fs_rename(from, disk->path, error);
}

static bool make_missing(Job *job, GCancellable *cancel, GError **error)
{
	g_autofree char *recipes = missing_recipes(job);
	const FlDiskChild child = {.self = job->spec->self,
				   .recipes = recipes,
				   .work = job->work,
				   .cache = job->dir,
				   .force_tcg = job->spec->force_tcg,
				   .kernel = job->spec->appliance_kernel,
				   .modules = job->spec->appliance_modules};

	if (!*recipes)
		return true;
	if (!fl_fs_mkdir(job->work, error) || !fl_disk_child_run(&child, cancel, error))
		return false;
	for (guint i = 0; i < job->disks->len; i++)
		if (!publish(job, g_ptr_array_index(job->disks, i), error))
			return false;
	return true;
}

static void on_wait(gpointer data)
{
	(void)data;
	fl_log_live("disks: another process is making them");
}

static bool make_under_lock(Job *job, GCancellable *cancel, GError **error)
{
	g_autofree char *path = g_build_filename(job->dir, "lock", NULL);
	g_autoptr(FlFsLock) lock = fl_fs_lock(path, on_wait, NULL, cancel, error);
	bool ok;

	/* The work folder may be left from a process that was killed. */
	if (!lock || !fl_fs_remove(job->work, error))
		return false;
	ok = make_missing(job, cancel, error);
	if (!fl_fs_remove(job->work, ok ? error : NULL))
		ok = false;
	return ok;
}

static bool read_sha256(const Job *job, FlDisk *disk, GError **error)
{
	g_autofree char *path = g_strdup_printf("%s/%s.json", job->dir, disk->key);
	g_autoptr(json_t) about = fl_json_read(path, error);

	if (!about)
		return false;
	disk->sha256 = g_strdup(json_string_value(json_object_get(about, "sha256")));
	if (!disk->sha256)
		g_set_error(error, FL_IMAGE_ERROR, FL_IMAGE_ERROR_FAILED,
			    "%s: expected a string \"sha256\"; remove %s to have it made again",
			    path, disk->path);
	return disk->sha256;
}

GPtrArray *fl_disk_get(const FlDiskSpec *spec, GCancellable *cancel, GError **error)
{
	g_autoptr(Job) job = job_new(spec, error);
	g_autofree char *missing = job ? missing_recipes(job) : NULL;

	if (!job || (*missing && !make_under_lock(job, cancel, error)))
		return NULL;
	for (guint i = 0; i < job->disks->len; i++)
		if (!read_sha256(job, g_ptr_array_index(job->disks, i), error))
			return NULL;
	return g_ptr_array_ref(job->disks);
}
