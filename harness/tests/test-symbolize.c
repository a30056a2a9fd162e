// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames to source lines, on a small program that the test compiles itself.
 */
#include "base/fs.h"
#include "base/proc.h"
#include "judge/symbolize.h"

#include <string.h>

static const char source[] = "int counter;\n"
			     "void g(void);\n"
			     "void f(void)\n"
			     "{\n"
			     "	g();\n"
			     "	counter++;\n"
			     "}\n"
			     "void g(void)\n"
			     "{\n"
			     "	counter--;\n"
			     "}\n"
			     "int main(void)\n"
			     "{\n"
			     "	f();\n"
			     "	return 0;\n"
			     "}\n";

static char *compile(void)
{
	g_autoptr(GError) error = NULL;
	char *dir = g_dir_make_tmp("fl-symbolize-XXXXXX", &error);
	g_autofree char *folder = g_build_filename(dir, "mm", NULL);
	g_autofree char *file = g_build_filename(folder, "memory.c", NULL);
	const char *const argv[] = {
		"cc", "-g",	 "-O0",		"-fno-pie", "-no-pie", "-fcf-protection=none",
		"-o", "vmlinux", "mm/memory.c", NULL};
	FlProcSpec spec = {.argv = argv, .cwd = dir};

	g_assert_true(fl_fs_mkdir(folder, &error));
	g_assert_true(fl_fs_write(file, source, strlen(source), &error));
	g_assert_true(fl_proc_run(&spec, NULL, NULL, &error));
	g_assert_no_error(error);
	return dir;
}

static FlVerdict *verdict_with(const char *frame, bool has_rip)
{
	FlVerdict *verdict = fl_verdict_new();
	FlSplat *splat = g_new0(FlSplat, 1);

	splat->frames = g_new0(char *, 2);
	splat->frames[0] = g_strdup(frame);
	splat->has_rip = has_rip;
	g_ptr_array_add(verdict->splats, splat);
	return verdict;
}

/* f at -O0 on x86-64: push, mov (4 bytes), call g at +4, its return address is +9, on line 6. */
static const struct {
	const char *frame;
	bool has_rip;
	const char *want;
} cases[] = {
	{"f+0x9/0x20", false, "f mm/memory.c:5"},
	{"f+0x9/0x20", true, "f mm/memory.c:6"},
	{"f+0x0/0x20", true, "f mm/memory.c:4"},
	{"f+0x0/0x20", false, "f+0x0/0x20"},
	{"nobody+0x1/0x20", false, "nobody+0x1/0x20"},
	{"f+0x9/0x20 [fl_probe]", false, "f+0x9/0x20 [fl_probe]"},
	{"f+0xffffffffffffffff/0x20", true, "f+0xffffffffffffffff/0x20"},
	{"+/", false, "+/"},
	{"", false, ""},
};

static void frames_become_lines(gconstpointer data)
{
	const char *dir = data;
	g_autofree char *vmlinux = g_build_filename(dir, "vmlinux", NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(FlVerdict) verdict = verdict_with(cases[i].frame, cases[i].has_rip);
		const FlSplat *splat = verdict->splats->pdata[0];
		g_autoptr(GError) error = NULL;

		g_assert_true(fl_symbolize(verdict, vmlinux, &error));
		g_assert_no_error(error);
		g_assert_cmpstr(splat->frames[0], ==, cases[i].want);
	}
}

static void a_file_that_is_no_vmlinux_is_an_error(gconstpointer data)
{
	const char *dir = data;
	static const char *const names[] = {"mm/memory.c", "missing"};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_build_filename(dir, names[i], NULL);
		g_autoptr(FlVerdict) verdict = verdict_with("f+0x9/0x20", false);
		const FlSplat *splat = verdict->splats->pdata[0];
		g_autoptr(GError) error = NULL;

		g_assert_false(fl_symbolize(verdict, path, &error));
		g_assert_nonnull(strstr(error->message, path));
		g_assert_cmpstr(splat->frames[0], ==, "f+0x9/0x20");
	}
}

int main(int argc, char **argv)
{
	g_autofree char *dir = NULL;
	int status;

	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	dir = compile();
	g_test_add_data_func("/symbolize/frames-become-lines", dir, frames_become_lines);
	g_test_add_data_func("/symbolize/a-file-that-is-no-vmlinux-is-an-error", dir,
			     a_file_that_is_no_vmlinux_is_an_error);
	status = g_test_run();
	if (!fl_fs_remove(dir, NULL))
		return 1;
	return status;
}
