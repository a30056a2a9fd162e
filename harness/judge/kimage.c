// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmlinux and fl_offsets.ko read with libelf. What is not there is not known; only a vmlinux that
 * is no ELF file is an error.
 */
#include "judge/kimage.h"

#include "base/fs.h"

#include <fcntl.h>
#include <gelf.h>
#include <gio/gio.h>
#include <string.h>

/* An entry of fl_offsets.ko, as guest-tests/modules/fl_offsets.c writes it. */
typedef struct {
	char name[40];
	int64_t value;
} Offset;

typedef struct {
	uint64_t address, size;
	const char *name; /* in the ELF file */
	bool is_function;
} Symbol;

struct FlKimage {
	int fd;
	Elf *elf;
	GArray *symbols; /* of Symbol, by address */
	GHashTable *names;
	GHashTable *offsets; /* name -> int64_t * */
	FlOrc orc;
};

static Elf_Scn *find_section(Elf *elf, const char *name, GElf_Shdr *header)
{
	size_t names;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return NULL;
	for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
		const char *its;

		if (!gelf_getshdr(section, header))
			continue;
		its = elf_strptr(elf, names, header->sh_name);
		if (its && strcmp(its, name) == 0)
			return section;
	}
	return NULL;
}

static int by_address(gconstpointer a, gconstpointer b)
{
	const Symbol *one = a, *two = b;

	return one->address < two->address ? -1 : one->address > two->address;
}

static void add_symbol(FlKimage *image, const GElf_Sym *sym, const char *name)
{
	int type = GELF_ST_TYPE(sym->st_info);
	Symbol symbol = {.address = sym->st_value,
			 .size = sym->st_size,
			 .name = name,
			 .is_function = type != STT_OBJECT};

	if (!name || !*name || sym->st_shndx == SHN_UNDEF || type == STT_SECTION ||
	    type == STT_FILE)
		return;
	g_hash_table_insert(image->names, (gpointer)name, g_memdup2(&symbol.address, 8));
	if (type == STT_FUNC || type == STT_OBJECT || (type == STT_NOTYPE && sym->st_size))
		g_array_append_val(image->symbols, symbol);
}

static void read_symbols(FlKimage *image)
{
	GElf_Shdr header;
	Elf_Scn *section = find_section(image->elf, ".symtab", &header);
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
	GElf_Sym sym;

	for (int i = 0; data && gelf_getsym(data, i, &sym); i++)
		add_symbol(image, &sym, elf_strptr(image->elf, header.sh_link, sym.st_name));
	g_array_sort(image->symbols, by_address);
}

static void read_orc(FlKimage *image)
{
	GElf_Shdr ips, entries;
	Elf_Scn *ip_section = find_section(image->elf, ".orc_unwind_ip", &ips);
	Elf_Scn *section = find_section(image->elf, ".orc_unwind", &entries);
	Elf_Data *ip_data = ip_section ? elf_rawdata(ip_section, NULL) : NULL;
	Elf_Data *data = section ? elf_rawdata(section, NULL) : NULL;

	if (!ip_data || !data)
		return;
	image->orc.address = ips.sh_addr;
	image->orc.ips = ip_data->d_buf;
	image->orc.entries = data->d_buf;
	image->orc.n = MIN(ip_data->d_size / 4, data->d_size / FL_ORC_ENTRY_SIZE);
}

static void take_offsets(FlKimage *image, const char *bytes, size_t len)
{
	for (size_t at = 0; at + sizeof(Offset) <= len; at += sizeof(Offset)) {
		Offset offset;

		memcpy(&offset, bytes + at, sizeof(offset));
		offset.name[sizeof(offset.name) - 1] = '\0';
		g_hash_table_insert(image->offsets, g_strdup(offset.name),
				    g_memdup2(&offset.value, sizeof(offset.value)));
	}
}

static void read_offsets(FlKimage *image, const char *modules)
{
	g_autofree char *path = g_build_filename(modules, "fl_offsets.ko", NULL);
	fl_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf *elf = fd >= 0 ? elf_begin(fd, ELF_C_READ, NULL) : NULL;
	GElf_Shdr header;
	Elf_Scn *section = elf ? find_section(elf, ".fl_offsets", &header) : NULL;
	Elf_Data *data = section ? elf_rawdata(section, NULL) : NULL;

	if (data && data->d_buf)
		take_offsets(image, data->d_buf, data->d_size);
	elf_end(elf);
}

FlKimage *fl_kimage_open(const char *vmlinux, const char *modules, GError **error)
{
	g_autoptr(FlKimage) image = g_new0(FlKimage, 1);

	elf_version(EV_CURRENT);
	image->names = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
	image->offsets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	image->symbols = g_array_new(FALSE, TRUE, sizeof(Symbol));
	image->fd = open(vmlinux, O_RDONLY | O_CLOEXEC);
	image->elf = image->fd >= 0 ? elf_begin(image->fd, ELF_C_READ_MMAP, NULL) : NULL;
	if (!image->elf || elf_kind(image->elf) != ELF_K_ELF) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
			    "%s: expected a vmlinux with symbols", vmlinux);
		return NULL;
	}
	read_symbols(image);
	read_orc(image);
	if (modules)
		read_offsets(image, modules);
	return g_steal_pointer(&image);
}

void fl_kimage_close(FlKimage *image)
{
	if (!image)
		return;
	g_hash_table_unref(image->names);
	g_hash_table_unref(image->offsets);
	g_array_unref(image->symbols);
	elf_end(image->elf);
	fl_fs_close_fd(&image->fd);
	g_free(image);
}

bool fl_kimage_symbol(const FlKimage *image, const char *name, uint64_t *ret_address)
{
	const uint64_t *address = g_hash_table_lookup(image->names, name);

	if (address)
		*ret_address = *address;
	return address != NULL;
}

/* The last symbol of the kind at or before the address. */
static const Symbol *symbol_at(const FlKimage *image, uint64_t address, bool is_function)
{
	guint low = 0, high = image->symbols->len;

	while (low < high) {
		guint middle = (low + high) / 2;

		if (g_array_index(image->symbols, Symbol, middle).address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	while (low--) {
		const Symbol *symbol = &g_array_index(image->symbols, Symbol, low);

		if (symbol->is_function == is_function)
			return symbol;
	}
	return NULL;
}

char *fl_kimage_frame(const FlKimage *image, uint64_t address)
{
	const Symbol *symbol = symbol_at(image, address, true);

	/* Behind the last byte still counts: a return address of a call that does not return. */
	if (!symbol || address - symbol->address > symbol->size)
		return NULL;
	return g_strdup_printf("%s+0x%llx/0x%llx", symbol->name,
			       (unsigned long long)(address - symbol->address),
			       (unsigned long long)symbol->size);
}

char *fl_kimage_variable(const FlKimage *image, uint64_t address)
{
	const Symbol *symbol = symbol_at(image, address, false);

	if (!symbol || address - symbol->address >= MAX(symbol->size, 1u))
		return NULL;
	return g_strdup(symbol->name);
}

bool fl_kimage_offset(const FlKimage *image, const char *field, uint64_t *ret_offset)
{
	const int64_t *value = g_hash_table_lookup(image->offsets, field);

	if (value)
		*ret_offset = (uint64_t)*value;
	return value != NULL;
}

bool fl_kimage_has_offsets(const FlKimage *image)
{
	return g_hash_table_size(image->offsets) != 0;
}

const FlOrc *fl_kimage_orc(const FlKimage *image)
{
	return &image->orc;
}
