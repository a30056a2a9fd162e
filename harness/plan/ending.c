// SPDX-License-Identifier: GPL-2.0-only
/*
 * The names of the endings, as they stand in the evidence, and whose doing they are.
 */
#include "plan/ending.h"

#include <glib.h>

static const char *const names[] = {
	[FL_ENDING_UNKNOWN] = "unknown",     [FL_ENDING_EXIT] = "exit",
	[FL_ENDING_POWEROFF] = "poweroff",   [FL_ENDING_RESET] = "reset",
	[FL_ENDING_PANIC] = "panic",	     [FL_ENDING_NO_BOOT] = "no-boot",
	[FL_ENDING_SILENCE] = "silence",     [FL_ENDING_TOTAL] = "total",
	[FL_ENDING_FLOOD] = "flood",	     [FL_ENDING_STOPPED] = "stopped",
	[FL_ENDING_CANCELLED] = "cancelled", [FL_ENDING_QEMU] = "qemu",
};

bool fl_ending_is_own(FlEnding ending)
{
	return ending == FL_ENDING_EXIT || ending == FL_ENDING_POWEROFF ||
	       ending == FL_ENDING_RESET || ending == FL_ENDING_PANIC;
}

const char *fl_ending_name(FlEnding ending)
{
	g_assert((size_t)ending < G_N_ELEMENTS(names));
	return names[ending];
}

bool fl_ending_parse(const char *name, FlEnding *ret_ending)
{
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		if (g_strcmp0(names[i], name) == 0) {
			*ret_ending = (FlEnding)i;
			return true;
		}
	}
	return false;
}
