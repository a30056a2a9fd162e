/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The room's errors, and reading inputs: what is missing is told with the way to get it, and a
 * program that could not run in the guest is refused here, not by a panic there.
 */
#include "image/image.h"

#include <elf.h>
#include <string.h>

#include "base/fs.h"

G_DEFINE_QUARK(fl_image_error_quark, fl_image_error)

GBytes *fl_image_load(const char *path, const char *remedy, GError **error)
{
	g_autoptr(GError) cause = NULL;
	char *data = NULL;
	size_t len = 0;

	if (fl_fs_read(path, &data, &len, &cause))
		return g_bytes_new_take(data, len);
	if (g_error_matches(cause, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		g_set_error(error, FL_IMAGE_ERROR, FL_IMAGE_ERROR_MISSING, "%s is not there: %s",
			    path, remedy);
	else
		g_set_error(error, FL_IMAGE_ERROR, FL_IMAGE_ERROR_FAILED, "cannot read %s: %s",
			    path, cause->message);
	return NULL;
}

/* The word that makes the sentence "PATH ..., the guest needs a static x86-64 program". */
static const char *what_is_wrong(GBytes *program)
{
	gsize len = 0;
	const unsigned char *data = g_bytes_get_data(program, &len);
	Elf64_Ehdr elf;

	if (len < sizeof(elf) || memcmp(data, ELFMAG, SELFMAG) != 0)
		return "is not an ELF file";
	memcpy(&elf, data, sizeof(elf));
	if (elf.e_ident[EI_CLASS] != ELFCLASS64 || elf.e_machine != EM_X86_64)
		return "is for another machine";
	for (unsigned i = 0; i < elf.e_phnum; i++) {
		uint64_t at = (uint64_t)i * sizeof(Elf64_Phdr);
		Elf64_Phdr segment;

		if (elf.e_phoff > len || at + sizeof(segment) > len - elf.e_phoff)
			return "is cut off";
		memcpy(&segment, data + elf.e_phoff + at, sizeof(segment));
		if (segment.p_type == PT_INTERP)
			return "is linked dynamically";
	}
	return NULL;
}

GBytes *fl_image_load_program(const char *path, const char *remedy, GError **error)
{
	g_autoptr(GBytes) program = fl_image_load(path, remedy, error);
	const char *wrong = program ? what_is_wrong(program) : NULL;

	if (wrong)
		g_set_error(error, FL_IMAGE_ERROR, FL_IMAGE_ERROR_FAILED,
			    "%s %s, the guest needs a static x86-64 program: %s", path, wrong,
			    remedy);
	return wrong ? NULL : g_steal_pointer(&program);
}
