// SPDX-License-Identifier: GPL-2.0-only
/*
 * Builds a source state in the object tree of its configuration, so that the next state costs only
 * what differs, and the guest's modules against it. Does not decide whether to build.
 */
#include "kernel/kbuild.h"

#include "base/fs.h"
#include "base/hash.h"
#include "base/json.h"
#include "kernel/kconfig.h"
#include "kernel/kresolve.h"
#include "kernel/objtree.h"
#include "kernel/worktree.h"

#include <string.h>

/* Of tinyconfig and base.config with 6.12; only the first estimate on a fresh cache rests on it. */
#define STEPS_OF_A_FIRST_BUILD 1700

char *fl_kbuild_modules(const char *obj)
{
	return g_build_filename(obj, "faultline-modules", NULL);
}

/* A .config that is written anew, even with the same content, would cost time. */
static bool put_config(const char *obj, const char *config, GError **error)
{
	g_autofree char *path = g_build_filename(obj, ".config", NULL);
	g_autofree char *old = NULL;

	if (g_file_get_contents(path, &old, NULL, NULL) && g_str_equal(old, config))
		return true;
	return fl_fs_mkdir(obj, error) && fl_fs_write(path, config, strlen(config), error);
}

/* ---- the guest's modules ---- */

static bool copy_modules(const char *from, const char *to, GError **error)
{
	g_autoptr(GDir) entries = g_dir_open(from, 0, error);
	const char *name;

	if (!entries || !fl_fs_remove(to, error) || !fl_fs_mkdir(to, error))
		return false;
	while ((name = g_dir_read_name(entries))) {
		g_autofree char *source = g_build_filename(from, name, NULL);
		g_autofree char *target = g_build_filename(to, name, NULL);

		if (g_file_test(source, G_FILE_TEST_IS_REGULAR) &&
		    !fl_fs_copy(source, target, error))
			return false;
	}
	return true;
}

static bool build_modules(const FlKbuild *build, FlKmake make, GCancellable *cancel, GError **error)
{
	g_autofree char *dir = fl_kbuild_modules(make.obj);
	g_autofree char *stamp = g_build_filename(dir, ".faultline-hash", NULL);
	g_autofree char *old = NULL;
	const char *targets[] = {"modules", NULL};

	if (!build->modules_dir)
		return fl_fs_remove(dir, error);
	if (!g_file_get_contents(stamp, &old, NULL, NULL) ||
	    !g_str_equal(old, build->modules_hash)) {
		if (!copy_modules(build->modules_dir, dir, error) ||
		    !fl_fs_write(stamp, build->modules_hash, strlen(build->modules_hash), error))
			return false;
	}
	make.module_dir = dir;
	make.targets = targets;
	make.doing = "building the guest's modules";
	make.expected_steps = 0;
	return fl_objtree_make(&make, cancel, NULL, error);
}

/* ---- all of it ---- */

static char *object_tree(const FlKbuild *build)
{
	g_autofree char *text = fl_kconfig_text(build->wishes);
	g_autoptr(json_t) inputs =
		json_pack("{s:s, s:s}", "wishes", text, "toolchain", build->toolchain);
	g_autofree char *hash = fl_hash_json(inputs);
	g_autofree char *name = g_strdup_printf("obj-%.16s", hash);

	return g_build_filename(build->cache_dir, "work", name, NULL);
}

/* How many steps a build of the whole took; an object tree with a bzImage needs only a part. */
static unsigned expected_steps(const char *obj)
{
	g_autofree char *image = g_build_filename(obj, "arch", "x86", "boot", "bzImage", NULL);
	g_autofree char *path = g_strconcat(obj, ".steps", NULL);
	g_autofree char *text = NULL;

	if (g_file_test(image, G_FILE_TEST_EXISTS))
		return 0;
	if (!g_file_get_contents(path, &text, NULL, NULL))
		return STEPS_OF_A_FIRST_BUILD;
	return (unsigned)MIN(g_ascii_strtoull(text, NULL, 10), G_MAXUINT / 128);
}

static bool note_steps(const char *obj, unsigned steps, GError **error)
{
	g_autofree char *path = g_strconcat(obj, ".steps", NULL);
	g_autofree char *text = g_strdup_printf("%u\n", steps);

	return fl_fs_write(path, text, strlen(text), error);
}

bool fl_kbuild_run(const FlKbuild *build, GCancellable *cancel, char **ret_obj, unsigned *ret_steps,
		   GError **error)
{
	g_autofree char *obj = object_tree(build);
	g_autofree char *config = NULL;
	/* "modules" makes Module.symvers and the linker script that the guest's modules need. */
	const char *targets[] = {"bzImage", build->modules_dir ? "modules" : NULL, NULL};
	FlKmake make = {.cache_dir = build->cache_dir,
			.name = build->name,
			.obj = obj,
			.targets = targets,
			.log_path = build->log_path,
			.doing = "building",
			.jobs = build->jobs,
			.expected_steps = expected_steps(obj)};
	unsigned steps;

	if (!fl_worktree_switch(build->cache_dir, build->tree_id, cancel, error) ||
	    !fl_kresolve_config(build, cancel, &config, error) || !put_config(obj, config, error) ||
	    !fl_objtree_make(&make, cancel, &steps, error))
		return false;
	if (make.expected_steps && !note_steps(obj, steps, error))
		return false;
	if (!build_modules(build, make, cancel, error))
		return false;
	*ret_obj = g_steal_pointer(&obj);
	*ret_steps = steps;
	return true;
}
