// SPDX-License-Identifier: GPL-2.0-only
/*
 * One part after the other, the cheap ones first: what is wrong with a request is told before a
 * kernel is built. How each is made is another file's.
 */
#include "flow/parts.h"

#include "base/fs.h"
#include "flow/places.h"
#include "image/disk.h"
#include "judge/rules.h"
#include "vm/plugin.h"

#include <string.h>

#define DETERMINISTIC_MEMORY_MAX_MIB 2048u

static void kernel_free(gpointer data)
{
	FlPartsKernel *kernel = data;

	fl_kcache_free(kernel->built);
	g_free(kernel->initramfs);
	g_strfreev(kernel->yields.places);
	g_free(kernel);
}

void fl_parts_clear(FlParts *parts)
{
	g_clear_pointer(&parts->accel, fl_accel_free);
	g_clear_pointer(&parts->tests, g_ptr_array_unref);
	g_clear_pointer(&parts->manifest, g_ptr_array_unref);
	g_clear_pointer(&parts->kernels, g_ptr_array_unref);
	g_clear_pointer(&parts->disks, g_ptr_array_unref);
}

static bool select_kernels(FlParts *parts, GError **error)
{
	g_autoptr(GPtrArray) plans =
		fl_request_kernels(parts->request->plan, parts->request->kernels, error);

	if (!plans)
		return false;
	parts->kernels = g_ptr_array_new_with_free_func(kernel_free);
	for (guint i = 0; i < plans->len; i++) {
		FlPartsKernel *kernel = g_new0(FlPartsKernel, 1);

		kernel->plan = g_ptr_array_index(plans, i);
		g_ptr_array_add(parts->kernels, kernel);
	}
	return true;
}

static bool select_tests(FlParts *parts, GError **error)
{
	const FlRunRequest *request = parts->request;
	g_autofree char *path = g_build_filename(parts->site->guest_dir, "manifest", NULL);

	parts->manifest = fl_manifest_load(path, error);
	if (!parts->manifest) {
		g_prefix_error(error, "the guest programs are not built, run make first: ");
		return false;
	}
	for (guint i = 0; i < request->plan->programs->len; i++) {
		const FlProgram *program = g_ptr_array_index(request->plan->programs, i);

		/* The others run only when --test names them. */
		if ((program->is_default || request->tests) &&
		    !fl_manifest_add_program(parts->manifest, program, error))
			return false;
	}
	parts->tests = fl_manifest_select(
		parts->manifest,
		request->tests ? request->tests : (const char *const *)request->plan->tests, error);
	return parts->tests != NULL;
}

/* An exception that has expired is told now, and not after the kernels were built. */
static bool check_splat_rules(const FlParts *parts, GError **error)
{
	g_autofree char *dir = fl_site_path(parts->site, "configs/splats");
	g_autoptr(FlRules) rules = fl_rules_load(dir, parts->site->today, error);

	return rules != NULL;
}

static bool choose_machine(FlParts *parts, GError **error)
{
	const FlRunRequest *request = parts->request;
	const FlSite *site = parts->site;

	parts->cpu_counts = request->cpus ? &request->cpus : request->plan->cpu_counts;
	parts->n_cpu_counts = request->cpus ? 1 : request->plan->n_cpu_counts;
	parts->memory_mib = request->memory_mib ? request->memory_mib : request->plan->memory_mib;
	/* QEMU's pc board has 3 GiB in one piece, and the disks are in it as well. */
	if (request->deterministic && parts->memory_mib > DETERMINISTIC_MEMORY_MAX_MIB) {
		g_set_error(error, FL_FLOW_ERROR, FL_FLOW_ERROR_USAGE,
			    "--deterministic: expected at most %u MiB of memory, found %u",
			    DETERMINISTIC_MEMORY_MAX_MIB, parts->memory_mib);
		return false;
	}
	parts->accel = fl_accel_choose(request->deterministic ? "tcg" : request->accel, site->qemu,
				       site->pause_plugin, site->cache_dir, site->cancel, error);
	return parts->accel &&
	       (!request->trace || fl_plugin_check(site->qemu, site->plugin, site->cancel, error));
}

static bool build_kernels(FlParts *parts, GError **error)
{
	for (guint i = 0; i < parts->kernels->len; i++) {
		FlPartsKernel *kernel = g_ptr_array_index(parts->kernels, i);
		g_autofree char *key = NULL;

		kernel->built =
			fl_prepare_kernel(parts->site, kernel->plan, &parts->request->extra, error);
		if (!kernel->built ||
		    !fl_prepare_initramfs(parts->site, kernel->built, parts->tests,
					  &kernel->initramfs, &key, error))
			return false;
		json_object_set_new(kernel->built->inputs, "initramfs", json_string(key));
	}
	return true;
}

static bool find_places(FlParts *parts, GError **error)
{
	unsigned depth = parts->request->yield_depth;

	for (guint i = 0; depth && i < parts->kernels->len; i++) {
		FlPartsKernel *kernel = g_ptr_array_index(parts->kernels, i);

		kernel->yields = (FlYields){.depth = depth, .hits = FL_YIELDS_HITS};
		kernel->yields.places = fl_places(parts->site, kernel->built, error);
		if (!kernel->yields.places)
			return false;
	}
	return true;
}

static bool make_disks(FlParts *parts, GError **error)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	g_autofree char *images = fl_site_path(parts->site, "images");
	g_auto(GStrv) names = NULL;

	for (guint i = 0; i < parts->tests->len; i++) {
		const FlTest *test = g_ptr_array_index(parts->tests, i);

		for (char **disk = test->disks; *disk; disk++)
			if (g_hash_table_add(seen, *disk))
				g_strv_builder_add(builder, *disk);
	}
	names = g_strv_builder_end(builder);
	FlDiskSpec spec = {
		.self = parts->site->self,
		.images_dir = images,
		.cache_dir = parts->site->cache_dir,
		.force_tcg = strcmp(parts->accel->name, "kvm") != 0,
		.names = (const char *const *)names,
	};
	parts->disks = fl_disk_get(&spec, parts->site->cancel, error);
	return parts->disks != NULL;
}

bool fl_parts_get(FlParts *parts, const FlSite *site, const FlRunRequest *request, GError **error)
{
	*parts = (FlParts){.site = site, .request = request};
	return fl_fs_mkdir(site->cache_dir, error) && select_kernels(parts, error) &&
	       select_tests(parts, error) && check_splat_rules(parts, error) &&
	       choose_machine(parts, error) && build_kernels(parts, error) &&
	       find_places(parts, error) && make_disks(parts, error);
}
