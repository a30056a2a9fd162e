// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames to source lines with libdwfl. A return address points behind its call, so every frame
 * but the one of a RIP line is looked up one byte earlier. Inlined callees win: the line is where
 * the instruction comes from, as addr2line says it. Frames of modules are left alone.
 */
#include "judge/symbolize.h"

#include <elfutils/libdwfl.h>
#include <gio/gio.h>
#include <string.h>

typedef struct {
	Dwfl *dwfl;
	Dwfl_Module *module;
	GHashTable *symbols; /* name -> GElf_Sym * of the first symbol so called */
	char *root;	     /* the source tree, where init/main.c is; NULL: not known */
} Symbolizer;

static void symbolizer_clear(Symbolizer *symbolizer)
{
	g_clear_pointer(&symbolizer->symbols, g_hash_table_unref);
	g_free(symbolizer->root);
	if (symbolizer->dwfl)
		dwfl_end(symbolizer->dwfl);
}

static void read_symbols(Symbolizer *symbolizer)
{
	int n = dwfl_module_getsymtab(symbolizer->module);

	symbolizer->symbols = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
	for (int i = 1; i < n; i++) {
		GElf_Sym sym;
		GElf_Addr addr;
		const char *name = dwfl_module_getsym_info(symbolizer->module, i, &sym, &addr, NULL,
							   NULL, NULL);

		if (!name || GELF_ST_TYPE(sym.st_info) != STT_FUNC)
			continue;
		sym.st_value = addr;
		if (!g_hash_table_contains(symbolizer->symbols, name))
			g_hash_table_insert(symbolizer->symbols, (gpointer)name,
					    g_memdup2(&sym, sizeof(sym)));
	}
}

static bool open_vmlinux(Symbolizer *symbolizer, const char *path, GError **error)
{
	static const Dwfl_Callbacks callbacks = {
		.find_elf = dwfl_build_id_find_elf,
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.section_address = dwfl_offline_section_address,
	};

	symbolizer->dwfl = dwfl_begin(&callbacks);
	if (symbolizer->dwfl) {
		dwfl_report_begin(symbolizer->dwfl);
		symbolizer->module = dwfl_report_offline(symbolizer->dwfl, "kernel", path, -1);
		dwfl_report_end(symbolizer->dwfl, NULL, NULL);
	}
	if (!symbolizer->module) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
			    "%s: expected a vmlinux with symbols: %s", path, dwfl_errmsg(-1));
		return false;
	}
	read_symbols(symbolizer);
	return true;
}

static bool strip(const char *path, const char *folder, const char **ret_rest)
{
	size_t len = folder ? strlen(folder) : 0;

	if (len <= 1 || strncmp(path, folder, len) != 0 || path[len] != '/')
		return false;
	*ret_rest = path + len + 1;
	return true;
}

/* A source path relative to the tree, or else to the compiler's folder. */
static char *relative_path(const Symbolizer *symbolizer, Dwfl_Line *line, const char *file)
{
	const char *folder = dwfl_line_comp_dir(line);
	g_autofree char *absolute =
		g_canonicalize_filename(file, folder && g_path_is_absolute(folder) ? folder : "/");
	const char *rest;

	if (strip(absolute, symbolizer->root, &rest) || strip(absolute, folder, &rest))
		return g_strdup(rest);
	return g_strdup(file);
}

/* A kernel may be built outside of its tree; start_kernel() tells where the tree is. */
static void find_root(Symbolizer *symbolizer)
{
	const GElf_Sym *sym = g_hash_table_lookup(symbolizer->symbols, "start_kernel");
	Dwfl_Line *line = sym ? dwfl_module_getsrc(symbolizer->module, sym->st_value) : NULL;
	const char *file = line ? dwfl_lineinfo(line, NULL, NULL, NULL, NULL, NULL) : NULL;
	const char *folder = line ? dwfl_line_comp_dir(line) : NULL;
	g_autofree char *absolute =
		file ? g_canonicalize_filename(file,
					       folder && g_path_is_absolute(folder) ? folder : "/")
		     : NULL;

	if (absolute && g_str_has_suffix(absolute, "/init/main.c"))
		symbolizer->root = g_strndup(absolute, strlen(absolute) - strlen("/init/main.c"));
}

/* "func mm/memory.c:5381", NULL when it is not known. */
static char *resolve(const Symbolizer *symbolizer, const char *frame, bool exact)
{
	const char *plus = strchr(frame, '+'), *slash = plus ? strchr(plus, '/') : NULL;
	g_autofree char *name = plus ? g_strndup(frame, (gsize)(plus - frame)) : NULL;
	g_autofree char *path = NULL;
	const GElf_Sym *sym;
	const char *file;
	uint64_t offset;
	Dwfl_Line *line;
	int number;

	if (!slash || strchr(frame, '['))
		return NULL;
	sym = g_hash_table_lookup(symbolizer->symbols, name);
	offset = g_ascii_strtoull(plus + 1, NULL, 16);
	if (!sym || offset > G_MAXUINT32 || (!exact && !offset))
		return NULL;
	line = dwfl_module_getsrc(symbolizer->module, sym->st_value + offset - (exact ? 0 : 1));
	file = line ? dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL) : NULL;
	if (!file || number <= 0)
		return NULL;
	path = relative_path(symbolizer, line, file);
	return g_strdup_printf("%s %s:%d", name, path, number);
}

static void symbolize_splat(const Symbolizer *symbolizer, FlSplat *splat)
{
	for (unsigned i = 0; splat->frames && splat->frames[i]; i++) {
		char *better = resolve(symbolizer, splat->frames[i], i == 0 && splat->has_rip);

		if (!better)
			continue;
		g_free(splat->frames[i]);
		splat->frames[i] = better;
	}
}

bool fl_symbolize(FlVerdict *verdict, const char *vmlinux, GError **error)
{
	__attribute__((cleanup(symbolizer_clear))) Symbolizer symbolizer = {0};

	if (!open_vmlinux(&symbolizer, vmlinux, error))
		return false;
	find_root(&symbolizer);
	for (unsigned i = 0; i < verdict->splats->len; i++)
		symbolize_splat(&symbolizer, verdict->splats->pdata[i]);
	return true;
}
