/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's root file system.
 *
 *     /init                 the guest's first process
 *     /bin/ft-tests         all tests, one program
 *     /bin/busybox, links   the shell, commands as listed in images/busybox.list
 *     /lib/modules/X.ko     modules of the kernel under test, flat
 *     /programs/NAME/       programs of a plan with their files; their libraries at the paths
 *                           that they have on the host
 *     /fl                   where the orders of the run come to lie (a second archive)
 *     /dev /proc /sys /tmp /mnt /root, /etc/passwd, /etc/group
 *
 * Inputs are read once, and the bytes that were hashed are the bytes that are packed: a build
 * that runs beside this one cannot put a new program under an old key. Not compressed, since
 * unpacking costs more under TCG than loading.
 */
#include "image/initramfs.h"

#include <string.h>

#include "base/attic.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/json.h"
#include "fl_wire.h"
#include "image/cpio.h"
#include "image/libs.h"

/* Goes up when the layout changes in a way that the entries do not show. */
#define RECIPE_VERSION 1

#define KEPT 200 /* files: archives of about 5 MB, and an explanation of each */

#define REMEDY_GUEST   "run `make guest`"
#define REMEDY_BUSYBOX "apt-get install busybox-static"
#define REMEDY_TREE    "it is part of faultline, restore it from git"
#define REMEDY_MODULES "build the modules of this kernel again"

static bool add_program(FlCpio *cpio, const char *to, const char *from, const char *remedy,
			GError **error)
{
	g_autoptr(GBytes) program = fl_image_load_program(from, remedy, error);

	if (!program)
		return false;
	fl_cpio_add_file(cpio, to, 0755, program);
	return true;
}

static bool add_guest_programs(FlCpio *cpio, const char *guest_dir, GError **error)
{
	g_autofree char *init = g_build_filename(guest_dir, "init", NULL);
	g_autofree char *tests = g_build_filename(guest_dir, "ft-tests", NULL);

	return add_program(cpio, "init", init, REMEDY_GUEST, error) &&
	       add_program(cpio, "bin/ft-tests", tests, REMEDY_GUEST, error);
}

/* A command may not shadow a file of ours, and what is no file name is a slip in the list. */
static bool is_command(const char *name)
{
	return !strchr(name, '/') && g_str_is_ascii(name) && !g_str_equal(name, "busybox") &&
	       !g_str_equal(name, "ft-tests") && name[0] != '.';
}

static bool add_commands(FlCpio *cpio, const char *line, GError **error)
{
	g_auto(GStrv) names = g_strsplit_set(line, " \t", -1);

	for (char **name = names; *name; name++) {
		g_autofree char *path = g_build_filename("bin", *name, NULL);

		if (!**name)
			continue;
		if (!is_command(*name)) {
			g_set_error(error, FL_IMAGE_ERROR, FL_IMAGE_ERROR_FAILED,
				    "\"%s\" cannot be a command of busybox", *name);
			return false;
		}
		fl_cpio_add_link(cpio, path, "busybox");
	}
	return true;
}

static bool add_shell(FlCpio *cpio, const FlInitramfsSpec *spec, GError **error)
{
	g_autofree char *path = g_build_filename(spec->images_dir, "busybox.list", NULL);
	g_autoptr(GBytes) list = NULL;
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!add_program(cpio, "bin/busybox", spec->busybox, REMEDY_BUSYBOX, error))
		return false;
	list = fl_image_load(path, REMEDY_TREE, error);
	if (!list)
		return false;
	text = g_strndup(g_bytes_get_data(list, NULL), g_bytes_get_size(list));
	lines = g_strsplit(text, "\n", -1);
	for (unsigned i = 0; lines[i]; i++)
		if (lines[i][0] != '#' && !add_commands(cpio, lines[i], error)) {
			g_prefix_error(error, "%s:%u: ", path, i + 1);
			return false;
		}
	return true;
}

static bool add_module(FlCpio *cpio, const char *dir, const char *name, GError **error)
{
	g_autofree char *from = g_build_filename(dir, name, NULL);
	g_autofree char *to = g_build_filename("lib/modules", name, NULL);
	g_autoptr(GBytes) module = fl_image_load(from, REMEDY_MODULES, error);

	if (!module)
		return false;
	fl_cpio_add_file(cpio, to, 0644, module);
	return true;
}

/* Only *.ko: the folder may be one in which the modules were built. */
static bool add_modules(FlCpio *cpio, const char *path, GError **error)
{
	g_autoptr(GDir) dir = NULL;
	const char *name;

	fl_cpio_add_dir(cpio, "lib/modules", 0755);
	if (!path)
		return true;
	dir = g_dir_open(path, 0, error);
	if (!dir)
		return false;
	while ((name = g_dir_read_name(dir)))
		if (g_str_has_suffix(name, ".ko") && g_str_is_ascii(name) &&
		    !add_module(cpio, path, name, error))
			return false;
	return true;
}

static bool add_host_file(FlCpio *cpio, const char *to, const char *from, unsigned mode,
			  GError **error)
{
	g_autoptr(GBytes) content = fl_image_load(from, "the plan names it", error);

	if (!content)
		return false;
	fl_cpio_add_file(cpio, to + strspn(to, "/"), mode, content);
	return true;
}

static bool add_beside(FlCpio *cpio, const char *dir, const char *from, GError **error)
{
	g_autofree char *name = g_path_get_basename(from);
	g_autofree char *to = g_build_filename(dir, name, NULL);
	/* All are executable: what is only read does not mind. */
	return add_host_file(cpio, to, from, 0755, error);
}

static bool add_foreign(FlCpio *cpio, const FlInitramfsProgram *program, GError **error)
{
	g_autoptr(GPtrArray) libs = fl_libs_list(program->path, error);

	if (!libs)
		return false;
	for (guint i = 0; i < libs->len; i++) {
		const char *path = g_ptr_array_index(libs, i);

		if (!add_host_file(cpio, path, path, 0755, error))
			return false;
	}
	for (const char *const *file = program->files; file && *file; file++)
		if (!add_beside(cpio, program->dir, *file, error))
			return false;
	return add_beside(cpio, program->dir, program->path, error);
}

static bool add_programs(FlCpio *cpio, const FlInitramfsSpec *spec, GError **error)
{
	for (size_t i = 0; i < spec->n_programs; i++)
		if (!add_foreign(cpio, &spec->programs[i], error)) {
			g_prefix_error(error, "%s: ", spec->programs[i].dir);
			return false;
		}
	return true;
}

static void add_skeleton(FlCpio *cpio)
{
	static const char *const dirs[] = {"dev", "proc", "sys", "mnt", "fl"};

	for (size_t i = 0; i < G_N_ELEMENTS(dirs); i++)
		fl_cpio_add_dir(cpio, dirs[i], 0755);
	fl_cpio_add_dir(cpio, "root", 0700);
	fl_cpio_add_dir(cpio, "tmp", 01777);
	/* The kernel opens it for /init before anything could mount devtmpfs. */
	fl_cpio_add_chardev(cpio, "dev/console", 0600, 5, 1);
	fl_cpio_add_text(cpio, "etc/passwd", 0644, "root:x:0:0:root:/root:/bin/sh\n");
	fl_cpio_add_text(cpio, "etc/group", 0644, "root:x:0:\n");
}

static FlCpio *collect(const FlInitramfsSpec *spec, GError **error)
{
	g_autoptr(FlCpio) cpio = fl_cpio_new();

	add_skeleton(cpio);
	if (!add_guest_programs(cpio, spec->guest_dir, error) || !add_shell(cpio, spec, error) ||
	    !add_modules(cpio, spec->modules, error) || !add_programs(cpio, spec, error))
		return NULL;
	return g_steal_pointer(&cpio);
}

/* The archive comes last: where it is, its explanation is too. */
static bool publish(const FlCpio *cpio, const json_t *inputs, const char *dir, const char *path,
		    const char *json, GError **error)
{
	g_autoptr(GBytes) bytes = fl_cpio_bytes(cpio, error);

	if (!bytes || !fl_fs_mkdir(dir, error) || !fl_json_write(json, inputs, error) ||
	    !fl_fs_write(path, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), error))
		return false;
	fl_attic_trim(dir, KEPT);
	return true;
}

bool fl_initramfs_get(const FlInitramfsSpec *spec, char **ret_path, char **ret_key, GError **error)
{
	g_autoptr(FlCpio) cpio = collect(spec, error);
	g_autofree char *dir = g_build_filename(spec->cache_dir, "initramfs", NULL);
	g_autofree char *key = NULL;
	g_autofree char *path = NULL;
	g_autofree char *json = NULL;
	g_autoptr(json_t) inputs = NULL;

	if (!cpio)
		return false;
	inputs = json_pack("{s:i, s:o}", "recipe", RECIPE_VERSION, "entries", fl_cpio_inputs(cpio));
	key = fl_hash_json(inputs);
	path = g_strdup_printf("%s/%s.cpio", dir, key);
	json = g_strdup_printf("%s/%s.json", dir, key);
	if (!g_file_test(path, G_FILE_TEST_IS_REGULAR) &&
	    !publish(cpio, inputs, dir, path, json, error))
		return false;
	fl_attic_mark_used(path);
	fl_attic_mark_used(json);
	*ret_path = g_steal_pointer(&path);
	*ret_key = g_steal_pointer(&key);
	return true;
}

bool fl_initramfs_with_orders(const char *base, const char *orders, const char *to, GError **error)
{
	g_autoptr(FlCpio) cpio = fl_cpio_new();
	g_autoptr(GBytes) first = fl_image_load(base, "the cache was cleaned, run again", error);
	g_autoptr(GBytes) second = NULL;
	g_autoptr(GByteArray) whole = g_byte_array_new();

	if (!first)
		return false;
	fl_cpio_add_text(cpio, &FL_WIRE_ORDERS_PATH[1], 0444, orders);
	second = fl_cpio_bytes(cpio, error);
	if (!second)
		return false;
	g_byte_array_append(whole, g_bytes_get_data(first, NULL), (guint)g_bytes_get_size(first));
	/* The unpacker skips zeros between archives and wants the next one at a multiple of 4. */
	while (whole->len % 4)
		g_byte_array_append(whole, (const guint8 *)"", 1);
	g_byte_array_append(whole, g_bytes_get_data(second, NULL), (guint)g_bytes_get_size(second));
	return fl_fs_write(to, (const char *)whole->data, whole->len, error);
}
