// SPDX-License-Identifier: GPL-2.0-only
/*
 * QEMU's migration to a file. It waits here: a guest that is saved has no more to say.
 */
#include "vm/save.h"

#include "base/json.h"

#include <gio/gio.h>
#include <string.h>

#define POLL_US 2000

static json_t *capability(void)
{
	return json_pack("{s:[{s:s, s:b}]}", "capabilities", "capability", FL_SAVE_WITHOUT_MEMORY,
			 "state", 1);
}

static bool call(FlQmp *qmp, const char *command, json_t *arguments, int64_t end_us, GError **error)
{
	g_autoptr(json_t) answer = fl_qmp_call(qmp, command, arguments, end_us, error);

	return answer != NULL;
}

/* QEMU may be done before cat is: the file has its name when it is whole. */
static bool begin(FlQmp *qmp, const char *path, int64_t end_us, GError **error)
{
	g_autofree char *part = g_strconcat(path, ".part", NULL);
	g_autofree char *quoted_part = g_shell_quote(part);
	g_autofree char *quoted = g_shell_quote(path);
	g_autofree char *uri =
		g_strdup_printf("exec:cat >%s && mv %s %s", quoted_part, quoted_part, quoted);

	return call(qmp, "stop", NULL, end_us, error) &&
	       call(qmp, "migrate-set-capabilities", capability(), end_us, error) &&
	       call(qmp, "migrate", json_pack("{s:s}", "uri", uri), end_us, error);
}

/* false with the error: it failed, or the time is up. */
static bool wait_for_end(FlQmp *qmp, const char *path, int64_t end_us, GError **error)
{
	for (;;) {
		g_autoptr(json_t) answer = fl_qmp_call(qmp, "query-migrate", NULL, end_us, error);
		const char *status = json_string_value(json_object_get(answer, "status"));

		if (!answer)
			return false;
		if (g_strcmp0(status, "completed") == 0 &&
		    g_file_test(path, G_FILE_TEST_IS_REGULAR))
			return true;
		if (g_strcmp0(status, "failed") == 0 || g_get_monotonic_time() > end_us) {
			g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
				    "QEMU did not save the guest to %s: its migration is \"%s\"",
				    path, status ? status : "none");
			return false;
		}
		g_usleep(POLL_US);
	}
}

bool fl_save_state(FlQmp *qmp, const char *path, int64_t end_us, GError **error)
{
	return begin(qmp, path, end_us, error) && wait_for_end(qmp, path, end_us, error);
}

char *fl_save_restore_lines(const char *uri)
{
	g_autofree char *set = fl_qmp_line("migrate-set-capabilities", capability());
	g_autofree char *come = fl_qmp_line("migrate-incoming", json_pack("{s:s}", "uri", uri));

	return g_strconcat(set, come, NULL);
}

bool fl_save_restore(FlQmp *qmp, const char *uri, GError **error)
{
	g_autofree char *lines = fl_save_restore_lines(uri);

	return fl_qmp_tell(qmp, lines, error);
}
