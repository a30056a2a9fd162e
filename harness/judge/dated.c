// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dates before lines. Each form is a shape of fixed width, and perhaps the host's name behind it.
 */
#include "judge/dated.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

typedef struct {
	const char *shape; /* a: a letter, 1: a digit, _: a digit or a blank, all else itself */
	size_t day, clock; /* where they stand in it */
	bool host;	   /* "host kernel: " follows */
} Form;

static const Form forms[] = {
	{"[aaa aaa _1 11:11:11 1111] ", 9, 12, false},
	{"[aaa_1 11:11] ", 4, 7, false},
	{"aaa _1 11:11:11 ", 4, 7, true},
	{"1111-11-11T11:11:11,111111", 8, 11, false},
	{"1111-11-11T11:11:11", 8, 11, true},
};

static bool fits(char want, char c)
{
	if (want == 'a')
		return g_ascii_isalpha(c);
	if (want == '1')
		return g_ascii_isdigit(c);
	if (want == '_')
		return g_ascii_isdigit(c) || c == ' ';
	return want == c;
}

static size_t match_shape(const char *shape, const char *text, size_t len)
{
	size_t at;

	for (at = 0; shape[at]; at++) {
		if (at >= len || !fits(shape[at], text[at]))
			return 0;
	}
	return at;
}

static unsigned two_digits(const char *text)
{
	return (text[0] == ' ' ? 0 : (unsigned)(text[0] - '0')) * 10 + (unsigned)(text[1] - '0');
}

/* Behind the blank that ends the word at text, 0: nothing does. */
static size_t skip_word(const char *text, size_t len)
{
	const char *blank = memchr(text, ' ', len);

	return blank ? (size_t)(blank - text) + 1 : 0;
}

size_t fl_dated_host(const char *text, size_t len)
{
	static const char kernel[] = "kernel: ";
	size_t at = skip_word(text, len);

	if (!at || len - at < strlen(kernel) || memcmp(text + at, kernel, strlen(kernel)) != 0)
		return 0;
	return at + strlen(kernel);
}

static size_t read_form(const Form *form, const char *text, size_t len)
{
	size_t at = match_shape(form->shape, text, len), rest;

	/* More digits of the time, and the zone. */
	if (at && text[at - 1] != ' ') {
		rest = skip_word(text + at, len - at);
		at = rest ? at + rest : 0;
	}
	if (!at || !form->host)
		return at;
	rest = fl_dated_host(text + at, len - at);
	return rest ? at + rest : 0;
}

/* "[  +0.000012] ", what has passed since the line before. */
static size_t read_step(const char *text, size_t len, uint64_t *us)
{
	uint64_t part = 0;
	size_t at = 1;

	if (len < 2 || text[0] != '[')
		return 0;
	while (at < len && text[at] == ' ')
		at++;
	if (at >= len || text[at] != '+')
		return 0;
	while (++at < len && at < 20 && (g_ascii_isdigit(text[at]) || text[at] == '.'))
		part = text[at] == '.' ? part : part * 10 + (uint64_t)(text[at] - '0');
	if (at + 1 >= len || at < 9 || text[at - 7] != '.' || !g_ascii_isdigit(text[at - 8]) ||
	    text[at] != ']' || text[at + 1] != ' ')
		return 0;
	*us += part;
	return at + 2;
}

/* "4,812,9123456,-;", as /dev/kmsg and netconsole put it: the third number counts microseconds. */
static size_t read_record(const char *text, size_t len, uint64_t *us)
{
	uint64_t number[3] = {0};
	size_t at = 0;
	const char *end;

	for (unsigned i = 0; i < G_N_ELEMENTS(number); i++, at++) {
		if (at >= len || !g_ascii_isdigit(text[at]))
			return 0;
		for (; at < len && at < 48 && g_ascii_isdigit(text[at]); at++)
			number[i] = number[i] * 10 + (uint64_t)(text[at] - '0');
		if (at >= len || text[at] != ',')
			return 0;
	}
	end = at < len && strchr("-c+", text[at]) ? memchr(text + at, ';', MIN(len - at, 32))
						  : NULL;
	if (!end)
		return 0;
	*us = number[2];
	return (size_t)(end - text) + 1;
}

static uint64_t seconds(const char *text, const Form *form)
{
	const char *clock = text + form->clock;
	uint64_t minutes = two_digits(clock) * 60 + two_digits(clock + 3);

	return two_digits(text + form->day) * (uint64_t)86400 + minutes * 60 +
	       (clock[5] == ':' ? two_digits(clock + 6) : 0);
}

size_t fl_dated_prefix(const char *text, size_t len, uint64_t *us)
{
	for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
		size_t prefix = read_form(&forms[i], text, len);

		if (!prefix)
			continue;
		*us = seconds(text, &forms[i]) * 1000000;
		return prefix;
	}
	return len && *text == '[' ? read_step(text, len, us) : read_record(text, len, us);
}
