// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of flow/bisect_ahead, with a program that notes how it is called: each candidate is
 * built once, in turn, as this program's `build` would be called by hand.
 */
#include "flow/bisect_ahead.h"

#include "base/fs.h"

#include <string.h>
#include <sys/stat.h>

typedef struct {
	char *dir, *log;
	FlSite site;
	FlBisectAhead *ahead;
} Fixture;

static void setup(Fixture *fixture, gconstpointer data)
{
	g_autofree char *script = NULL;

	(void)data;
	fixture->dir = fl_fs_temp_dir(g_get_tmp_dir(), "ahead", NULL);
	fixture->log = g_build_filename(fixture->dir, "log", NULL);
	fixture->site.self = g_build_filename(fixture->dir, "self", NULL);
	fixture->site.cancel = g_cancellable_new();
	script = g_strdup_printf(
		"#!/bin/sh\necho \"$@\" >>%s\nsleep ${BUILD_TAKES:-0.1}\necho end >>%s\n",
		fixture->log, fixture->log);
	g_assert_true(fl_fs_write(fixture->site.self, script, strlen(script), NULL));
	g_assert_cmpint(chmod(fixture->site.self, 0755), ==, 0);
	fixture->ahead = fl_bisect_ahead_new(&fixture->site, "a.plan", "vanilla");
}

static void teardown(Fixture *fixture, gconstpointer data)
{
	(void)data;
	g_clear_pointer(&fixture->ahead, fl_bisect_ahead_free);
	g_assert_true(fl_fs_remove(fixture->dir, NULL));
	g_free(fixture->dir);
	g_free(fixture->log);
	g_free(fixture->site.self);
	g_object_unref(fixture->site.cancel);
}

static void want(Fixture *fixture, unsigned candidate)
{
	g_autofree char *revision = g_strdup_printf("commit-%u", candidate);

	fl_bisect_ahead_want(fixture->ahead, candidate,
			     &(FlPrepare){.tree = "linux", .revision = revision});
}

static void wait_for(Fixture *fixture, const char *said)
{
	g_autofree char *found = NULL;

	for (unsigned i = 0; i < 1000 && g_strcmp0(found, said) != 0; i++) {
		g_main_context_iteration(NULL, FALSE);
		g_usleep(5000);
		g_clear_pointer(&found, g_free);
		(void)g_file_get_contents(fixture->log, &found, NULL, NULL);
	}
	g_assert_cmpstr(found, ==, said);
}

#define CALL(n) \
	"build --quiet --plan a.plan --kernel vanilla --kernel-tree linux --revision commit-" n "\n"

static void test_in_turn(Fixture *fixture, gconstpointer data)
{
	(void)data;
	want(fixture, 1);
	want(fixture, 2);
	wait_for(fixture, CALL("1") "end\n" CALL("2") "end\n");
}

static void test_once(Fixture *fixture, gconstpointer data)
{
	(void)data;
	want(fixture, 1);
	want(fixture, 1);
	wait_for(fixture, CALL("1") "end\n");
	want(fixture, 1);
	want(fixture, 3);
	wait_for(fixture, CALL("1") "end\n" CALL("3") "end\n");
}

static void test_forgotten(Fixture *fixture, gconstpointer data)
{
	(void)data;
	want(fixture, 1);
	want(fixture, 2);
	fl_bisect_ahead_forget(fixture->ahead);
	want(fixture, 3);
	wait_for(fixture, CALL("1") "end\n" CALL("3") "end\n");
}

static void test_everything_is_passed_on(Fixture *fixture, gconstpointer data)
{
	const char *const patches[] = {"a.patch", "b.patch", NULL};
	const char *const fragments[] = {"c.config", NULL};

	(void)data;
	fl_bisect_ahead_want(fixture->ahead, 0,
			     &(FlPrepare){.patches = patches, .fragments = fragments, .jobs = 3});
	wait_for(fixture, "build --quiet --plan a.plan --kernel vanilla --patch a.patch --patch "
			  "b.patch --config c.config --jobs 3\nend\n");
}

static void test_end_waits(Fixture *fixture, gconstpointer data)
{
	(void)data;
	want(fixture, 1);
	want(fixture, 2);
	g_clear_pointer(&fixture->ahead, fl_bisect_ahead_free);
	wait_for(fixture, CALL("1") "end\n");
}

static void test_cancel_kills(Fixture *fixture, gconstpointer data)
{
	gint64 began_us = g_get_monotonic_time();

	(void)data;
	g_setenv("BUILD_TAKES", "60", TRUE);
	want(fixture, 1);
	wait_for(fixture, CALL("1"));
	g_cancellable_cancel(fixture->site.cancel);
	g_clear_pointer(&fixture->ahead, fl_bisect_ahead_free);
	g_assert_cmpint(g_get_monotonic_time() - began_us, <, 30 * G_USEC_PER_SEC);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
#define TEST(path, fn) g_test_add(path, Fixture, NULL, setup, fn, teardown)
	TEST("/bisect-ahead/one-at-a-time", test_in_turn);
	TEST("/bisect-ahead/each-once", test_once);
	TEST("/bisect-ahead/what-is-forgotten-is-not-built", test_forgotten);
	TEST("/bisect-ahead/options-are-passed-on", test_everything_is_passed_on);
	TEST("/bisect-ahead/the-end-waits-for-what-was-begun", test_end_waits);
	TEST("/bisect-ahead/cancelled-it-is-killed", test_cancel_kills);
	return g_test_run();
}
