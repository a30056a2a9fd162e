// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watches for a moment whether the host runs a guest at all, stops it, reads it, and hands what was
 * read to the autopsy.
 * What cannot be read is left out; a guest that hangs is judged also without.
 */
#include "flow/dissect.h"

#include "base/fs.h"
#include "base/json.h"
#include "judge/autopsy.h"
#include "report/autopsy_text.h"
#include "store/rundir.h"

#include <string.h>

/* A verdict on a hang shall come within ten seconds of the limit. */
#define BUDGET_US (7 * G_USEC_PER_SEC)
/* Long enough for a vCPU that gets any time at all to be given some. */
#define WATCH_US (300 * 1000)

/* From one look to the next: a vCPU that gets on is somewhere else by then. */
#define BETWEEN_LOOKS_US (100 * 1000)

/* How far it came. */
typedef struct {
	FlInspect *inspect;
	char *now;
	GArray *before_ms, *now_ms;
} Look;

static void look_clear(Look *look)
{
	fl_inspect_free(look->inspect);
	g_free(look->now);
	g_clear_pointer(&look->before_ms, g_array_unref);
	g_clear_pointer(&look->now_ms, g_array_unref);
}

static bool watch_and_stop(Look *look, GError **error)
{
	look->before_ms = fl_inspect_cpu_ms(look->inspect);
	/* Nothing is waited for here: this is the time over which the vCPUs are measured. */
	g_usleep(WATCH_US);
	look->now_ms = fl_inspect_cpu_ms(look->inspect);
	return fl_inspect_stop(look->inspect, error) &&
	       (look->now = fl_inspect_registers(look->inspect, error));
}

static char *look_again(gpointer data)
{
	FlInspect *inspect = data;
	char *registers = NULL;

	if (!fl_inspect_go_on(inspect, NULL))
		return NULL;
	g_usleep(BETWEEN_LOOKS_US);
	if (fl_inspect_stop(inspect, NULL))
		registers = fl_inspect_registers(inspect, NULL);
	return registers;
}

static bool keep(const json_t *autopsy, const char *dir, GError **error)
{
	g_autofree char *object = g_build_filename(dir, FL_RUNDIR_AUTOPSY, NULL);
	g_autofree char *path = g_build_filename(dir, FL_RUNDIR_AUTOPSY_TEXT, NULL);
	g_autofree char *text = fl_autopsy_text(autopsy);

	return fl_json_write(object, autopsy, error) &&
	       fl_fs_write(path, text, strlen(text), error);
}

static const char *existing(const char *path)
{
	return path && g_file_test(path, G_FILE_TEST_EXISTS) ? path : NULL;
}

json_t *fl_dissect(FlVm *vm, const FlGuestRecord *guest, const char *dir, const char *why,
		   bool go_on)
{
	__attribute__((cleanup(look_clear))) Look look = {0};
	g_autofree char *scratch = g_build_filename(dir, "memory.tmp", NULL);
	g_autoptr(GError) error = NULL;
	json_t *autopsy;

	look.inspect = fl_vm_inspect(vm, scratch, BUDGET_US);
	if (!look.inspect)
		return NULL;
	if (!watch_and_stop(&look, &error))
		g_debug("autopsy: %s", error->message);
	g_clear_error(&error);
	FlAutopsySpec spec = {
		.why = why,
		.now = look.now,
		.before_ms = look.before_ms,
		.now_ms = look.now_ms,
		.read = fl_inspect_memory,
		.look_again = look_again,
		.data = look.inspect,
		.vmlinux = existing(guest->vmlinux),
		.modules = existing(guest->modules),
	};
	autopsy = fl_autopsy(&spec);
	if (go_on && !fl_inspect_go_on(look.inspect, &error))
		g_debug("autopsy: %s", error->message);
	g_clear_error(&error);
	if (!keep(autopsy, dir, &error))
		g_debug("autopsy: %s", error->message);
	return autopsy;
}
