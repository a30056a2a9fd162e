/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inputs of images: what is missing names its remedy, what the guest cannot run is refused.
 */
#include "image/image.h"

#include <elf.h>
#include <string.h>

#include "base/fs.h"

static char *dir;

static void expect(const char *name, const char *data, size_t len, const char *words)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) program = NULL;

	g_assert_true(fl_fs_write(path, data, len, NULL));
	program = fl_image_load_program(path, "build it", &error);
	if (!words) {
		g_assert_no_error(error);
		g_assert_nonnull(program);
		return;
	}
	g_assert_null(program);
	g_assert_error(error, FL_IMAGE_ERROR, FL_IMAGE_ERROR_FAILED);
	g_assert_nonnull(strstr(error->message, words));
	g_assert_nonnull(strstr(error->message, path));
}

typedef struct {
	Elf64_Ehdr head;
	Elf64_Phdr segment;
} TinyElf;

static TinyElf tiny_elf(unsigned segment_type)
{
	TinyElf elf = {
		.head = {.e_machine = EM_X86_64, .e_phoff = sizeof(Elf64_Ehdr), .e_phnum = 1},
		.segment = {.p_type = segment_type}};

	memcpy(elf.head.e_ident, ELFMAG, SELFMAG);
	elf.head.e_ident[EI_CLASS] = ELFCLASS64;
	return elf;
}

static void takes_static_programs_only(void)
{
	TinyElf good = tiny_elf(PT_LOAD), dynamic = tiny_elf(PT_INTERP), other = good, wild = good;

	other.head.e_machine = EM_AARCH64;
	wild.head.e_phoff = UINT64_MAX - 8;
	expect("good", (char *)&good, sizeof(good), NULL);
	expect("dynamic", (char *)&dynamic, sizeof(dynamic), "is linked dynamically");
	expect("other", (char *)&other, sizeof(other), "is for another machine");
	expect("wild", (char *)&wild, sizeof(wild), "is cut off");
	expect("short", (char *)&good, sizeof(good) - 1, "is cut off");
	expect("script", "#!/bin/sh\n", 10, "is not an ELF file");
	expect("empty", "", 0, "is not an ELF file");
}

static void what_is_missing_names_its_remedy(void)
{
	g_autofree char *path = g_build_filename(dir, "nowhere", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_null(fl_image_load(path, "build it", &error));
	g_assert_error(error, FL_IMAGE_ERROR, FL_IMAGE_ERROR_MISSING);
	g_assert_true(g_str_has_suffix(error->message, "nowhere is not there: build it"));
}

static void a_folder_is_no_file(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(fl_image_load(dir, "build it", &error));
	g_assert_error(error, FL_IMAGE_ERROR, FL_IMAGE_ERROR_FAILED);
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	dir = g_dir_make_tmp("fl-image-XXXXXX", NULL);
	g_test_add_func("/image/takes-static-programs-only", takes_static_programs_only);
	g_test_add_func("/image/what-is-missing-names-its-remedy",
			what_is_missing_names_its_remedy);
	g_test_add_func("/image/a-folder-is-no-file", a_folder_is_no_file);
	status = g_test_run();
	if (!fl_fs_remove(dir, NULL))
		status = 1;
	g_free(dir);
	return status;
}
