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
			     "}\n"
			     "static inline __attribute__((always_inline)) void deep(void)\n"
			     "{\n"
			     "	g();\n"
			     "}\n"
			     "static inline __attribute__((always_inline)) void deeper(void)\n"
			     "{\n"
			     "	deep();\n"
			     "}\n"
			     "void outer(void)\n"
			     "{\n"
			     "	deeper();\n"
			     "}\n";

/* Two static functions of one name, told apart by their size. */
static const char twin_source[] = "void g(void);\n"
				  "static __attribute__((used)) void twin(void)\n"
				  "{\n"
				  "	g(); g(); g(); g(); g(); g(); g(); g(); g(); g();\n"
				  "}\n";
static const char small_source[] = "void g(void);\n"
				   "\n"
				   "static __attribute__((used)) void twin(void)\n"
				   "{\n"
				   "	g();\n"
				   "}\n";

static void compile_one(const char *dir, const char *const *argv)
{
	g_autoptr(GError) error = NULL;
	FlProcSpec spec = {.argv = argv, .cwd = dir};

	g_assert_true(fl_proc_run(&spec, NULL, NULL, &error));
	g_assert_no_error(error);
}

static void put(const char *dir, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(dir, "mm", name, NULL);
	g_autofree char *folder = g_path_get_dirname(path);

	g_assert_true(fl_fs_mkdir(folder, NULL));
	g_assert_true(fl_fs_write(path, text, strlen(text), NULL));
}

#define FLAGS "-g", "-O0", "-fno-pie", "-no-pie", "-fcf-protection=none"

static char *compile(void)
{
	static const char *const vmlinux[] = {"cc",	     FLAGS,	  "-o",		"vmlinux",
					      "mm/memory.c", "mm/twin.c", "mm/small.c", NULL};
	static const char *const module[] = {"cc",	    FLAGS,	   "-c", "-o",
					     "fl_probe.ko", "mm/memory.c", NULL};
	char *dir = g_dir_make_tmp("fl-symbolize-XXXXXX", NULL);

	put(dir, "memory.c", source);
	put(dir, "twin.c", twin_source);
	put(dir, "small.c", small_source);
	compile_one(dir, vmlinux);
	compile_one(dir, module);
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
	const char *want; /* joined by " < " */
} cases[] = {
	{"f+0x9/0x20", false, "f mm/memory.c:5"},
	{"f+0x9/0x20", true, "f mm/memory.c:6"},
	{"f+0x0/0x20", true, "f mm/memory.c:4"},
	{"f+0x0/0x20", false, "f+0x0/0x20"},
	/* smaller than the function is: another kernel's report */
	{"f+0x9/0xa", false, "f+0x9/0xa"},
	{"nobody+0x1/0x20", false, "nobody+0x1/0x20"},
	{"f+0x9/0x20 [fl_probe]", false, "f mm/memory.c:5"},
	{"f+0x9/0x20 [fl_probe 1a2b3c]", false, "f mm/memory.c:5"},
	{"f+0x9/0x20 [other]", false, "f+0x9/0x20 [other]"},
	{"f+0x9/0x20 [../x]", false, "f+0x9/0x20 [../x]"},
	{"outer+0x9/0x10", false,
	 "deep mm/memory.c:19 (inline) < deeper mm/memory.c:23 (inline) < outer mm/memory.c:27"},
	{"twin+0x9/0x40", false, "twin mm/twin.c:4"},
	{"twin+0x9/0x10", false, "twin mm/small.c:5"},
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
		g_autofree char *got = NULL;

		g_assert_true(fl_symbolize(verdict, vmlinux, dir, &error));
		g_assert_no_error(error);
		got = g_strjoinv(" < ", splat->frames);
		g_assert_cmpstr(got, ==, cases[i].want);
	}
}

typedef struct {
	const char *file;
	unsigned first, last;
} Lines;

static bool is_wanted(const char *file, unsigned line, gpointer data)
{
	const Lines *lines = data;

	return g_str_equal(file, lines->file) && line >= lines->first && line <= lines->last;
}

static void lines_become_code(gconstpointer data)
{
	static const struct {
		Lines lines;
		const char *code;
	} wanted[] = {
		{{"mm/memory.c", 4, 5}, "f+0x0 f+0x4"},
		{{"mm/memory.c", 1, 2}, ""},
		/* What was inlined is in its caller. */
		{{"mm/memory.c", 19, 19}, "outer+0x4"},
		/* Two functions have this name: which one a guest would take is chance. */
		{{"mm/twin.c", 1, 9}, ""},
		{{"mm/other.c", 1, 99}, ""},
	};
	g_autofree char *vmlinux = g_build_filename(data, "vmlinux", NULL);
	g_autoptr(FlSymbolize) symbols = fl_symbolize_open(vmlinux, NULL, NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++) {
		Lines lines = wanted[i].lines;
		g_auto(GStrv) code = fl_symbolize_code(symbols, is_wanted, &lines);
		g_autofree char *joined = g_strjoinv(" ", code);

		g_assert_cmpstr(joined, ==, wanted[i].code);
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

		g_assert_false(fl_symbolize(verdict, path, NULL, &error));
		g_assert_nonnull(strstr(error->message, path));
		g_assert_cmpstr(splat->frames[0], ==, "f+0x9/0x20");
	}
}

static void places_are_read_back(void)
{
	static const struct {
		const char *frame, *file;
		unsigned line;
	} places[] = {
		{"do_fault mm/memory.c:5381", "mm/memory.c", 5381},
		{"helper ./include/linux/mm.h:7 (inline)", "./include/linux/mm.h", 7},
		{"do_fault+0x1b/0x2a0", NULL, 0},
		{"do_fault+0x1b/0x2a0 [fl_probe]", NULL, 0},
		{"f mm/memory.c:", NULL, 0},
		{"f mm/memory.c:0", NULL, 0},
		{"f mm/memory.c:12x", NULL, 0},
		{"f :12", NULL, 0},
		{"f mm/memory.c:99999999999999999999", NULL, 0},
		{"", NULL, 0},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
		g_autofree char *file = NULL;
		unsigned line = 0;

		g_assert_true(fl_symbolize_place(places[i].frame, &file, &line) ==
			      (places[i].file != NULL));
		g_assert_cmpstr(file, ==, places[i].file);
		g_assert_cmpuint(line, ==, places[i].line);
	}
}

/* f calls g on line 5; g counts down on line 10. */
static void lines_become_addresses(gconstpointer data)
{
	g_autofree char *vmlinux = g_build_filename(data, "vmlinux", NULL);
	g_autoptr(FlSymbolize) symbols = fl_symbolize_open(vmlinux, NULL, NULL);
	g_autoptr(GArray) none = NULL;
	g_autoptr(GArray) some = NULL;
	Lines missing = {"mm/missing.c", 1, 99}, both = {"mm/memory.c", 5, 10};

	none = fl_symbolize_addresses(symbols, is_wanted, &missing);
	g_assert_cmpuint(none->len, ==, 0);
	some = fl_symbolize_addresses(symbols, is_wanted, &both);
	g_assert_cmpuint(some->len, >=, 2);
	for (guint i = 1; i < some->len; i++)
		g_assert_cmpuint(g_array_index(some, uint64_t, i), >,
				 g_array_index(some, uint64_t, i - 1));
}

int main(int argc, char **argv)
{
	g_autofree char *dir = NULL;
	int status;

	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	dir = compile();
	g_test_add_data_func("/symbolize/frames-become-lines", dir, frames_become_lines);
	g_test_add_data_func("/symbolize/lines-become-code", dir, lines_become_code);
	g_test_add_data_func("/symbolize/lines-become-addresses", dir, lines_become_addresses);
	g_test_add_data_func("/symbolize/a-file-that-is-no-vmlinux-is-an-error", dir,
			     a_file_that_is_no_vmlinux_is_an_error);
	g_test_add_func("/symbolize/places-are-read-back", places_are_read_back);
	status = g_test_run();
	if (!fl_fs_remove(dir, NULL))
		return 1;
	return status;
}
