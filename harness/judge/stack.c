// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parsing of what stands inside a report. Pure functions of text.
 */
#include "judge/stack.h"

#include "judge/demangle.h"

#include <string.h>

enum { SIGNATURE_FRAMES = 3 };

static size_t hex_len(const char *text)
{
	size_t len = 2;

	if (text[0] != '0' || text[1] != 'x')
		return 0;
	while (g_ascii_isdigit(text[len]) || (text[len] >= 'a' && text[len] <= 'f'))
		len++;
	return len;
}

static bool is_word(char c)
{
	return g_ascii_isalnum(c) || c == '_';
}

/* strspn prepares itself for each line, and there are few. */
static const char *skip_blanks(const char *text)
{
	while (*text == ' ' || *text == '\t')
		text++;
	return text;
}

/* Length of the function's name at text, 0 when it is none. */
static size_t name_len(const char *text)
{
	static const bool in_name[256] = {['0' ... '9'] = true, ['A' ... 'Z'] = true,
					  ['a' ... 'z'] = true, ['_'] = true,
					  ['.'] = true,		['$'] = true};
	size_t len = 0;

	while (in_name[(unsigned char)text[len]])
		len++;
	return len;
}

/* Length of "func+0x1b/0x2a0" at text, 0 when it is none. */
static size_t frame_len(const char *text)
{
	size_t name = name_len(text), offset, size;

	if (!name || text[name] != '+' || !(offset = hex_len(text + name + 1)))
		return 0;
	if (text[name + 1 + offset] != '/' || !(size = hex_len(text + name + 2 + offset)))
		return 0;
	return name + 2 + offset + size;
}

/* Length of "mm/memory.c:6042" at text, or of "??:?" as addr2line says that it knows none; else 0. */
static size_t place_len(const char *text)
{
	size_t len = 0;
	const char *colon;

	while (g_ascii_isgraph(text[len]) && text[len] != '(' && text[len] != ')')
		len++;
	colon = g_strrstr_len(text, (gssize)len, ":");
	if (!colon || (*text != '?' && !memchr(text, '.', (size_t)(colon - text))))
		return 0;
	if (strspn(colon + 1, "0123456789?") + 1 != len - (size_t)(colon - text))
		return 0;
	return len;
}

/*
 * Reads "(mm/memory.c:6042 (discriminator 3) mm/memory.c:6195)", the innermost place of inlined
 * functions first; returns what is behind it, NULL: it is something else.
 */
static const char *read_places(const char *text, GString *out)
{
	size_t len;

	do {
		len = place_len(++text);
		if (len && *text != '?')
			g_string_append_printf(out, " %.*s", (int)len, text);
		text += len;
		if (g_str_has_prefix(text, " (discriminator ") && strchr(text, ')'))
			text = strchr(text, ')') + 1;
	} while (len && *text == ' ');
	return len && *text == ')' ? text + 1 : NULL;
}

/* What scripts/decode_stacktrace.sh makes of a frame: "func (mm/memory.c:6042) mod". */
static char *take_decoded(const char *text)
{
	g_autoptr(GString) out = NULL;
	size_t name = name_len(text);

	if (!name || text[name] != ' ' || text[name + 1] != '(')
		return NULL;
	out = g_string_new_len(text, (gssize)name);
	text = read_places(text + name + 1, out);
	if (!text || (*text && *text != ' '))
		return NULL;
	text += strspn(text, " [");
	name = name_len(text);
	if (name)
		g_string_append_printf(out, " [%.*s]", (int)name, text);
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static char *take_frame(const char *text)
{
	size_t len = frame_len(text);
	const char *rest = text + len;

	if (!len)
		return take_decoded(text);
	if (*rest == ' ' && rest[1] == '[' && strchr(rest, ']'))
		len += (size_t)(strchr(rest, ']') + 1 - rest);
	else if (*rest && *rest != ' ')
		return NULL;
	return g_strndup(text, len);
}

/* x86 until 4.9 has a mark on the line of the first frame behind it: " <IRQ>  [<ffffffff81234567>] func". */
static const char *skip_mark(const char *text)
{
	const char *frame = *text == '<' ? strstr(text, "> ") : NULL;

	if (!frame)
		return text;
	frame += 1 + strspn(frame + 1, " ");
	return g_str_has_prefix(frame, "[<") ? frame : text;
}

/* 32-bit arm begins with the function that was called: "show_stack from ", "foo_open [foo] from ". */
static const char *skip_called(const char *text)
{
	size_t name = name_len(text);
	const char *rest = text + name;

	if (name && g_str_has_prefix(rest, " [") && strchr(rest, ']'))
		rest = strchr(rest, ']') + 1;
	return name && g_str_has_prefix(rest, " from ") ? rest + strlen(" from ") : text;
}

/*
 * Behind the blanks and the addresses with which a line of a stack begins: "[<ffffffff81234567>] " on
 * x86 until 4.10, in kmemleak until 6.7, on other architectures still; two on powerpc, without <>.
 */
static const char *skip_to_frame(const char *text)
{
	text = skip_mark(skip_blanks(text));
	while (*text == '[') {
		const char *end = text + 1 + (text[1] == '<');

		end += strspn(end, "0123456789abcdef");
		end += *end == '>';
		if (end - text < 8 || end[0] != ']' || end[1] != ' ')
			break;
		text = end + 1 + strspn(end + 1, " ");
	}
	return skip_called(text);
}

char *fl_stack_frame(const char *text)
{
	return take_frame(skip_to_frame(text));
}

/* " in ", " at " or, as in the first line of a WARN, "mm/memory.c:4213 ". */
static bool is_behind_place(const char *text, const char *at)
{
	const char *word = at - 1;

	if (at - text >= 4 && (memcmp(at - 4, " in ", 4) == 0 || memcmp(at - 4, " at ", 4) == 0))
		return true;
	while (word > text && word[-1] != ' ')
		word--;
	return word < at - 1 && word + place_len(word) == at - 1;
}

char *fl_stack_frame_in(const char *text)
{
	for (const char *blank = strchr(text, ' '); blank; blank = strchr(blank + 1, ' ')) {
		size_t len = frame_len(blank + 1);

		if (len && is_behind_place(text, blank + 1))
			return g_strndup(blank + 1, len);
	}
	return NULL;
}

char *fl_stack_rip(const char *text)
{
	static const char *const registers[] = {
		"RIP: 0010:", "pc : ", "epc : ", "EIP: ", "NIP ", "PC is at ", "EIP is at "};

	text = skip_blanks(text);
	for (size_t i = 0; i < G_N_ELEMENTS(registers); i++) {
		if (*text == *registers[i] && g_str_has_prefix(text, registers[i]))
			return fl_stack_frame(text + strlen(registers[i]));
	}
	return NULL;
}

bool fl_stack_is_inside(const char *text)
{
	g_autofree char *frame = NULL;

	text = skip_to_frame(text);
	text += g_str_has_prefix(text, "? ") ? 2 : 0;
	if (*text == '<' || g_str_has_prefix(text, "([<")) /* the latter is a guess of s390 */
		return true;
	frame = take_frame(text);
	return frame != NULL;
}

bool fl_stack_is_same(const char *frame, const char *other)
{
	size_t len = strcspn(frame, "+ ");

	if (frame[len] == '+')
		return strcmp(frame, other) == 0;
	return strncmp(frame, other, len) == 0 && strcspn(other, "+ ") == len;
}

bool fl_stack_is_registers(const char *text)
{
	static const char *const first[] = {
		"RIP: ", "RSP: ", "RAX: ", "RDX: ",  "RBP: ",  "R10: ", "R13: ", "FS:  ", "CS:  ",
		"CR2: ", "DR0: ", "DR3: ", "PKRU: ", "Code: ", "EIP: ", "EAX: ", "ESI: ", "DS: "};

	for (size_t i = 0; i < G_N_ELEMENTS(first); i++) {
		if (*text == *first[i] && g_str_has_prefix(text, first[i]))
			return true;
	}
	return false;
}

char *fl_stack_symbol(const char *frame)
{
	static const char *const suffixes[] = {".isra.", ".constprop.", ".part.", ".cold",
					       ".llvm."};
	size_t len = strcspn(frame, "+ ");
	char *name = g_strndup(frame, len);

	for (size_t i = 0; strchr(name, '.') && i < G_N_ELEMENTS(suffixes); i++) {
		char *at = strstr(name, suffixes[i]);

		if (at && at > name)
			*at = '\0';
	}
	return name;
}

char *fl_stack_function(const char *frame)
{
	g_autofree char *symbol = fl_stack_symbol(frame);

	return fl_demangle(symbol);
}

char *fl_stack_guilty(const FlRules *rules, const char *kind, char **frames, unsigned *from)
{
	for (; frames && frames[*from]; (*from)++) {
		g_autofree char *name = fl_stack_function(frames[*from]);

		if (fl_rules_is_machinery(rules, kind, name))
			continue;
		(*from)++;
		return g_steal_pointer(&name);
	}
	return NULL;
}

/* "ffff888 (&mm->mmap_lock){++++}-{3:3}, at: x" */
static char *lock_in_braces(const char *text)
{
	const char *close = strstr(text, "){");
	int depth = 0;

	if (!close)
		return NULL;
	for (const char *at = close; at >= text; at--) {
		if (*at == ')')
			depth++;
		else if (*at == '(' && --depth == 0)
			return g_strndup(at + 1, (gsize)(close - at - 1));
	}
	return NULL;
}

char *fl_stack_lock(const char *text)
{
	static const char release[] = "is trying to release lock (";
	const char *at = strstr(text, release), *close;

	if (!at)
		return lock_in_braces(text);
	at += strlen(release);
	close = g_strrstr(at, ") at");
	return close ? g_strndup(at, (gsize)(close - at)) : NULL;
}

static bool is_number(const char *word, size_t len)
{
	if (g_ascii_isdigit(*word))
		return true;
	return len >= 8 && strspn(word, "0123456789abcdef") >= len;
}

static void append_without_numbers(GString *out, const char *text)
{
	while (*text) {
		size_t len = 0;

		while (is_word(text[len]))
			len++;
		if (!len)
			g_string_append_c(out, *text++);
		else if (is_number(text, len))
			g_string_append_c(out, 'N');
		else
			g_string_append_len(out, text, (gssize)len);
		text += len;
	}
}

char *fl_stack_signature(const FlRules *rules, const FlSplat *splat)
{
	GString *out = g_string_new(splat->kind);
	unsigned from = 0;

	g_string_append(out, ": ");
	append_without_numbers(out, splat->title);
	g_string_append(out, " |");
	for (unsigned i = 0; i < SIGNATURE_FRAMES; i++) {
		g_autofree char *name = fl_stack_guilty(rules, splat->kind, splat->frames, &from);

		if (!name)
			break;
		g_string_append_c(out, ' ');
		g_string_append(out, name);
	}
	return g_string_free(out, FALSE);
}
