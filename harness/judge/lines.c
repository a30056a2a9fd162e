// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes to lines. The path of a quiet line touches each byte twice (memchr for its end, memchr
 * for the start of a torn half) and copies it once, after one look at the whole piece for what has
 * to be taken out; everything dearer waits for a rare byte.
 */
#include "judge/lines.h"

#include "judge/dated.h"

#include <string.h>

void fl_lines_init(FlLines *lines, FlLineFn fn, gpointer data)
{
	*lines = (FlLines){.fn = fn, .data = data};
	lines->partial = g_string_new(NULL);
	lines->scratch = g_malloc(FL_LINES_MAX + 1);
	*lines->scratch = '\0';
}

void fl_lines_clear(FlLines *lines)
{
	if (lines->partial)
		g_string_free(lines->partial, TRUE);
	g_free(lines->scratch);
	*lines = (FlLines){0};
}

/* "<4>": the level and facility as `dmesg -r` and some consoles print them. */
static size_t read_level(const char *text, size_t len)
{
	size_t at = 1;

	if (len < 3 || text[0] != '<')
		return 0;
	while (at < len && at < 5 && g_ascii_isdigit(text[at]))
		at++;
	return at > 1 && at < len && text[at] == '>' ? at + 1 : 0;
}

/* " <    0.000012>", what has passed since the line before, as dmesg -d puts it into the stamp. */
static size_t delta_len(const char *text, size_t len)
{
	const char *end = NULL;

	if (len > 2 && text[0] == ' ' && text[1] == '<')
		end = memchr(text, '>', MIN(len, 20));
	return end ? (size_t)(end + 1 - text) : 0;
}

/* What a digit stands for, more than 9: it is none. */
static unsigned digit_of(char c)
{
	return (unsigned char)(c - '0');
}

/* Six digits, as printk prints the decimals of a stamp. */
static bool read_micros(const char *text, uint64_t *ret_us)
{
	unsigned value = 0;
	bool digits = true;

#pragma GCC unroll 6
	for (unsigned i = 0; i < 6; i++) {
		unsigned digit = digit_of(text[i]);

		digits &= digit <= 9;
		value = value * 10 + digit;
	}
	*ret_us = value;
	return digits;
}

/* "[    1.234567]" */
static size_t read_stamp(const char *text, size_t len, uint64_t *ret_us)
{
	uint64_t sec = 0, frac;
	size_t at = 1, first;

	if (len < 10 || text[0] != '[')
		return 0;
	while (at < len && text[at] == ' ')
		at++;
	for (first = at; at < len && at < 16 && digit_of(text[at]) <= 9; at++)
		sec = sec * 10 + digit_of(text[at]);
	if (at == first || at + 8 > len || text[at] != '.' || !read_micros(text + at + 1, &frac))
		return 0;
	at += 7;
	if (text[at] != ']')
		at += delta_len(text + at, len - at);
	if (at >= len || text[at] != ']')
		return 0;
	*ret_us = sec * 1000000 + frac;
	return at + 1;
}

/* "[   T12]" or "[    C1]" */
static size_t read_caller(const char *text, size_t len, uint32_t *ret_caller)
{
	uint32_t number = 0;
	size_t at = 1, first;
	char kind;

	if (len < 4 || text[0] != '[')
		return 0;
	while (at < len && text[at] == ' ')
		at++;
	if (at + 2 >= len || (text[at] != 'T' && text[at] != 'C'))
		return 0;
	kind = text[at++];
	for (first = at; at < len && at < 16 && digit_of(text[at]) <= 9; at++)
		number = number * 10 + digit_of(text[at]);
	if (at == first || at >= len || text[at] != ']')
		return 0;
	*ret_caller = number * 2 + (kind == 'C') + 2;
	return at + 1;
}

/* The console puts it right behind the stamp, dmesg a blank between. */
static size_t read_caller_behind(const char *text, size_t len, uint32_t *ret_caller)
{
	size_t blank = len && *text == ' ';
	size_t caller = read_caller(text + blank, len - blank, ret_caller);

	return caller ? blank + caller : 0;
}

size_t fl_lines_prefix(const char *text, size_t len, FlLine *ret_line)
{
	size_t level = read_level(text, len);
	size_t stamp = read_stamp(text + level, len - level, &ret_line->stamp_us);
	size_t at = level + stamp;

	if (!at)
		return 0;
	if (stamp)
		at += read_caller_behind(text + at, len - at, &ret_line->caller);
	if (at < len && text[at] == ' ')
		at++;
	else if (stamp && at < len)
		return 0;
	ret_line->stamped = true;
	return at;
}

/*
 * A log with printk's stamps has them on every line, so there a date is somebody else's. A date
 * is no reason to take the lines without one for somebody else's, though. printk: length of the
 * prefix that the kernel put there, already read into the line.
 */
static size_t read_prefix(FlLines *lines, const char *text, size_t len, size_t printk, FlLine *line)
{
	size_t prefix;

	if (printk) {
		lines->any_stamp = true;
		/* journalctl -o short-monotonic */
		return line->caller ? printk : printk + fl_dated_host(text + printk, len - printk);
	}
	if (line->torn || lines->any_stamp)
		return 0;
	prefix = fl_dated_prefix(text, len, &lines->dated_us);
	if (!prefix)
		return 0;
	line->stamp_us = lines->dated_us;
	prefix += read_caller(text + prefix, len - prefix, &line->caller);
	return prefix + (line->caller && prefix < len && text[prefix] == ' ');
}

static void hand_out(FlLines *lines, const char *text, size_t len, size_t printk, FlLine *line)
{
	size_t prefix = read_prefix(lines, text, len, printk, line);

	line->len = len - prefix;
	memcpy(lines->scratch, text + prefix, line->len);
	lines->scratch[line->len] = '\0';
	line->text = lines->scratch;
	lines->fn(line, lines->data);
}

/* Where a second printk prefix begins inside a line, behind the one that it has; 0: nowhere. */
static size_t find_tear(const char *text, size_t len, size_t printk)
{
	const char *at = text + MAX(printk, 1), *end = text + len;

	while (at < end && (at = memchr(at, '[', (size_t)(end - at)))) {
		FlLine ignored = {0};

		if (read_stamp(at, (size_t)(end - at), &ignored.stamp_us) &&
		    fl_lines_prefix(at, (size_t)(end - at), &ignored))
			return (size_t)(at - text);
		at++;
	}
	return 0;
}

/* Text of a clean line; parts it where the kernel wrote into somebody's unfinished line. */
static void hand_out_parts(FlLines *lines, const char *text, size_t len, bool torn)
{
	FlLine line = {.number = lines->number, .torn = torn};
	size_t printk = fl_lines_prefix(text, len, &line), tear;

	while ((tear = find_tear(text, len, printk))) {
		line = (FlLine){.number = lines->number, .torn = true};
		printk = fl_lines_prefix(text, tear, &line);
		hand_out(lines, text, tear, printk, &line);
		text += tear;
		len -= tear;
		line = (FlLine){.number = lines->number, .torn = torn};
		printk = fl_lines_prefix(text, len, &line);
	}
	hand_out(lines, text, len, printk, &line);
}

/* Length of an ANSI escape sequence at text, at least 1. */
static size_t escape_len(const char *text, size_t len)
{
	size_t at = 2;

	if (len >= 2 && text[1] == ']') { /* a window title, up to BEL */
		const char *bell = memchr(text, '\a', len);

		return bell ? (size_t)(bell + 1 - text) : 2;
	}
	if (len < 2 || text[1] != '[')
		return len < 2 ? len : 2;
	while (at < len && (unsigned char)text[at] >= 0x20 && (unsigned char)text[at] < 0x40)
		at++;
	return at < len ? at + 1 : len;
}

/* What of a text has to be taken out of it. */
typedef enum { CLEAN = 0, HAS_CR = 1, HAS_MORE = 2 } Dirt;

static Dirt dirt_of(const char *text, size_t len)
{
	Dirt dirt = memchr(text, '\r', len) ? HAS_CR : CLEAN;

	if (memchr(text, '\033', len) || memchr(text, '\0', len))
		dirt |= HAS_MORE;
	return dirt;
}

static void clean_and_hand_out(FlLines *lines, const char *text, size_t len, bool torn)
{
	g_autofree char *clean = g_malloc(len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len;) {
		if (text[i] == '\033') {
			i += escape_len(text + i, len - i);
			continue;
		}
		if (!text[i])
			lines->n_nul++;
		else if (text[i] != '\r')
			clean[n++] = text[i];
		i++;
	}
	hand_out_parts(lines, clean, n, torn);
}

/* around: the dirt of the piece in which the line is. A serial console ends its lines in CR LF. */
static bool is_dirty(const char *text, size_t len, Dirt around)
{
	return around & HAS_MORE ? dirt_of(text, len) != CLEAN : around && memchr(text, '\r', len);
}

static void take_line(FlLines *lines, const char *text, size_t len, bool torn, Dirt around)
{
	lines->number++;
	while (len && text[len - 1] == '\r')
		len--;
	len = MIN(len, FL_LINES_MAX);
	if (is_dirty(text, len, around))
		clean_and_hand_out(lines, text, len, torn);
	else
		hand_out_parts(lines, text, len, torn);
}

static void keep_partial(FlLines *lines, const char *bytes, size_t len)
{
	size_t room = FL_LINES_MAX - MIN(lines->partial->len, FL_LINES_MAX);

	g_string_append_len(lines->partial, bytes, (gssize)MIN(len, room));
	lines->overlong |= len > room;
}

void fl_lines_feed(FlLines *lines, const char *bytes, size_t len)
{
	const char *end = bytes + len, *newline;
	Dirt dirt = dirt_of(bytes, len);

	while (bytes < end && (newline = memchr(bytes, '\n', (size_t)(end - bytes)))) {
		if (lines->partial->len) {
			keep_partial(lines, bytes, (size_t)(newline - bytes));
			take_line(lines, lines->partial->str, lines->partial->len, lines->overlong,
				  HAS_MORE);
			g_string_truncate(lines->partial, 0);
		} else {
			take_line(lines, bytes, (size_t)(newline - bytes), false, dirt);
		}
		lines->overlong = false;
		bytes = newline + 1;
	}
	if (bytes < end)
		keep_partial(lines, bytes, (size_t)(end - bytes));
}

void fl_lines_end(FlLines *lines)
{
	if (!lines->partial->len)
		return;
	take_line(lines, lines->partial->str, lines->partial->len, true, HAS_MORE);
	g_string_truncate(lines->partial, 0);
}
