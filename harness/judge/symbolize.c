// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames to source lines, and lines to code, with libdwfl. A return address points behind its call, so every frame
 * but the one of a RIP line is looked up one byte earlier. A frame is a function, an offset and a
 * size, and so is right wherever the kernel was loaded (KASLR); the size tells apart static
 * functions of one name. What was inlined there comes first, the function itself last, as
 * decode_stacktrace.sh prints it. Modules are opened when a frame names one.
 */
#include "judge/symbolize.h"

#include "judge/stack.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <gio/gio.h>
#include <string.h>

/* The kernel counts the padding behind a function as its own. */
#define PADDING_MAX 4096u

/* An object of the kernel: vmlinux or a module. */
typedef struct {
	Dwfl_Module *module;
	GHashTable *symbols; /* name -> GArray of GElf_Sym */
} Object;

struct FlSymbolize {
	Dwfl *dwfl;
	Object *kernel;
	char *modules;	  /* folder of .ko files, or NULL */
	GHashTable *seen; /* module name -> Object, NULL: cannot be read */
	char *root;	  /* the source tree, where init/main.c is; NULL: not known */
};

static void object_free(gpointer data)
{
	Object *object = data;

	if (object)
		g_hash_table_unref(object->symbols);
	g_free(object);
}

static void add_symbol(GHashTable *symbols, const char *name, const GElf_Sym *sym)
{
	GArray *array = g_hash_table_lookup(symbols, name);

	if (!array) {
		array = g_array_new(FALSE, FALSE, sizeof(*sym));
		g_hash_table_insert(symbols, g_strdup(name), array);
	}
	g_array_append_vals(array, sym, 1);
}

static Object *object_new(Dwfl_Module *module)
{
	Object *object = g_new0(Object, 1);
	int n = dwfl_module_getsymtab(module);

	object->module = module;
	object->symbols = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						(GDestroyNotify)g_array_unref);
	for (int i = 1; i < n; i++) {
		GElf_Sym sym;
		GElf_Addr addr;
		const char *name =
			dwfl_module_getsym_info(module, i, &sym, &addr, NULL, NULL, NULL);

		if (!name || GELF_ST_TYPE(sym.st_info) != STT_FUNC)
			continue;
		sym.st_value = addr;
		add_symbol(object->symbols, name, &sym);
	}
	return object;
}

static Object *open_object(Dwfl *dwfl, const char *name, const char *path)
{
	Dwfl_Module *module;

	dwfl_report_begin_add(dwfl);
	module = dwfl_report_offline(dwfl, name, path, -1);
	dwfl_report_end(dwfl, NULL, NULL);
	return module ? object_new(module) : NULL;
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
static char *relative_path(const FlSymbolize *symbols, const char *folder, const char *file)
{
	g_autofree char *absolute =
		g_canonicalize_filename(file, folder && g_path_is_absolute(folder) ? folder : "/");
	const char *rest;

	if (strip(absolute, symbols->root, &rest) || strip(absolute, folder, &rest))
		return g_strdup(rest);
	return g_strdup(g_str_has_prefix(file, "./") ? file + 2 : file);
}

static const GElf_Sym *only_symbol(const Object *object, const char *name)
{
	const GArray *array = g_hash_table_lookup(object->symbols, name);

	return array ? &g_array_index(array, GElf_Sym, 0) : NULL;
}

/* A kernel may be built outside of its tree; start_kernel() tells where the tree is. */
static void find_root(FlSymbolize *symbols)
{
	const GElf_Sym *sym = only_symbol(symbols->kernel, "start_kernel");
	Dwfl_Line *line = sym ? dwfl_module_getsrc(symbols->kernel->module, sym->st_value) : NULL;
	const char *file = line ? dwfl_lineinfo(line, NULL, NULL, NULL, NULL, NULL) : NULL;
	const char *folder = line ? dwfl_line_comp_dir(line) : NULL;
	g_autofree char *absolute =
		file ? g_canonicalize_filename(file,
					       folder && g_path_is_absolute(folder) ? folder : "/")
		     : NULL;

	if (absolute && g_str_has_suffix(absolute, "/init/main.c"))
		symbols->root = g_strndup(absolute, strlen(absolute) - strlen("/init/main.c"));
}

FlSymbolize *fl_symbolize_open(const char *vmlinux, const char *modules, GError **error)
{
	static const Dwfl_Callbacks callbacks = {
		.find_elf = dwfl_build_id_find_elf,
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.section_address = dwfl_offline_section_address,
	};
	g_autoptr(FlSymbolize) symbols = g_new0(FlSymbolize, 1);

	symbols->dwfl = dwfl_begin(&callbacks);
	symbols->modules = g_strdup(modules);
	symbols->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, object_free);
	if (symbols->dwfl)
		symbols->kernel = open_object(symbols->dwfl, "kernel", vmlinux);
	if (!symbols->kernel) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
			    "%s: expected a vmlinux with symbols: %s", vmlinux, dwfl_errmsg(-1));
		return NULL;
	}
	find_root(symbols);
	return g_steal_pointer(&symbols);
}

void fl_symbolize_close(FlSymbolize *symbols)
{
	if (!symbols)
		return;
	g_hash_table_unref(symbols->seen);
	object_free(symbols->kernel);
	if (symbols->dwfl)
		dwfl_end(symbols->dwfl);
	g_free(symbols->modules);
	g_free(symbols->root);
	g_free(symbols);
}

/* "[fl_probe]", "[fl_probe a1b2c3]", "[fl_probe(O)]": the object of a frame; NULL: not there. */
static const Object *object_of(FlSymbolize *symbols, const char *frame)
{
	const char *bracket = strchr(frame, '[');
	g_autofree char *name = NULL, *file = NULL, *path = NULL;
	gpointer object;

	if (!bracket)
		return symbols->kernel;
	name = g_strndup(bracket + 1, strcspn(bracket + 1, "]( "));
	if (!symbols->modules || !*name || strchr(name, '/'))
		return NULL;
	if (g_hash_table_lookup_extended(symbols->seen, name, NULL, &object))
		return object;
	file = g_strconcat(name, ".ko", NULL);
	path = g_build_filename(symbols->modules, file, NULL);
	object = g_file_test(path, G_FILE_TEST_IS_REGULAR) ? open_object(symbols->dwfl, name, path)
							   : NULL;
	g_hash_table_insert(symbols->seen, g_steal_pointer(&name), object);
	return object;
}

/*
 * The address of a function by name and size. Of several with one name the one whose size fits
 * best; NULL when two fit alike, since a wrong line is worse than none.
 */
static const GElf_Sym *find_symbol(const Object *object, const char *name, uint64_t size)
{
	const GArray *array = g_hash_table_lookup(object->symbols, name);
	const GElf_Sym *best = NULL;
	uint64_t best_waste = PADDING_MAX;
	bool doubtful = false;

	for (guint i = 0; array && i < array->len; i++) {
		const GElf_Sym *sym = &g_array_index(array, GElf_Sym, i);
		uint64_t waste = size - sym->st_size;

		if (size < sym->st_size || waste > best_waste ||
		    (best && sym->st_value == best->st_value))
			continue;
		doubtful = best && waste == best_waste;
		best = sym;
		best_waste = waste;
	}
	return doubtful ? NULL : best;
}

static void add_frame(GPtrArray *out, const FlSymbolize *symbols, const char *name,
		      const char *folder, const char *file, int line, bool is_inline)
{
	g_autofree char *path = relative_path(symbols, folder, file);

	g_ptr_array_add(
		out, g_strdup_printf("%s %s:%d%s", name, path, line, is_inline ? " (inline)" : ""));
}

bool fl_symbolize_place(const char *frame, char **ret_file, unsigned *ret_line)
{
	const char *place = strchr(frame, ' ');
	const char *colon = place ? strchr(place, ':') : NULL;
	uint64_t line;
	char *end;

	if (!colon || colon == place + 1 || !g_ascii_isdigit(colon[1]))
		return false;
	line = g_ascii_strtoull(colon + 1, &end, 10);
	if ((*end && *end != ' ') || !line || line > G_MAXINT)
		return false;
	*ret_file = g_strndup(place + 1, (gsize)(colon - place - 1));
	*ret_line = (unsigned)line;
	return true;
}

static Dwarf_Word number_of(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attribute;
	Dwarf_Word value;

	if (dwarf_formudata(dwarf_attr(die, name, &attribute), &value) != 0)
		return 0;
	return value;
}

/* The scopes around an address, innermost first, by where they stand and not what they are of. */
static int physical_scopes(Dwarf_Die *unit, Dwarf_Addr address, Dwarf_Die **ret_scopes)
{
	Dwarf_Die *scopes = NULL;
	Dwarf_Die inner;
	int n = dwarf_getscopes(unit, address, &scopes);

	if (n <= 0)
		return 0;
	inner = scopes[0];
	free(scopes);
	return dwarf_getscopes_die(&inner, ret_scopes);
}

/*
 * Adds a frame for each inlined function around the address. file and line are where the
 * instruction comes from, and afterwards where the last of them was called.
 */
static void add_inlined(GPtrArray *out, const FlSymbolize *symbols, Dwfl_Module *module,
			Dwarf_Addr address, const char *folder, const char **file, int *line)
{
	Dwarf_Addr bias = 0;
	Dwarf_Die *unit = dwfl_module_addrdie(module, address, &bias);
	Dwarf_Die *scopes = NULL;
	Dwarf_Files *files;
	int n = unit ? physical_scopes(unit, address - bias, &scopes) : 0;

	if (n > 0 && dwarf_getsrcfiles(unit, &files, NULL) != 0)
		n = 0;
	for (int i = 0; i < n; i++) {
		const char *name = dwarf_diename(&scopes[i]);
		const char *caller;

		if (dwarf_tag(&scopes[i]) != DW_TAG_inlined_subroutine || !name)
			continue;
		caller = dwarf_filesrc(files, number_of(&scopes[i], DW_AT_call_file), NULL, NULL);
		if (!caller)
			break;
		add_frame(out, symbols, name, folder, *file, *line, true);
		*file = caller;
		*line = (int)number_of(&scopes[i], DW_AT_call_line);
	}
	free(scopes);
}

/* Adds "func mm/memory.c:5381" and before it what was inlined there; false: it is not known. */
static bool resolve(FlSymbolize *symbols, const char *frame, bool exact, GPtrArray *out)
{
	const char *plus = strchr(frame, '+'), *slash = plus ? strchr(plus, '/') : NULL;
	g_autofree char *symbol = plus ? g_strndup(frame, (gsize)(plus - frame)) : NULL;
	g_autofree char *name = fl_stack_symbol(frame);
	const Object *object = slash ? object_of(symbols, frame) : NULL;
	const GElf_Sym *sym;
	uint64_t offset, address;
	const char *file;
	Dwfl_Line *line;
	int number;

	if (!object)
		return false;
	sym = find_symbol(object, symbol, g_ascii_strtoull(slash + 1, NULL, 16));
	offset = g_ascii_strtoull(plus + 1, NULL, 16);
	if (!sym || offset > G_MAXUINT32 || (!exact && !offset))
		return false;
	address = sym->st_value + offset - (exact ? 0 : 1);
	line = dwfl_module_getsrc(object->module, address);
	file = line ? dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL) : NULL;
	if (!file || number <= 0)
		return false;
	add_inlined(out, symbols, object->module, address, dwfl_line_comp_dir(line), &file,
		    &number);
	add_frame(out, symbols, name, dwfl_line_comp_dir(line), file, number, false);
	return true;
}

void fl_symbolize_frames(FlSymbolize *symbols, char ***frames, bool has_rip)
{
	GPtrArray *out = g_ptr_array_new();

	for (unsigned i = 0; *frames && (*frames)[i]; i++)
		if (!resolve(symbols, (*frames)[i], i == 0 && has_rip, out))
			g_ptr_array_add(out, g_strdup((*frames)[i]));
	g_ptr_array_add(out, NULL);
	g_strfreev(*frames);
	*frames = (char **)g_ptr_array_free(out, FALSE);
}

/* ---- lines to code ---- */

typedef struct {
	const FlSymbolize *symbols;
	FlSymbolizeLineFn wanted;
	gpointer data;
	GHashTable *paths; /* the compiler's name of a file, of one unit, to ours */
	GArray *found;	   /* of uint64_t */
} Search;

static const char *path_of(const Search *search, const char *folder, const char *file)
{
	char *path = g_hash_table_lookup(search->paths, file);

	if (!path) {
		path = relative_path(search->symbols, folder, file);
		g_hash_table_insert(search->paths, (gpointer)file, path);
	}
	return path;
}

static void look_at_line(const Search *search, const char *folder, Dwarf_Line *line,
			 Dwarf_Addr bias)
{
	const char *file = dwarf_linesrc(line, NULL, NULL);
	GElf_Addr address;
	bool begins, is_end;
	int number;

	if (!file || dwarf_lineno(line, &number) || dwarf_linebeginstatement(line, &begins) ||
	    dwarf_lineendsequence(line, &is_end) || dwarf_lineaddr(line, &address))
		return;
	if (!begins || is_end || number <= 0 ||
	    !search->wanted(path_of(search, folder, file), (unsigned)number, search->data))
		return;
	address += bias;
	g_array_append_val(search->found, address);
}

static void look_at_unit(const Search *search, Dwarf_Die *unit, Dwarf_Addr bias)
{
	Dwarf_Attribute attribute;
	const char *folder = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
	Dwarf_Lines *lines;
	size_t n;

	g_hash_table_remove_all(search->paths);
	if (dwarf_getsrclines(unit, &lines, &n) != 0)
		return;
	for (size_t i = 0; i < n; i++)
		look_at_line(search, folder, dwarf_onesrcline(lines, i), bias);
}

static gint by_address(gconstpointer a, gconstpointer b)
{
	const GElf_Addr *one = a, *two = b;

	return (*one > *two) - (*one < *two);
}

/* "func+0x1b"; NULL: it is in none, or in one whose name others have as well. */
static char *code_at(const FlSymbolize *symbols, GElf_Addr address)
{
	GElf_Off offset;
	GElf_Sym sym;
	const char *name = dwfl_module_addrinfo(symbols->kernel->module, address, &offset, &sym,
						NULL, NULL, NULL);
	const GArray *named = name ? g_hash_table_lookup(symbols->kernel->symbols, name) : NULL;

	if (!named || named->len > 1)
		return NULL;
	return g_strdup_printf("%s+0x%" G_GINT64_MODIFIER "x", name, (uint64_t)offset);
}

GArray *fl_symbolize_addresses(FlSymbolize *symbols, FlSymbolizeLineFn wanted, gpointer data)
{
	g_autoptr(GHashTable) paths = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	GArray *once = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	Search search = {symbols, wanted, data, paths, found};
	Dwarf_Die *unit = NULL;
	Dwarf_Addr bias;

	while ((unit = dwfl_module_nextcu(symbols->kernel->module, unit, &bias)))
		look_at_unit(&search, unit, bias);
	g_array_sort(found, by_address);
	for (guint i = 0; i < found->len; i++) {
		uint64_t address = g_array_index(found, uint64_t, i);

		if (!i || address != g_array_index(found, uint64_t, i - 1))
			g_array_append_val(once, address);
	}
	return once;
}

char **fl_symbolize_code(FlSymbolize *symbols, FlSymbolizeLineFn wanted, gpointer data)
{
	g_autoptr(GArray) addresses = fl_symbolize_addresses(symbols, wanted, data);
	g_autoptr(GStrvBuilder) places = g_strv_builder_new();

	for (guint i = 0; i < addresses->len; i++) {
		g_autofree char *place = code_at(symbols, g_array_index(addresses, uint64_t, i));

		if (place)
			g_strv_builder_add(places, place);
	}
	return g_strv_builder_end(places);
}

bool fl_symbolize(FlVerdict *verdict, const char *vmlinux, const char *modules, GError **error)
{
	g_autoptr(FlSymbolize) symbols = fl_symbolize_open(vmlinux, modules, error);

	if (!symbols)
		return false;
	for (unsigned i = 0; i < verdict->splats->len; i++) {
		FlSplat *splat = verdict->splats->pdata[i];

		fl_symbolize_frames(symbols, &splat->frames, splat->has_rip);
	}
	return true;
}
