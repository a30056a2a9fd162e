// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernels and initramfs for the flows: joins what the plan says with what the user added.
 */
#include "flow/prepare.h"

#include "base/hash.h"
#include "image/disk.h"
#include "image/initramfs.h"
#include "plan/manifest.h"

#include <string.h>

#define BUSYBOX "/bin/busybox"

static char **joined(char *const *first, const char *const *second)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	g_strv_builder_addv(builder, (const char **)first);
	if (second)
		g_strv_builder_addv(builder, (const char **)second);
	return g_strv_builder_end(builder);
}

/* A kernel that somebody else built: nothing is known of it but its bytes. */
static FlKernel *foreign_kernel(const char *image, GError **error)
{
	g_autofree char *hash = fl_hash_file(image, error);
	FlKernel *kernel;

	if (!hash)
		return NULL;
	kernel = g_new0(FlKernel, 1);
	kernel->key = g_strdup(hash);
	kernel->dir = g_path_get_dirname(image);
	kernel->bzimage = g_strdup(image);
	kernel->bzimage_sha256 = g_steal_pointer(&hash);
	kernel->inputs = json_pack("{s:s}", "image_sha256", kernel->bzimage_sha256);
	kernel->was_cached = true;
	return kernel;
}

FlKernel *fl_prepare_kernel(const FlSite *site, const FlPlanKernel *kernel, const FlPrepare *extra,
			    GError **error)
{
	g_auto(GStrv) patches = joined(kernel->patches, extra->patches);
	g_auto(GStrv) fragments = joined(kernel->fragments, extra->fragments);
	g_autofree char *modules = fl_site_path(site, "guest-tests/modules");
	FlKernelSpec spec = {
		.name = kernel->name,
		.tree = extra->tree,
		.revision = extra->revision,
		.patches = (const char *const *)patches,
		.fragments = (const char *const *)fragments,
		.modules_dir = modules,
		.cache_dir = site->cache_dir,
		.jobs = extra->jobs,
	};

	if (extra->image)
		return foreign_kernel(extra->image, error);
	return fl_kcache_get(&spec, site->cancel, error);
}

/* What the programs of a run are on the host. */
typedef struct {
	GArray *list;	/* of FlInitramfsProgram */
	GPtrArray *own; /* the strings that it borrows */
} Programs;

static void programs_clear(Programs *programs)
{
	g_array_unref(programs->list);
	g_ptr_array_unref(programs->own);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Programs, programs_clear)

static char *keep(Programs *programs, char *text)
{
	g_ptr_array_add(programs->own, text);
	return text;
}

static bool add_program(Programs *programs, const FlProgram *program, GError **error)
{
	const char *name = program->command[0];
	char *path = strchr(name, '/') ? g_strdup(name) : g_find_program_in_path(name);
	g_autofree char *in_guest = fl_program_guest_path(program);

	if (!path) {
		g_set_error(error, FL_FLOW_ERROR, FL_FLOW_ERROR_USAGE,
			    "[program %s] command: there is no \"%s\" in PATH", program->name,
			    name);
		return false;
	}
	if (!g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
		g_set_error(error, FL_FLOW_ERROR, FL_FLOW_ERROR_USAGE,
			    "[program %s] command: there is no %s; `%s` makes it", program->name,
			    path, program->made_by);
		g_free(path);
		return false;
	}
	FlInitramfsProgram packed = {
		.dir = keep(programs, g_path_get_dirname(in_guest)),
		.path = keep(programs, path),
		.files = (const char *const *)program->files,
	};
	g_array_append_val(programs->list, packed);
	return true;
}

bool fl_prepare_initramfs(const FlSite *site, const FlKernel *kernel, const GPtrArray *tests,
			  char **ret_path, char **ret_key, GError **error)
{
	g_autofree char *images = fl_site_path(site, "images");
	g_auto(Programs) programs = {g_array_new(FALSE, FALSE, sizeof(FlInitramfsProgram)),
				     g_ptr_array_new_with_free_func(g_free)};

	for (guint i = 0; tests && i < tests->len; i++) {
		const FlTest *test = g_ptr_array_index(tests, i);

		if (test->program && !add_program(&programs, test->program, error))
			return false;
	}
	FlInitramfsSpec spec = {
		.guest_dir = site->guest_dir,
		.images_dir = images,
		.busybox = BUSYBOX,
		.modules = kernel->modules,
		.cache_dir = site->cache_dir,
		.programs = (const FlInitramfsProgram *)(gpointer)programs.list->data,
		.n_programs = programs.list->len,
	};

	return fl_initramfs_get(&spec, ret_path, ret_key, error);
}

FlVmDisk *fl_prepare_vm_disks(const GPtrArray *disks)
{
	FlVmDisk *vm_disks = g_new0(FlVmDisk, disks->len + 1);

	for (guint i = 0; i < disks->len; i++) {
		const FlDisk *disk = g_ptr_array_index(disks, i);

		vm_disks[i] = (FlVmDisk){.name = disk->name,
					 .path = disk->path,
					 .iops = disk->iops,
					 .bps = disk->bps,
					 .size_mib = disk->size_mib};
	}
	return vm_disks;
}

unsigned fl_prepare_slowness_milli(const FlKernel *kernel)
{
	/* Measured or generous: a limit that is too long only delays the verdict on a hang. */
	static const struct {
		const char *option;
		unsigned milli;
	} checkers[] = {
		{"CONFIG_PROVE_LOCKING", 3000},
		{"CONFIG_KASAN", 3000},
		{"CONFIG_KCSAN", 6000},
		{"CONFIG_DEBUG_PAGEALLOC", 1500},
	};
	unsigned slowness = 1000;

	if (!kernel->config)
		return 3000;
	for (size_t i = 0; i < G_N_ELEMENTS(checkers); i++)
		if (fl_kcache_has_option(kernel->config, checkers[i].option))
			slowness = slowness * checkers[i].milli / 1000;
	return slowness;
}
