// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which guests a run has, and what each of them runs.
 */
#include "flow/guests.h"
#include "tests/parts-fixture.h"

#include "base/fs.h"

#include <string.h>

static FlSnapshot snapshot = {.key = (char *)"s1", .sha256 = (char *)"5e"};

/* A fixture and the guests that are made of it. */
typedef struct {
	PartsFixture fixture;
	FlRunRecord *record;
	GPtrArray *snapshots; /* or NULL */
	FlGuests guests;
} World;

static void set_up(World *world, gconstpointer data)
{
	(void)data;
	parts_fixture_init(&world->fixture);
	world->record = fl_record_new("r");
}

static void tear_down(World *world, gconstpointer data)
{
	(void)data;
	fl_guests_clear(&world->guests);
	g_clear_pointer(&world->snapshots, g_ptr_array_unref);
	fl_record_free(world->record);
	parts_fixture_clear(&world->fixture);
}

static void make(World *world, uint64_t seed, unsigned n_repeats)
{
	FlGuestsSpec spec = {.parts = &world->fixture.parts,
			     .snapshots = world->snapshots,
			     .record = world->record};

	fl_guests_make(&spec, seed, n_repeats, &world->guests);
	g_assert_cmpuint(world->guests.setups->len, ==, world->record->guests->len);
	g_assert_cmpuint(world->guests.inputs->len, ==, world->record->guests->len);
	g_assert_cmpuint(world->guests.tests->len, ==, world->record->guests->len);
}

static void restore(World *world, FlSnapshot *from)
{
	world->snapshots = g_ptr_array_new();
	g_ptr_array_add(world->snapshots, from);
}

static const FlGuestRecord *record_of(const World *world, guint i)
{
	return world->record->guests->pdata[i];
}

static const FlTrialSetup *setup_of(const World *world, guint i)
{
	return &g_array_index(world->guests.setups, FlTrialSetup, i);
}

/* "LABEL SEED TEST,TEST" for each guest, with blanks between. */
static void check(const World *world, const char *expected)
{
	g_autoptr(GString) found = g_string_new(NULL);

	for (guint i = 0; i < world->record->guests->len; i++) {
		const FlGuestRecord *guest = record_of(world, i);
		g_autofree char *tests = g_strjoinv(",", guest->tests);

		g_string_append_printf(found, "%s%s %d %s", i ? "; " : "", guest->label,
				       (int)guest->seed, tests);
		g_assert_true(setup_of(world, i)->guest == guest);
		g_assert_true(setup_of(world, i)->inputs == world->guests.inputs->pdata[i]);
		g_assert_cmpuint(setup_of(world, i)->tests->len, ==, g_strv_length(guest->tests));
	}
	g_assert_cmpstr(found->str, ==, expected);
}

static void each_repeat_has_the_next_seed(World *world, gconstpointer data)
{
	(void)data;
	make(world, 7, 2);
	check(world, "patched 7 vma/split,alien; patched.2 8 vma/split,alien");
	g_assert_cmpstr(record_of(world, 0)->key, ==, "k1");
	g_assert_cmpstr(setup_of(world, 0)->initramfs, ==, "/i1");
	g_assert_null(record_of(world, 0)->snapshot);
}

static void each_number_of_vcpus_is_a_guest(World *world, gconstpointer data)
{
	(void)data;
	world->fixture.parts.n_cpu_counts = 2;
	make(world, 7, 2);
	check(world, "patched-2cpu 7 vma/split,alien; patched-4cpu 7 vma/split,alien; "
		     "patched.2-2cpu 8 vma/split,alien; patched.2-4cpu 8 vma/split,alien");
	g_assert_cmpuint(record_of(world, 0)->cpus, ==, 2);
	g_assert_cmpuint(record_of(world, 3)->cpus, ==, 4);
}

static void a_seed_has_one_nonce_whatever_the_repeat(World *world, gconstpointer data)
{
	const FlPartsKernel *kernel = &world->fixture.kernel;
	g_autoptr(FlGuestRecord) second =
		fl_guests_describe(&world->fixture.parts, kernel, 2, 7, 2);
	g_autoptr(FlGuestRecord) alone = fl_guests_describe(&world->fixture.parts, kernel, 2, 8, 1);
	g_autoptr(FlGuestRecord) other = fl_guests_describe(&world->fixture.parts, kernel, 2, 7, 1);

	(void)data;
	g_assert_cmpstr(second->nonce, ==, alone->nonce);
	g_assert_cmpstr(second->nonce, !=, other->nonce);
}

static void restored_guests_go_on_from_their_boot(World *world, gconstpointer data)
{
	(void)data;
	restore(world, &snapshot);
	make(world, 7, 1);
	check(world, "patched 7 vma/split,alien");
	g_assert_true(setup_of(world, 0)->snapshot == &snapshot);
	g_assert_cmpstr(record_of(world, 0)->snapshot, ==, "s1");
	g_assert_cmpstr(record_of(world, 0)->snapshot_sha256, ==, "5e");
}

static void isolated_tests_have_a_guest_each(World *world, gconstpointer data)
{
	(void)data;
	world->fixture.request.isolate = true;
	restore(world, &snapshot);
	make(world, 7, 1);
	check(world, "patched+vma_split 7 vma/split; patched+alien 7 alien");
	g_assert_cmpstr(record_of(world, 0)->nonce, !=, record_of(world, 1)->nonce);
	for (guint i = 0; i < 2; i++) {
		g_assert_true(setup_of(world, i)->snapshot == &snapshot);
		g_assert_cmpstr(record_of(world, i)->snapshot, ==, "s1");
	}
}

static void without_a_boot_to_go_on_from_nothing_is_isolated(World *world, gconstpointer data)
{
	(void)data;
	world->fixture.request.isolate = true;
	restore(world, NULL);
	make(world, 7, 1);
	check(world, "patched 7 vma/split,alien");
	g_assert_null(setup_of(world, 0)->snapshot);
}

static void what_does_not_apply_is_noted_once(World *world, gconstpointer data)
{
	(void)data;
	world->fixture.request.isolate = true;
	world->fixture.tests[1].cpus = 3;
	restore(world, &snapshot);
	make(world, 7, 1);
	check(world, "patched+vma_split 7 vma/split");
	g_assert_cmpuint(record_of(world, 0)->skipped->len, ==, 1);
}

static void a_guest_with_nothing_to_run_does_not_go_on(World *world, gconstpointer data)
{
	(void)data;
	world->fixture.request.isolate = true;
	world->fixture.tests[0].cpus = world->fixture.tests[1].cpus = 3;
	restore(world, &snapshot);
	make(world, 7, 1);
	check(world, "patched 7 ");
	g_assert_null(setup_of(world, 0)->snapshot);
	g_assert_cmpuint(record_of(world, 0)->skipped->len, ==, 2);
}

static void check_skipped(World *world, const char *expected)
{
	const FlGuestRecord *guest;
	const FlTestResult *skipped;

	make(world, 7, 1);
	check(world, "patched 7 alien");
	guest = record_of(world, 0);
	g_assert_cmpuint(guest->skipped->len, ==, 1);
	skipped = guest->skipped->pdata[0];
	g_assert_cmpstr(skipped->name, ==, "vma/split");
	g_assert_cmpstr(skipped->reason, ==, expected);
}

static void too_few_vcpus(World *world, gconstpointer data)
{
	(void)data;
	world->fixture.tests[0].cpus = 3;
	check_skipped(world, "needs 3 vCPUs, this guest has 2");
}

static void too_little_memory(World *world, gconstpointer data)
{
	(void)data;
	world->fixture.tests[0].memory_mib = 1024;
	check_skipped(world, "needs 1024 MiB of memory, this guest has 512");
}

static void no_module(World *world, gconstpointer data)
{
	static char *modules[] = {(char *)"fl_probe", NULL};

	(void)data;
	world->fixture.tests[0].modules = modules;
	check_skipped(world, "needs the module fl_probe, which is only built with a kernel of our "
			     "own");
}

static void no_option(World *world, gconstpointer data)
{
	static char *options[] = {(char *)"CONFIG_SMP", (char *)"CONFIG_TMPFS", NULL};
	static const char config[] = "CONFIG_SMP=y\n# CONFIG_TMPFS is not set\n";
	g_autofree char *dir = g_dir_make_tmp("fl-guests-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "config", NULL);

	(void)data;
	g_assert_true(fl_fs_write(path, config, strlen(config), NULL));
	world->fixture.built.config = path;
	world->fixture.tests[0].config = options;
	check_skipped(world, "needs CONFIG_TMPFS, which this kernel is not built with");
	g_assert_true(fl_fs_remove(dir, NULL));
}

static void the_options_of_a_foreign_kernel_are_not_known(World *world, gconstpointer data)
{
	static char *options[] = {(char *)"CONFIG_TMPFS", NULL};

	(void)data;
	world->fixture.tests[0].config = options;
	make(world, 7, 1);
	check(world, "patched 7 vma/split,alien");
}

static void traces_and_yields_are_asked_for(World *world, gconstpointer data)
{
	static char *places[] = {(char *)"do_fault+0x1b", NULL};

	(void)data;
	make(world, 7, 1);
	g_assert_null(setup_of(world, 0)->trace);
	g_assert_null(setup_of(world, 0)->yields);
	fl_guests_clear(&world->guests);
	g_ptr_array_set_size(world->record->guests, 0);
	world->fixture.request.trace = true;
	world->fixture.kernel.yields = (FlYields){.depth = 3, .hits = 64, .places = places};
	make(world, 7, 1);
	g_assert_false(setup_of(world, 0)->trace->keeps_blocks);
	g_assert_true(setup_of(world, 0)->yields == &world->fixture.kernel.yields);
}

#define GUESTS_TEST(name, function) \
	g_test_add("/guests/" name, World, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	GUESTS_TEST("each-repeat-has-the-next-seed", each_repeat_has_the_next_seed);
	GUESTS_TEST("each-number-of-vcpus-is-a-guest", each_number_of_vcpus_is_a_guest);
	GUESTS_TEST("a-seed-has-one-nonce-whatever-the-repeat",
		    a_seed_has_one_nonce_whatever_the_repeat);
	GUESTS_TEST("restored-guests-go-on-from-their-boot", restored_guests_go_on_from_their_boot);
	GUESTS_TEST("isolated-tests-have-a-guest-each", isolated_tests_have_a_guest_each);
	GUESTS_TEST("without-a-boot-to-go-on-from-nothing-is-isolated",
		    without_a_boot_to_go_on_from_nothing_is_isolated);
	GUESTS_TEST("what-does-not-apply-is-noted-once", what_does_not_apply_is_noted_once);
	GUESTS_TEST("a-guest-with-nothing-to-run-does-not-go-on",
		    a_guest_with_nothing_to_run_does_not_go_on);
	GUESTS_TEST("too-few-vcpus", too_few_vcpus);
	GUESTS_TEST("too-little-memory", too_little_memory);
	GUESTS_TEST("no-module", no_module);
	GUESTS_TEST("no-option", no_option);
	GUESTS_TEST("the-options-of-a-foreign-kernel-are-not-known",
		    the_options_of_a_foreign_kernel_are_not_known);
	GUESTS_TEST("traces-and-yields-are-asked-for", traces_and_yields_are_asked_for);
	return g_test_run();
}
