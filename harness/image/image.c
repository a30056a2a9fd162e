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

static bool is_elf(GBytes *program, Elf64_Ehdr *ret_elf)
{
	gsize len = 0;
	const unsigned char *data = g_bytes_get_data(program, &len);

	if (len < sizeof(*ret_elf) || memcmp(data, ELFMAG, SELFMAG) != 0)
		return false;
	memcpy(ret_elf, data, sizeof(*ret_elf));
	return true;
}

static bool is_ours(const Elf64_Ehdr *elf)
{
	return elf->e_ident[EI_CLASS] == ELFCLASS64 && elf->e_machine == EM_X86_64;
}

/* The name in PT_INTERP, NULL when there is none; false: the file is cut off. */
static bool find_loader(GBytes *program, const Elf64_Ehdr *elf, char **ret_loader)
{
	gsize len = 0;
	const char *data = g_bytes_get_data(program, &len);

	for (unsigned i = 0; i < elf->e_phnum; i++) {
		uint64_t at = (uint64_t)i * sizeof(Elf64_Phdr);
		Elf64_Phdr segment;

		if (elf->e_phoff > len || at + sizeof(segment) > len - elf->e_phoff)
			return false;
		memcpy(&segment, data + elf->e_phoff + at, sizeof(segment));
		if (segment.p_type != PT_INTERP)
			continue;
		if (segment.p_offset > len || segment.p_filesz > len - segment.p_offset)
			return false;
		*ret_loader = g_strndup(data + segment.p_offset, segment.p_filesz);
		return true;
	}
	*ret_loader = NULL;
	return true;
}

/* The word that makes the sentence "PATH ..., the guest needs a static x86-64 program". */
static const char *what_is_wrong(GBytes *program)
{
	g_autofree char *loader = NULL;
	Elf64_Ehdr elf;

	if (!is_elf(program, &elf))
		return "is not an ELF file";
	if (!is_ours(&elf))
		return "is for another machine";
	if (!find_loader(program, &elf, &loader))
		return "is cut off";
	return loader ? "is linked dynamically" : NULL;
}

bool fl_image_interpreter(const char *path, char **ret_loader, GError **error)
{
	g_autoptr(GBytes) program = fl_image_load(path, "the plan names it", error);
	g_autofree char *loader = NULL;
	const char *wrong = NULL;
	Elf64_Ehdr elf;

	if (!program)
		return false;
	if (is_elf(program, &elf)) {
		if (!is_ours(&elf))
			wrong = "is for another machine";
		else if (!find_loader(program, &elf, &loader))
			wrong = "is cut off";
	}
	if (wrong) {
		g_set_error(error, FL_IMAGE_ERROR, FL_IMAGE_ERROR_FAILED,
			    "%s %s, the guest runs x86-64 programs", path, wrong);
		return false;
	}
	*ret_loader = g_steal_pointer(&loader);
	return true;
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
