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

/* A .config that is written anew, even with the same content, would cost time. */
static bool put_config(const char *obj, const char *config, GError **error)
{
	g_autofree char *path = g_build_filename(obj, ".config", NULL);
	g_autofree char *old = NULL;

	if (g_file_get_contents(path, &old, NULL, NULL) && g_str_equal(old, config))
		return true;
	return fl_fs_write(path, config, strlen(config), error);
}

/* ---- the guest's modules ---- */

/*
 * They need of the kernel no more than its headers and symbols, so one make builds them while it
 * links the kernel. GNU make reads this file before the kernel's Makefile, which may call itself
 * once or twice before it builds (need-sub-make, its line 229 in 6.12); modpost writes the symbols.
 */
#define MODULES_TARGET "faultline-modules"
static const char MODULES_RULE[] =
	"ifneq ($(filter " MODULES_TARGET ",$(MAKECMDGOALS)),)\n"
	".SECONDEXPANSION:\n"
	".PHONY: " MODULES_TARGET " build-" MODULES_TARGET "\n" MODULES_TARGET
	": $$(if $$(need-sub-make),,build-" MODULES_TARGET ")\n"
	"build-" MODULES_TARGET ": modpost modules_prepare\n"
	"\t+@env -u sub_make_done $(MAKE) -f $(srctree)/Makefile M=$(O)/" MODULES_TARGET
	" modules\n"
	"endif\n";

char *fl_kbuild_modules(const char *obj)
{
	return g_build_filename(obj, MODULES_TARGET, NULL);
}

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

/* The sources in the object tree are those of the folder now. */
static bool put_modules(const FlKbuild *build, const char *obj, GError **error)
{
	g_autofree char *dir = fl_kbuild_modules(obj);
	g_autofree char *stamp = g_build_filename(dir, ".faultline-hash", NULL);
	g_autofree char *old = NULL;

	if (!build->modules_dir)
		return fl_fs_remove(dir, error);
	if (g_file_get_contents(stamp, &old, NULL, NULL) && g_str_equal(old, build->modules_hash))
		return true;
	return copy_modules(build->modules_dir, dir, error) &&
	       fl_fs_write(stamp, build->modules_hash, strlen(build->modules_hash), error);
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

/* Everything in the object tree that make shall find there. */
static bool prepare(const FlKbuild *build, const char *obj, const char *config, const char *rules,
		    GError **error)
{
	return fl_objtree_begin(obj, error) && put_config(obj, config, error) &&
	       put_modules(build, obj, error) &&
	       fl_fs_write(rules, MODULES_RULE, strlen(MODULES_RULE), error);
}

bool fl_kbuild_run(const FlKbuild *build, GCancellable *cancel, char **ret_obj, unsigned *ret_steps,
		   GError **error)
{
	g_autofree char *obj = object_tree(build);
	g_autofree char *rules = g_strconcat(obj, ".mk", NULL);
	g_autofree char *config = NULL;
	const char *bare[] = {"bzImage", NULL};
	/* "modules" makes the linker script that the guest's modules need. */
	const char *all[] = {"bzImage", "modules", MODULES_TARGET, NULL};
	FlKmake make = {.cache_dir = build->cache_dir,
			.name = build->name,
			.obj = obj,
			.targets = build->modules_dir ? all : bare,
			.rules_path = rules,
			.log_path = build->log_path,
			.doing = "building",
			.jobs = build->jobs,
			.expected_steps = expected_steps(obj)};
	unsigned steps;

	if (!fl_worktree_switch(build->cache_dir, build->tree_id, cancel, error) ||
	    !fl_kresolve_config(build, cancel, &config, error) ||
	    !prepare(build, obj, config, rules, error) ||
	    !fl_objtree_make(&make, cancel, &steps, error))
		return false;
	if (make.expected_steps && !note_steps(obj, steps, error))
		return false;
	*ret_obj = g_steal_pointer(&obj);
	*ret_steps = steps;
	return true;
}
