// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of vm/plugin: the plugin that was built is taken by the real QEMU, and what is missing is
 * told in one sentence.
 */
#include "base/fs.h"
#include "vm/plugin.h"
#include "vm/vm.h"

#include <string.h>
#include <sys/stat.h>

#define PLUGIN FL_TEST_BUILDDIR "/fl_trace.so"

static void test_there(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(fl_plugin_check("qemu-system-x86_64", PLUGIN, NULL, &error));
	g_assert_no_error(error);
}

static void test_no_plugin(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(fl_plugin_check("qemu-system-x86_64", "/nonexistent.so", NULL, &error));
	g_assert_error(error, FL_VM_ERROR, FL_VM_ERROR_MISSING);
	g_assert_nonnull(strstr(error->message, "/nonexistent.so"));
}

/* As QEMU says it when it was built without. */
static void test_no_support(void)
{
	static const char script[] =
		"#!/bin/sh\n"
		"echo 'plugin interface not enabled in this build' >&2\nexit 1\n";
	g_autofree char *dir = g_dir_make_tmp("fl-plugin-XXXXXX", NULL);
	g_autofree char *qemu = g_build_filename(dir, "qemu", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_true(fl_fs_write(qemu, script, strlen(script), NULL));
	g_assert_cmpint(chmod(qemu, 0755), ==, 0);
	g_assert_false(fl_plugin_check(qemu, PLUGIN, NULL, &error));
	g_assert_error(error, FL_VM_ERROR, FL_VM_ERROR_MISSING);
	g_assert_nonnull(strstr(error->message, "takes no plugins"));
	g_assert_nonnull(strstr(error->message, "not enabled in this build"));
	g_assert_null(strchr(error->message, '\n'));
	g_assert_true(fl_fs_remove(dir, NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/plugin/there", test_there);
	g_test_add_func("/plugin/no-plugin", test_no_plugin);
	g_test_add_func("/plugin/no-support", test_no_support);
	return g_test_run();
}
