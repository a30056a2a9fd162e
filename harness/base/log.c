// SPDX-License-Identifier: GPL-2.0-only
/*
 * Progress on standard error: kept lines, and on a terminal one live line that is rewritten.
 * The one piece of state of the program that is not passed around: there is only one terminal.
 */
#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static struct {
	FlLogLevel level;
	bool terminal, color, live;
} log_state = {.level = FL_LOG_NORMAL};

void fl_log_setup(FlLogLevel level, bool terminal, bool color)
{
	log_state.level = level;
	log_state.terminal = terminal;
	log_state.color = color;
}

void fl_log_clear(void)
{
	if (log_state.live)
		fputs("\r\033[K", stderr);
	log_state.live = false;
	fflush(stderr);
}

static void print_line(const char *prefix, const char *format, va_list args)
{
	g_autofree char *text = g_strdup_vprintf(format, args);

	fl_log_clear();
	fprintf(stderr, "%s%s\n", prefix, text);
}

void fl_log_step(const char *format, ...)
{
	va_list args;

	if (log_state.level < FL_LOG_NORMAL)
		return;
	va_start(args, format);
	print_line("", format, args);
	va_end(args);
}

void fl_log_detail(const char *format, ...)
{
	va_list args;

	if (log_state.level < FL_LOG_VERBOSE)
		return;
	va_start(args, format);
	print_line("  ", format, args);
	va_end(args);
}

void fl_log_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line(log_state.color ? "\033[33mwarning:\033[0m " : "warning: ", format, args);
	va_end(args);
}

static int columns(void)
{
	struct winsize size = {0};

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20)
		return size.ws_col;
	return 80;
}

void fl_log_live(const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;
	int width;

	if (!log_state.terminal || log_state.level < FL_LOG_NORMAL)
		return;
	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	/* A line that wraps could not be rewritten. */
	width = columns() - 1;
	fprintf(stderr, "\r\033[K%.*s", width, text);
	fflush(stderr);
	log_state.live = true;
}
