// SPDX-License-Identifier: GPL-2.0-only
/*
 * What decides what a guest does is in its inputs; of that, only the seed is not in the key.
 */
#include "flow/inputs.h"
#include "tests/parts-fixture.h"

#include "base/json.h"

static json_t *inputs_of(const PartsFixture *fixture, uint64_t seed, bool restored)
{
	g_autoptr(FlGuestRecord) guest = fl_record_guest_new("patched", 1);
	static const char *const tests[] = {"vma/split", NULL};

	guest->tests = g_strdupv((char **)tests);
	guest->accel = g_strdup(fixture->accel.name);
	guest->cpus = fixture->cpu_counts[0];
	guest->memory_mib = fixture->parts.memory_mib;
	guest->deterministic = fixture->request.deterministic;
	guest->time_scale_milli = fixture->accel.speed_milli;
	guest->seed = seed;
	guest->nonce = g_strdup_printf("nonce of %d", (int)seed);
	if (restored) {
		guest->snapshot = g_strdup("s1");
		guest->snapshot_sha256 = g_strdup("5e");
	}
	return fl_inputs_guest(&fixture->parts, &fixture->kernel, guest);
}

static char *key_of(const PartsFixture *fixture, uint64_t seed, bool restored)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);

	g_ptr_array_add(all, inputs_of(fixture, seed, restored));
	return fl_inputs_key(all);
}

static void the_seed_is_not_in_the_key(void)
{
	g_auto(PartsFixture) fixture = {0};
	g_autofree char *one = NULL, *other = NULL;

	parts_fixture_init(&fixture);
	one = key_of(&fixture, 7, false);
	other = key_of(&fixture, 8, false);
	g_assert_cmpstr(one, ==, other);
}

static void the_key_leaves_the_inputs_whole(void)
{
	g_auto(PartsFixture) fixture = {0};
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);
	g_autofree char *key = NULL;

	parts_fixture_init(&fixture);
	g_ptr_array_add(all, inputs_of(&fixture, 7, false));
	key = fl_inputs_key(all);
	g_assert_cmpint(json_integer_value(json_object_get(all->pdata[0], "seed")), ==, 7);
	g_assert_cmpstr(json_string_value(json_object_get(all->pdata[0], "nonce")), ==,
			"nonce of 7");
}

static void another_kernel(PartsFixture *fixture)
{
	fixture->built.key = (char *)"k2";
}

static void another_state(PartsFixture *fixture)
{
	json_object_set_new(fixture->built.inputs, "state", json_string("s2"));
}

static void another_image(PartsFixture *fixture)
{
	fixture->built.bzimage_sha256 = (char *)"f00d";
}

static void another_disk(PartsFixture *fixture)
{
	fixture->disk.key = (char *)"d2";
}

static void other_bytes_of_a_disk(PartsFixture *fixture)
{
	fixture->disk.sha256 = (char *)"bead";
}

static void a_slower_disk(PartsFixture *fixture)
{
	fixture->disk.iops = 50;
}

static void a_narrower_disk(PartsFixture *fixture)
{
	fixture->disk.bps = 1 << 20;
}

static void another_qemu(PartsFixture *fixture)
{
	fixture->accel.qemu_version = (char *)"8.0";
}

static void another_accelerator(PartsFixture *fixture)
{
	fixture->accel.name = (char *)"kvm";
}

static void a_slower_one(PartsFixture *fixture)
{
	fixture->accel.speed_milli = 2000;
}

static void another_program(PartsFixture *fixture)
{
	static char *command[] = {(char *)"/bin/true", (char *)"-v", NULL};

	fixture->program.command = command;
}

static void more_vcpus(PartsFixture *fixture)
{
	fixture->cpu_counts[0] = 8;
}

static void more_memory(PartsFixture *fixture)
{
	fixture->parts.memory_mib = 1024;
}

static void a_counted_clock(PartsFixture *fixture)
{
	fixture->request.deterministic = true;
}

static void more_effort(PartsFixture *fixture)
{
	fixture->plan.effort = 2;
}

static char *place[] = {(char *)"do_fault+0x1b", NULL};

static void yields(PartsFixture *fixture)
{
	fixture->kernel.yields = (FlYields){.depth = 3, .hits = 64, .places = place};
}

static void rarer_yields(PartsFixture *fixture)
{
	fixture->kernel.yields = (FlYields){.depth = 2, .hits = 64, .places = place};
}

static void longer_schedules(PartsFixture *fixture)
{
	fixture->kernel.yields = (FlYields){.depth = 3, .hits = 128, .places = place};
}

static void yields_elsewhere(PartsFixture *fixture)
{
	static char *elsewhere[] = {(char *)"do_fault+0x2b", NULL};

	fixture->kernel.yields = (FlYields){.depth = 3, .hits = 64, .places = elsewhere};
}

static void (*const changes[])(PartsFixture *) = {
	another_kernel,	       another_state,	 another_image,	  another_disk,
	other_bytes_of_a_disk, a_slower_disk,	 a_narrower_disk, another_qemu,
	another_accelerator,   a_slower_one,	 another_program, more_vcpus,
	more_memory,	       a_counted_clock,	 more_effort,	  yields,
	rarer_yields,	       longer_schedules, yields_elsewhere};

static void each_change_has_its_key(void)
{
	g_autoptr(GHashTable) keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
		g_auto(PartsFixture) fixture = {0};

		parts_fixture_init(&fixture);
		if (i == 0) {
			g_assert_true(g_hash_table_add(keys, key_of(&fixture, 7, false)));
			g_assert_true(g_hash_table_add(keys, key_of(&fixture, 7, true)));
		}
		changes[i](&fixture);
		g_test_message("change %zu", i);
		g_assert_true(g_hash_table_add(keys, key_of(&fixture, 7, false)));
	}
}

static void a_machine_has_neither_tests_nor_seed(void)
{
	g_auto(PartsFixture) fixture = {0};
	g_autoptr(json_t) machine = NULL;
	g_autoptr(json_t) guest = NULL;
	const char *key;
	json_t *value;

	parts_fixture_init(&fixture);
	machine = fl_inputs_machine(&fixture.parts, &fixture.built);
	guest = inputs_of(&fixture, 7, false);
	g_assert_null(json_object_get(machine, "tests"));
	g_assert_null(json_object_get(machine, "seed"));
	g_assert_null(json_object_get(machine, "nonce"));
	json_object_foreach(machine, key, value) {
		g_assert_true(json_equal(value, json_object_get(guest, key)));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/inputs/the-seed-is-not-in-the-key", the_seed_is_not_in_the_key);
	g_test_add_func("/inputs/the-key-leaves-the-inputs-whole", the_key_leaves_the_inputs_whole);
	g_test_add_func("/inputs/each-change-has-its-key", each_change_has_its_key);
	g_test_add_func("/inputs/a-machine-has-neither-tests-nor-seed",
			a_machine_has_neither_tests_nor_seed);
	return g_test_run();
}
