// SPDX-License-Identifier: GPL-2.0-only
/*
 * QEMU's events arrive, however the bytes are cut and whatever stands between them.
 */
#include "vm/qmp.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void on_event(const char *event, const char *reason, gpointer data)
{
	g_string_append_printf(data, "%s/%s;", event, reason);
}

typedef struct {
	const char *name, *bytes, *events;
} Case;

static const Case cases[] = {
	{"/qmp/reason-is-handed-on",
	 "{\"event\":\"SHUTDOWN\",\"data\":{\"guest\":true,\"reason\":\"guest-reset\"}}\r\n",
	 "SHUTDOWN/guest-reset;"},
	{"/qmp/action-is-handed-on",
	 "{\"event\":\"GUEST_PANICKED\",\"data\":{\"action\":\"run\"}}\n", "GUEST_PANICKED/run;"},
	{"/qmp/an-event-without-data-is-one", "{\"event\":\"STOP\"}\n", "STOP/;"},
	{"/qmp/greeting-and-answers-are-no-events", "{\"QMP\":{}}\n{\"return\":{}}\n", ""},
	{"/qmp/what-is-no-object-is-dropped",
	 "[1]\n{{{\n\n\"x\"\n{\"event\":3}\n{\"event\":\"A\"}\n", "A/;"},
	{"/qmp/half-a-line-is-no-event", "{\"event\":\"STOP\"}", ""},
};

static void test_case(gconstpointer data)
{
	const Case *c = data;
	g_autoptr(GString) events = g_string_new(NULL);
	g_autoptr(FlQmp) qmp = NULL;
	char hello[64] = "";
	int pair[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
	qmp = fl_qmp_new(pair[0], on_event, events, NULL);
	g_assert_nonnull(qmp);
	g_assert_cmpint(read(pair[1], hello, sizeof(hello) - 1), >, 0);
	g_assert_nonnull(strstr(hello, "qmp_capabilities"));
	for (const char *byte = c->bytes; *byte; byte++) {
		g_assert_cmpint(write(pair[1], byte, 1), ==, 1);
		fl_qmp_drain(qmp);
	}
	g_assert_cmpstr(events->str, ==, c->events);
	close(pair[1]);
}

static void test_closed(void)
{
	g_autoptr(GError) error = NULL;
	int pair[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
	close(pair[1]);
	g_assert_null(fl_qmp_new(pair[0], on_event, NULL, &error));
	g_assert_nonnull(error);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_test_add_data_func(cases[i].name, &cases[i], test_case);
	g_test_add_func("/qmp/a-closed-socket-is-an-error", test_closed);
	return g_test_run();
}
