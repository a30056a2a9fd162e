// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asks QEMU for its version with a plugin on its command line: one that was built without plugins
 * refuses the option, and the others do not load it for that.
 */
#include "vm/plugin.h"

#include "base/proc.h"
#include "vm/qemu.h"
#include "vm/vm.h"

#define DEADLINE_US 15000000u

static bool refuse(GError **error, const char *what, const char *detail)
{
	g_set_error(error, FL_VM_ERROR, FL_VM_ERROR_MISSING, "a guest cannot be traced: %s%s", what,
		    detail);
	return false;
}

bool fl_plugin_check(const char *qemu, const char *plugin, GCancellable *cancel, GError **error)
{
	g_autofree char *file = fl_qemu_escape(plugin);
	g_autofree char *option = g_strdup_printf("file=%s", file);
	const char *argv[] = {qemu, "-plugin", option, "-version", NULL};
	FlProcSpec spec = {.argv = argv, .deadline_us = DEADLINE_US};
	g_autofree char *said = NULL;
	g_autoptr(GError) cause = NULL;

	if (!g_file_test(plugin, G_FILE_TEST_IS_REGULAR))
		return refuse(error, "expected the plugin for QEMU that make builds at ", plugin);
	if (fl_proc_run(&spec, cancel, &said, &cause))
		return true;
	if (g_error_matches(cause, FL_PROC_ERROR, FL_PROC_ERROR_FAILED))
		return refuse(error, "this QEMU takes no plugins: ",
			      g_strdelimit(g_strstrip(said), "\r\n", ' '));
	g_propagate_error(error, g_steal_pointer(&cause));
	return false;
}
