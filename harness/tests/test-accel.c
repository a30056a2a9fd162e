// SPDX-License-Identifier: GPL-2.0-only
/*
 * The accelerator is chosen by what it does: real QEMU for the good way, scripts for the bad ones.
 */
#include "base/fs.h"
#include "vm/accel.h"
#include "vm/vm.h"

#include <string.h>
#include <sys/stat.h>

#define PAUSE_PLUGIN FL_TEST_BUILDDIR "/fl_pause.so"

typedef struct {
	const char *name;
	const char *script; /* plays QEMU */
	const char *message;
} Case;

static const Case cases[] = {
	{"/accel/a-qemu-that-refuses-is-quoted", "echo no such accelerator >&2; exit 1",
	 "no such accelerator"},
	{"/accel/the-right-status-alone-proves-nothing", "exit 43", "wrong result"},
	{"/accel/a-wrong-result-is-refused",
	 "for a; do case $a in file,id=out,path=*) head -c 24 /dev/zero >\"${a#*path=}\";; esac; "
	 "done; "
	 "exit 43",
	 "wrong result"},
};

static void test_refused(gconstpointer data)
{
	const Case *c = data;
	g_autofree char *dir = g_dir_make_tmp("fl-accel-XXXXXX", NULL);
	g_autofree char *qemu = g_build_filename(dir, "qemu", NULL);
	g_autofree char *script = g_strdup_printf("#!/bin/sh\n%s\n", c->script);
	g_autoptr(GError) error = NULL;

	g_assert_true(fl_fs_write(qemu, script, strlen(script), NULL));
	g_assert_cmpint(chmod(qemu, 0755), ==, 0);
	g_assert_null(fl_accel_choose("tcg", qemu, PAUSE_PLUGIN, dir, NULL, &error));
	g_assert_error(error, FL_VM_ERROR, FL_VM_ERROR_FAILED);
	g_assert_nonnull(strstr(error->message, c->message));
	g_assert_true(fl_fs_remove(dir, NULL));
}

static void test_tcg(void)
{
	g_autofree char *dir = g_dir_make_tmp("fl-accel-XXXXXX", NULL);
	g_autoptr(FlAccel) first = fl_accel_choose("tcg", NULL, PAUSE_PLUGIN, dir, NULL, NULL);
	g_autoptr(FlAccel) second = fl_accel_choose("tcg", NULL, PAUSE_PLUGIN, dir, NULL, NULL);

	g_assert_nonnull(first);
	g_assert_nonnull(second);
	g_assert_cmpstr(first->name, ==, "tcg");
	g_assert_true(first->pause_yields && second->pause_yields);
	g_assert_cmpuint(first->speed_milli, >=, 100);
	g_assert_cmpuint(first->speed_milli, ==, second->speed_milli);
	g_assert_null(strstr(first->reason, "known from"));
	g_assert_nonnull(strstr(second->reason, "known from"));
	g_assert_true(fl_fs_remove(dir, NULL));
}

static void test_broken_cache(void)
{
	g_autofree char *dir = g_dir_make_tmp("fl-accel-XXXXXX", NULL);
	g_autofree char *cache = g_build_filename(dir, "accel.json", NULL);
	g_autoptr(FlAccel) accel = NULL;

	g_assert_true(fl_fs_write(cache, "{\"tcg\": 3", 9, NULL));
	accel = fl_accel_choose("tcg", NULL, PAUSE_PLUGIN, dir, NULL, NULL);
	g_assert_nonnull(accel);
	g_assert_true(fl_fs_remove(dir, NULL));
}

/* What was known of another plugin does not hold for this one. */
static void test_no_plugin(void)
{
	g_autofree char *dir = g_dir_make_tmp("fl-accel-XXXXXX", NULL);
	g_autoptr(FlAccel) with = fl_accel_choose("tcg", NULL, PAUSE_PLUGIN, dir, NULL, NULL);
	g_autoptr(FlAccel) without =
		fl_accel_choose("tcg", NULL, "/nonexistent/a,b.so", dir, NULL, NULL);

	g_assert_true(with && with->pause_yields);
	g_assert_true(without && !without->pause_yields);
	g_assert_cmpstr(without->name, ==, "tcg");
	g_assert_nonnull(strstr(without->reason, "give way does not work: QEMU ended early"));
	g_assert_nonnull(strstr(without->reason, "/nonexistent/a,b.so"));
	g_assert_true(fl_fs_remove(dir, NULL));
}

static void test_unknown(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(fl_accel_choose("xen", NULL, PAUSE_PLUGIN, "/nonexistent", NULL, &error));
	g_assert_nonnull(strstr(error->message, "auto, kvm, tcg"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_test_add_data_func(cases[i].name, &cases[i], test_refused);
	g_test_add_func("/accel/tcg-works-and-is-remembered", test_tcg);
	g_test_add_func("/accel/tcg-works-without-its-plugin", test_no_plugin);
	g_test_add_func("/accel/a-broken-cache-is-ignored", test_broken_cache);
	g_test_add_func("/accel/an-unknown-name-lists-the-choices", test_unknown);
	return g_test_run();
}
