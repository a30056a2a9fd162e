// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of kernel/objtree: what a build that was cut off has written is made again, what was
 * finished before it is kept, and times that went back are not trusted.
 */
#include "tests/kernel-fixture.h"
#include "kernel/objtree.h"
#include "kernel/worktree.h"

#include <fcntl.h>
#include <sys/stat.h>

static void set_age(const char *path, time_t seconds_ago)
{
	struct timespec now, times[2];

	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec -= seconds_ago;
	times[0] = times[1] = now;
	g_assert_cmpint(utimensat(AT_FDCWD, path, times, 0), ==, 0);
}

static void put_aged(const char *dir, const char *name, time_t seconds_ago)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	put_file(dir, name, "content");
	set_age(path, seconds_ago);
}

static bool has(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void test_torn_files_go_and_old_ones_stay(KernelFixture *fixture, gconstpointer data)
{
	g_autofree char *obj = g_build_filename(fixture->scratch, "obj", NULL);

	(void)data;
	put_aged(fixture->scratch, "obj.built", 300);
	put_aged(fixture->scratch, "obj.building", 200);
	put_aged(obj, "mm/memory.o", 250);
	put_aged(obj, "mm/shmem.o", 100);
	put_aged(obj, "include/config/SMP", 100);
	g_assert_true(fl_objtree_begin(obj, NULL));
	g_assert_true(has(obj, "mm/memory.o"));
	g_assert_false(has(obj, "mm/shmem.o"));
	g_assert_true(has(obj, "include/config/SMP"));
	g_assert_true(has(fixture->scratch, "obj.building"));
}

static void test_regular_end_keeps_everything(KernelFixture *fixture, gconstpointer data)
{
	g_autofree char *obj = g_build_filename(fixture->scratch, "obj", NULL);

	(void)data;
	g_assert_true(fl_objtree_begin(obj, NULL));
	put_file(obj, "vmlinux", "linux");
	g_assert_true(fl_objtree_end(obj, NULL));
	g_assert_false(has(fixture->scratch, "obj.building"));
	g_assert_true(fl_objtree_begin(obj, NULL));
	g_assert_true(has(obj, "vmlinux"));
}

static void test_clock_that_went_back_costs_the_tree(KernelFixture *fixture, gconstpointer data)
{
	g_autofree char *obj = g_build_filename(fixture->scratch, "obj", NULL);

	(void)data;
	put_aged(obj, "vmlinux", 500);
	put_aged(fixture->scratch, "obj.built", -3600);
	g_assert_true(fl_objtree_begin(obj, NULL));
	g_assert_false(has(obj, "vmlinux"));
	g_assert_true(has(fixture->scratch, "obj"));
}

/* Makes a target of the fake kernel in an object tree and tells whether the mark is still there. */
static bool left_marked(KernelFixture *fixture, const char *target, GError **error)
{
	g_autofree char *obj = g_build_filename(fixture->scratch, "obj", NULL);
	g_autofree char *src = fl_worktree_path(fixture->cache);
	g_autofree char *log_path = g_build_filename(fixture->scratch, "log", NULL);
	const char *targets[] = {target, NULL};
	FlKmake make = {.cache_dir = fixture->cache,
			.name = "fake",
			.obj = obj,
			.targets = targets,
			.log_path = log_path,
			.jobs = 1};
	bool ok;

	g_assert_true(fl_fs_mkdir(src, NULL));
	put_fake_kernel(src);
	g_assert_true(fl_objtree_begin(obj, NULL));
	ok = fl_objtree_make(&make, NULL, NULL, error);
	g_assert_true(ok == (!error || !*error));
	return has(fixture->scratch, "obj.building");
}

static void test_only_what_was_cut_off_stays_marked(KernelFixture *fixture, gconstpointer data)
{
	g_autoptr(GError) good = NULL;
	g_autoptr(GError) wrong = NULL;
	g_autoptr(GError) killed = NULL;

	(void)data;
	g_assert_false(left_marked(fixture, "tinyconfig", &good));
	g_assert_no_error(good);
	g_assert_false(left_marked(fixture, "no-such-target", &wrong));
	g_assert_error(wrong, FL_KERNEL_ERROR, FL_KERNEL_ERROR_COMPILE);
	g_assert_true(left_marked(fixture, "die", &killed));
	g_assert_error(killed, FL_KERNEL_ERROR, FL_KERNEL_ERROR_TOOL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	KERNEL_TEST("/objtree/torn-files-go-and-old-ones-stay",
		    test_torn_files_go_and_old_ones_stay);
	KERNEL_TEST("/objtree/regular-end-keeps-everything", test_regular_end_keeps_everything);
	KERNEL_TEST("/objtree/clock-that-went-back-costs-the-tree",
		    test_clock_that_went_back_costs_the_tree);
	KERNEL_TEST("/objtree/only-what-was-cut-off-stays-marked",
		    test_only_what_was_cut_off_stays_marked);
	return g_test_run();
}
