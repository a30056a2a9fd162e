// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of flow/smallest: fewer tests first, then fewer vCPUs, then fewer change
 * points, and nothing that was not seen.
 */
#include "flow/smallest.h"

#include <gio/gio.h>

/* A world in which the failure shows with at least so many vCPUs, and with one test or only with all. */
typedef struct {
	unsigned cpus;
	bool needs_all;
	unsigned depth; /* change points that it takes */
	unsigned late;	/* how many seeds later it shows in a smaller guest */
	unsigned asked;
} World;

static const char *const all[] = {"a-*", NULL};
static const char *const only[] = {"a-1", NULL};

static bool shows(const FlSmallest *wanted, unsigned n, bool *ret_seen, uint64_t *ret_seed,
		  gpointer data, GError **error)
{
	World *world = data;

	(void)error;
	world->asked++;
	*ret_seen = wanted->cpus >= world->cpus && (!world->needs_all || wanted->tests == all) &&
		    world->late < n && wanted->yield_depth >= world->depth;
	if (*ret_seen)
		*ret_seed = wanted->seed + world->late;
	return true;
}

static FlSmallest walk(World *world, const char *const *test, unsigned min_cpus)
{
	FlSmallest found = {.tests = all, .cpus = 8, .seed = 7}, smallest;
	FlSmallestHands hands = {.shows = shows, .data = world};

	g_assert_true(fl_smallest(&found, test, min_cpus, &hands, &smallest, NULL));
	return smallest;
}

static void test_changes(void)
{
	static const struct {
		World world;
		unsigned depth, cpus;
	} cases[] = {
		{{.cpus = 1, .depth = 1}, 1, 1},
		{{.cpus = 4, .depth = 3}, 3, 4},
		{{.cpus = 2}, 0, 2},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		World world = cases[i].world;
		FlSmallest found = {.tests = all, .cpus = 8, .yield_depth = 3, .seed = 7}, smallest;
		FlSmallestHands hands = {.shows = shows, .data = &world};

		g_assert_true(fl_smallest(&found, only, 1, &hands, &smallest, NULL));
		g_assert_cmpuint(smallest.yield_depth, ==, cases[i].depth);
		g_assert_cmpuint(smallest.cpus, ==, cases[i].cpus);
	}
}

static void test_walk(void)
{
	World two = {.cpus = 2}, never = {.cpus = 9}, together = {.needs_all = true};
	World one = {.cpus = 1}, late = {.cpus = 4, .late = 3};
	FlSmallest smallest = walk(&two, only, 1);

	g_assert_true(smallest.tests == only);
	g_assert_cmpuint(smallest.cpus, ==, 2);
	g_assert_cmpuint(two.asked, ==, 4);
	smallest = walk(&never, only, 1);
	g_assert_true(smallest.tests == all);
	g_assert_cmpuint(smallest.cpus, ==, 8);
	g_assert_cmpuint(never.asked, ==, 1);
	smallest = walk(&together, only, 1);
	g_assert_true(smallest.tests == all);
	smallest = walk(&one, only, 2);
	g_assert_cmpuint(smallest.cpus, ==, 2);
	smallest = walk(&late, only, 1);
	g_assert_cmpuint(smallest.cpus, ==, 4);
	g_assert_cmpuint(smallest.seed, ==, 13);
	/* Without a test that is known all are needed, and vCPUs are tried at once. */
	smallest = walk(&one, NULL, 1);
	g_assert_true(smallest.tests == all);
	g_assert_cmpuint(smallest.cpus, ==, 1);
}

static bool fails(const FlSmallest *wanted, unsigned n, bool *ret_seen, uint64_t *ret_seed,
		  gpointer data, GError **error)
{
	(void)wanted, (void)n, (void)ret_seen, (void)ret_seed, (void)data;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "full");
	return false;
}

static void test_error(void)
{
	FlSmallest found = {.tests = all, .cpus = 2, .seed = 7}, smallest = {.seed = 99};
	FlSmallestHands hands = {.shows = fails};
	g_autoptr(GError) error = NULL;

	g_assert_false(fl_smallest(&found, only, 1, &hands, &smallest, &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
	g_assert_cmpuint(smallest.seed, ==, 99);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/smallest/walk", test_walk);
	g_test_add_func("/smallest/fewer-change-points", test_changes);
	g_test_add_func("/smallest/an-error-ends-it", test_error);
	return g_test_run();
}
