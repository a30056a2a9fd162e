// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the parts and a guest's record to the object. Where something is missing here, two runs that
 * differ would have one key.
 */
#include "flow/inputs.h"

#include "base/hash.h"
#include "base/json.h"
#include "image/disk.h"

json_t *fl_inputs_machine(const FlParts *parts, const FlKernel *kernel)
{
	json_t *disks = json_object();
	json_t *images = json_array();
	json_t *limits = json_object();

	for (guint i = 0; i < parts->disks->len; i++) {
		const FlDisk *disk = g_ptr_array_index(parts->disks, i);

		json_object_set_new(disks, disk->name, json_string(disk->key));
		json_array_append_new(images, json_pack("{s:s, s:s}", "name", disk->name, "sha256",
							disk->sha256));
		if (disk->iops || disk->bps)
			json_object_set_new(limits, disk->name,
					    json_pack("{s:I, s:I}", "iops", (json_int_t)disk->iops,
						      "bps", (json_int_t)disk->bps));
	}
	return json_pack("{s:O, s:s, s:s, s:o, s:o, s:o, s:s}", "kernel", kernel->inputs,
			 "kernel_key", kernel->key, "bzimage_sha256", kernel->bzimage_sha256,
			 "disks", disks, "disk_images", images, "disk_limits", limits, "qemu",
			 parts->accel->qemu_version);
}

/* How the programs were called; what they are is in the key of the initramfs. */
static json_t *programs_of(const FlParts *parts)
{
	json_t *programs = json_object();

	for (guint i = 0; i < parts->tests->len; i++) {
		const FlTest *test = g_ptr_array_index(parts->tests, i);
		g_autofree char *command =
			test->program ? g_strjoinv(" ", test->program->command) : NULL;

		if (command)
			json_object_set_new(programs, test->name, fl_json_string(command));
	}
	return programs;
}

static json_t *yields_of(const FlYields *yields)
{
	return json_pack("{s:s, s:i, s:i, s:o}", "strategy", "points", "depth", (int)yields->depth,
			 "hits", (int)yields->hits, "places", fl_json_strings(yields->places));
}

json_t *fl_inputs_guest(const FlParts *parts, const FlPartsKernel *kernel,
			const FlGuestRecord *guest)
{
	json_t *inputs = fl_inputs_machine(parts, kernel->built);
	json_t *tests = json_array();

	for (char **test = guest->tests; *test; test++)
		json_array_append_new(tests, json_string(*test));
	json_object_set_new(inputs, "tests", tests);
	json_object_set_new(inputs, "programs", programs_of(parts));
	json_object_set_new(inputs, "accel", json_string(guest->accel));
	json_object_set_new(inputs, "cpus", json_integer(guest->cpus));
	json_object_set_new(inputs, "memory_mib", json_integer(guest->memory_mib));
	json_object_set_new(inputs, "deterministic", json_boolean(guest->deterministic));
	json_object_set_new(inputs, "effort", json_integer(parts->request->plan->effort));
	json_object_set_new(inputs, "time_scale_milli", json_integer(guest->time_scale_milli));
	json_object_set_new(inputs, "seed", json_integer((json_int_t)guest->seed));
	json_object_set_new(inputs, "nonce", json_string(guest->nonce));
	if (guest->snapshot)
		json_object_set_new(inputs, "snapshot",
				    json_pack("{s:s, s:s}", "key", guest->snapshot, "sha256",
					      guest->snapshot_sha256));
	if (kernel->yields.places)
		json_object_set_new(inputs, "yields", yields_of(&kernel->yields));
	return inputs;
}

char *fl_inputs_key(const GPtrArray *inputs)
{
	g_autoptr(json_t) all = json_array();

	for (guint i = 0; i < inputs->len; i++) {
		json_t *seedless = json_copy(g_ptr_array_index(inputs, i));

		json_object_del(seedless, "seed");
		json_object_del(seedless, "nonce");
		json_array_append_new(all, seedless);
	}
	return fl_hash_json(all);
}
