// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is wrong with a request is told in this order, and before anything is built or started; how
 * the parts are made is cli-faults.t's and boot-run.t's.
 */
#include "flow/parts.h"

#include "base/fs.h"

#include <string.h>

static const char manifest[] =
	"test: a\nsummary: s\ntimeout_ms: 1\ncpus: 1\nmemory_mib: 1\ndisks: \n"
	"modules: \nconfig: \nby_name: 0\n";
static const char plan_text[] = "[plan]\ntests = a\n[kernel k]\ndefault = yes\n"
				"[program also]\ncommand = /bin/true\n"
				"[program named]\ncommand = /bin/true\ndefault = no\n";

/* Everything is right with it, but that its QEMU is none. */
typedef struct {
	char *dir;
	FlSite site;
	FlPlan *plan;
	FlRunRequest request;
} World;

static void set_up(World *world, gconstpointer data)
{
	g_autofree char *path = NULL;

	(void)data;
	world->dir = g_dir_make_tmp("fl-parts-XXXXXX", NULL);
	path = g_build_filename(world->dir, "manifest", NULL);
	g_assert_true(fl_fs_write(path, manifest, strlen(manifest), NULL));
	world->plan = fl_plan_parse(plan_text, strlen(plan_text), "p", "/", NULL);
	g_assert_nonnull(world->plan);
	world->site = (FlSite){.root = (char *)FL_TEST_SRCDIR,
			       .guest_dir = world->dir,
			       .cache_dir = world->dir,
			       .qemu = (char *)"/no/qemu",
			       .today = (char *)"2026-01-01"};
	world->request = (FlRunRequest){.plan = world->plan, .accel = "tcg"};
}

static void tear_down(World *world, gconstpointer data)
{
	(void)data;
	fl_plan_free(world->plan);
	g_assert_true(fl_fs_remove(world->dir, NULL));
	g_free(world->dir);
}

/* The error, and in tests how many were selected before it. */
static void check(const World *world, const char *expected, guint n_tests)
{
	g_auto(FlParts) parts = {0};
	g_autoptr(GError) error = NULL;

	g_assert_false(fl_parts_get(&parts, &world->site, &world->request, &error));
	if (!strstr(error->message, expected))
		g_test_message("%s", error->message);
	g_assert_nonnull(strstr(error->message, expected));
	g_assert_cmpuint(parts.tests ? parts.tests->len : 0, ==, n_tests);
}

static void each_fault_before_the_next(World *world, gconstpointer data)
{
	static const char *const no_kernel[] = {"x", NULL}, *const no_test[] = {"zz", NULL};

	(void)data;
	world->request.kernels = no_kernel;
	world->request.tests = no_test;
	world->request.deterministic = true;
	world->request.memory_mib = 4096;
	world->site.guest_dir = (char *)"/no/guest";
	world->site.root = world->dir;
	check(world, "kernel", 0);
	world->request.kernels = NULL;
	check(world, "the guest programs are not built, run make first: ", 0);
	world->site.guest_dir = world->dir;
	check(world, "zz", 0);
	world->request.tests = NULL;
	check(world, "configs/splats", 1);
	world->site.root = (char *)FL_TEST_SRCDIR;
	check(world, "--deterministic: expected at most 2048 MiB of memory, found 4096", 1);
	world->request.memory_mib = 2048;
	check(world, "/no/qemu", 1);
}

/* Programs that are no default are there for those who name tests. */
static void programs_are_tests(World *world, gconstpointer data)
{
	static const char *const all[] = {"*", NULL}, *const named[] = {"named", NULL};
	static char *plans_own[] = {(char *)"*", NULL};
	char **tests = world->plan->tests;

	(void)data;
	world->plan->tests = plans_own;
	check(world, "/no/qemu", 2);
	world->plan->tests = tests;
	world->request.tests = all;
	check(world, "/no/qemu", 3);
	world->request.tests = named;
	check(world, "/no/qemu", 1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add("/parts/each-fault-before-the-next", World, NULL, set_up,
		   each_fault_before_the_next, tear_down);
	g_test_add("/parts/programs-are-tests", World, NULL, set_up, programs_are_tests, tear_down);
	return g_test_run();
}
