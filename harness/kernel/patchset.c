// SPDX-License-Identifier: GPL-2.0-only
/*
 * A light reader of diffs. It does not apply anything: git does, exactly and without fuzz. It
 * says beforehand what git would say badly (nothing in it, binary, outside the tree), and turns
 * git's refusal into a sentence with file, hunk number and line.
 */
#include "kernel/patchset.h"

#include "kernel/kcache.h"

#include <stdio.h>
#include <string.h>

/* Where a reader of a diff is; hunk bodies must not be taken for headers. */
typedef struct {
	char *file;	    /* the file that the next hunks are of */
	unsigned hunk;	    /* number of the last hunk in it */
	unsigned old_start; /* its first line in the old file */
	unsigned old_left, new_left;
} Reader;

typedef enum { LINE_OTHER, LINE_BODY, LINE_PATH, LINE_HUNK, LINE_BINARY, LINE_CHANGE } LineKind;

static void reader_clear(Reader *reader)
{
	g_clear_pointer(&reader->file, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reader, reader_clear)

/* "a/mm/memory.c<TAB>date" -> "mm/memory.c"; "/dev/null" stays. */
static char *strip_path(const char *path)
{
	g_autofree char *whole = g_strndup(path, strcspn(path, "\t\r"));
	const char *slash;

	if (*whole == '"' && strlen(whole) > 1) {
		g_autofree char *inner = g_strndup(whole + 1, strlen(whole) - 2);

		g_free(whole);
		whole = g_strcompress(inner);
	}
	if (g_str_equal(whole, "/dev/null"))
		return g_steal_pointer(&whole);
	/* What leads out of the tree keeps its form, so that escapes() sees it. */
	if (*whole == '/' || strstr(whole, ".."))
		return g_steal_pointer(&whole);
	slash = strchr(whole, '/');
	return g_strdup(slash ? slash + 1 : whole);
}

static bool read_body(Reader *reader, const char *line)
{
	if (!reader->old_left && !reader->new_left)
		return *line == '\\';
	if (reader->old_left && *line != '+' && *line != '\\')
		reader->old_left--;
	if (reader->new_left && *line != '-' && *line != '\\')
		reader->new_left--;
	return true;
}

static bool read_hunk(Reader *reader, const char *line)
{
	unsigned old_start, old_count = 1, new_start, new_count = 1;

	if (sscanf(line, "@@ -%u,%u +%u,%u @@", &old_start, &old_count, &new_start, &new_count) !=
	    4) {
		old_count = new_count = 1;
		if (sscanf(line, "@@ -%u,%u +%u @@", &old_start, &old_count, &new_start) != 3) {
			old_count = 1;
			if (sscanf(line, "@@ -%u +%u,%u @@", &old_start, &new_start, &new_count) !=
				    3 &&
			    sscanf(line, "@@ -%u +%u @@", &old_start, &new_start) != 2)
				return false;
		}
	}
	reader->hunk++;
	reader->old_start = old_start;
	reader->old_left = old_count;
	reader->new_left = new_count;
	return true;
}

static void set_file(Reader *reader, char *file)
{
	/* A new file has its name on the +++ line, a removed one on the --- line. */
	if (g_str_equal(file, "/dev/null") && reader->file) {
		g_free(file);
		return;
	}
	g_free(reader->file);
	reader->file = file;
	reader->hunk = 0;
}

static LineKind read_line(Reader *reader, const char *line)
{
	static const char *const changes[] = {"rename from ", "rename to ", "copy from ",
					      "copy to "};

	if (read_body(reader, line))
		return LINE_BODY;
	if (g_str_has_prefix(line, "@@ -"))
		return reader->file && read_hunk(reader, line) ? LINE_HUNK : LINE_OTHER;
	if (g_str_has_prefix(line, "--- ") && line[4] && !g_str_equal(line, "--- ")) {
		g_clear_pointer(&reader->file, g_free);
		set_file(reader, strip_path(line + 4));
		return LINE_PATH;
	}
	if (g_str_has_prefix(line, "+++ ")) {
		set_file(reader, strip_path(line + 4));
		return LINE_PATH;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(changes); i++)
		if (g_str_has_prefix(line, changes[i])) {
			g_clear_pointer(&reader->file, g_free);
			set_file(reader, g_strdup(line + strlen(changes[i])));
			return LINE_CHANGE;
		}
	if (g_str_has_prefix(line, "new file mode ") ||
	    g_str_has_prefix(line, "deleted file mode ") || g_str_has_prefix(line, "new mode "))
		return LINE_CHANGE;
	if (g_str_has_prefix(line, "GIT binary patch") ||
	    (g_str_has_prefix(line, "Binary files ") && g_str_has_suffix(line, " differ")))
		return LINE_BINARY;
	return LINE_OTHER;
}

static bool escapes(const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);

	if (g_str_equal(path, "/dev/null"))
		return false;
	if (*path == '/' || g_strv_contains((const char *const *)parts, ".."))
		return true;
	return g_ascii_strcasecmp(parts[0] ? parts[0] : "", ".git") == 0;
}

static bool fail(GError **error, const char *name, unsigned line, const char *what)
{
	if (line)
		g_set_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_PATCH, "%s:%u: %s", name, line,
			    what);
	else
		g_set_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_PATCH, "patch %s %s", name,
			    what);
	return false;
}

/* Mail in another transfer encoding than plain text: its diff is not there to be read. */
static bool is_encoded(const char *line)
{
	static const char header[] = "Content-Transfer-Encoding:";

	return !g_ascii_strncasecmp(line, header, strlen(header)) &&
	       (strcasestr(line, "quoted-printable") || strcasestr(line, "base64"));
}

static bool check_lines(const char *name, char **lines, GError **error)
{
	g_auto(Reader) reader = {0};
	bool changes = false, headers = true;

	for (unsigned i = 0; lines[i]; i++) {
		LineKind kind = read_line(&reader, lines[i]);

		if (kind == LINE_BINARY)
			return fail(error, name, i + 1,
				    "a binary patch; faultline applies patches of text only");
		if ((kind == LINE_PATH || (kind == LINE_CHANGE && reader.file)) &&
		    escapes(reader.file)) {
			g_autofree char *what = g_strdup_printf(
				"the path %s leads out of the kernel tree", reader.file);

			return fail(error, name, i + 1, what);
		}
		if (kind != LINE_OTHER)
			headers = false;
		if (headers && is_encoded(lines[i]))
			return fail(
				error, name, i + 1,
				"an encoded mail; save the patch decoded (8bit), as git am does");
		changes |= kind == LINE_HUNK || kind == LINE_CHANGE;
	}
	if (changes)
		return true;
	return fail(error, name, 0, "contains no change: no hunk of a unified diff is in it");
}

/* A mail client that made all line ends CRLF is forgiven; a file of mixed ends is taken as it is. */
static char *plain_line_ends(const char *text, gsize len)
{
	GString *plain;

	for (const char *lf = strchr(text, '\n'); lf; lf = strchr(lf + 1, '\n'))
		if (lf == text || lf[-1] != '\r')
			return g_strndup(text, len);
	plain = g_string_new_len(text, (gssize)len);
	g_string_replace(plain, "\r\n", "\n", 0);
	return g_string_free(plain, FALSE);
}

bool fl_patchset_check(const char *name, const char *text, gsize len, char **ret_text,
		       GError **error)
{
	g_autofree char *plain = NULL;
	g_auto(GStrv) lines = NULL;

	if (memchr(text, '\0', len))
		return fail(error, name, 0, "is not text: there is a NUL byte in it");
	plain = plain_line_ends(text, len);
	lines = g_strsplit(plain, "\n", -1);
	if (!check_lines(name, lines, error))
		return false;
	*ret_text = g_steal_pointer(&plain);
	return true;
}

unsigned fl_patchset_hunk(const char *text, const char *file, unsigned line)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_auto(Reader) reader = {0};

	for (unsigned i = 0; lines[i]; i++)
		if (read_line(&reader, lines[i]) == LINE_HUNK && reader.old_start == line &&
		    !g_strcmp0(reader.file, file))
			return reader.hunk;
	return 0;
}

/* "error: patch failed: mm/memory.c:4669" */
static char *explain_hunk(const char *name, const char *text, const char *place)
{
	const char *colon = strrchr(place, ':');
	g_autofree char *file = g_strndup(place, colon ? (gsize)(colon - place) : strlen(place));
	unsigned line = colon ? (unsigned)g_ascii_strtoull(colon + 1, NULL, 10) : 0;

	return g_strdup_printf(
		"patch %s does not apply: %s, hunk %u (line %u): the lines there differ "
		"from what the patch expects",
		name, file, fl_patchset_hunk(text, file, line), line);
}

char *fl_patchset_explain(const char *name, const char *text, const char *git_output)
{
	g_auto(GStrv) lines = g_strsplit(git_output ? git_output : "", "\n", -1);
	static const char failed[] = "error: patch failed: ";
	static const char missing[] = ": does not exist in index";
	static const char exists[] = ": already exists in index";
	const char *first = NULL;

	for (char **line = lines; *line; line++) {
		if (g_str_has_prefix(*line, failed))
			return explain_hunk(name, text, *line + strlen(failed));
		if (!first && g_str_has_prefix(*line, "error: "))
			first = *line + strlen("error: ");
	}
	if (!first)
		return g_strdup_printf("patch %s does not apply: git apply gave no reason", name);
	if (g_str_has_suffix(first, missing))
		return g_strdup_printf("patch %s does not apply: %.*s is not in this tree", name,
				       (int)(strlen(first) - strlen(missing)), first);
	if (g_str_has_suffix(first, exists))
		return g_strdup_printf(
			"patch %s does not apply: it creates %.*s, which is there already", name,
			(int)(strlen(first) - strlen(exists)), first);
	return g_strdup_printf("patch %s does not apply: %s", name, first);
}
