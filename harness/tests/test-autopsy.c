// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a guest's bytes to the sentence: which hang it is, and what stays unknown is said.
 */
#include "base/json.h"
#include "tests/guest-fixture.h"
#include "judge/autopsy.h"
#include "report/autopsy_text.h"

static const char idle[] = "CPU#0\nRAX=0 RDI=0 RBP=0 RSP=0\nRIP=ffffffff81000090 RFL=00000246 [] "
			   "CPL=0 II=0 A20=1 SMM=0 HLT=1\n";
static const char busy[] = "CPU#0\nRAX=0 RDI=0 RBP=0 RSP=ffff888000010100\nRIP=ffffffff81000080 "
			   "RFL=00000246 [] CPL=0 II=0 A20=1 SMM=0 HLT=0\n";
/* In free_pgtables, which nobody called, or ret_from_fork. */
static const char deep[] = "CPU#0\nRAX=0 RDI=0 RBP=0 RSP=ffff888000010100\nRIP=ffffffff81000050 "
			   "RFL=00000246 [] CPL=0 II=0 A20=1 SMM=0 HLT=0\n";
static const char deeper[] = "CPU#0\nRAX=0 RDI=0 RBP=0 RSP=ffff88800001b048\nRIP=ffffffff81000050 "
			     "RFL=00000246 [] CPL=0 II=0 A20=1 SMM=0 HLT=0\n";
static const char user[] = "CPU#0\nRIP=0000000000401000 RFL=00000246 [] CPL=3 II=0 A20=1 SMM=0 "
			   "HLT=0\n";
static const char dead[] = "CPU#0\nRIP=ffffffff81000090 RFL=00000046 [] CPL=0 II=0 HLT=1\n";

typedef struct {
	const char *name, *registers, *kind, *words;
	bool with_lock, with_task, runs_init; /* the vCPU runs init_task: then it is idle */
	int ms;				      /* of the host; -1: not known */
	const char *again;		      /* the registers of every further look; NULL: none */
} Case;

static const Case cases[] = {
	{"/autopsy/a-lock-kept-by-its-own-waiter", idle, "deadlock",
	 "task ft_tests:51 waits in free_pgtables for the VMA lock of 7f0000000000-7f0000001000 in "
	 "ft_tests:51, held for reading 1 times, last taken so by that very task",
	 true, true, true, 0},
	{"/autopsy/asleep-for-no-lock", idle, "blocked",
	 "ft_tests:51 sleeps in free_pgtables for something that is no lock", false, true, true, 0},
	{"/autopsy/nothing-to-do", idle, "idle", "every vCPU idles and no task is blocked", false,
	 false, true, 0},
	{"/autopsy/spins-in-the-kernel", busy, "livelock",
	 "vCPU 0 runs in the kernel without an end, in ret_from_fork, task ft_tests:51", false,
	 false, false, 200, busy},
	{"/autopsy/in-the-kernel-at-the-only-look", busy, "busy",
	 "vCPU 0 runs task ft_tests:51, seen in ret_from_fork", false, false, false, 200},
	{"/autopsy/in-the-kernel-and-then-elsewhere-in-it", deep, "busy",
	 "task ft_tests:51, seen in free_pgtables, ret_from_fork, ret_from_fork", false, false,
	 false, 200, busy},
	{"/autopsy/deeper-in-the-kernel-at-one-look", deeper, "livelock",
	 "without an end, in ret_from_fork, task ft_tests:51", false, false, false, 200, busy},
	{"/autopsy/to-and-fro", user, "busy", "seen in user, ret_from_fork, ret_from_fork", false,
	 false, false, 200, busy},
	{"/autopsy/the-host-gives-no-time", busy, "starved", "no time to run", false, false, false,
	 0},
	{"/autopsy/spins-and-nobody-measured", busy, "livelock", "ret_from_fork", false, false,
	 false, -1, busy},
	{"/autopsy/spins-in-user-space", user, "user-livelock", "user space, task ft_tests:51",
	 false, false, false, 200, user},
	{"/autopsy/halted-for-ever", dead, "dead-cpu", "interrupts off", false, false, true, 0},
	{"/autopsy/no-registers", NULL, "unknown", "could not be looked at", false, false, true, 0},
};

static const char *further;

static char *look_again(gpointer data)
{
	(void)data;
	return g_strdup(further);
}

static void test_case(gconstpointer data)
{
	const Case *c = data;
	g_autoptr(Guest) guest = guest_new();
	g_autoptr(GArray) before = g_array_new(FALSE, TRUE, 8);
	g_autoptr(GArray) now = g_array_new(FALSE, TRUE, 8);
	FlAutopsySpec spec = {.why = "x",
			      .now = c->registers,
			      .before_ms = c->ms < 0 ? NULL : before,
			      .now_ms = now,
			      .read = guest_read,
			      .look_again = look_again,
			      .data = guest,
			      .vmlinux = guest->vmlinux,
			      .modules = guest->dir};
	g_autoptr(json_t) autopsy = NULL;
	g_autofree char *text = NULL;
	uint64_t from = 1000, to = 1000 + (uint64_t)MAX(c->ms, 0);

	g_array_append_val(before, from);
	g_array_append_val(now, to);
	further = c->again;
	if (!c->with_lock)
		guest_put(guest, AT_STACK + 0x3800 + 16, 0);
	if (!c->with_task)
		guest_put(guest, AT_TASK + F_STATE, 1);
	if (!c->runs_init)
		guest_put(guest, 0x6100, DIRECT + AT_TASK);
	autopsy = fl_autopsy(&spec);
	text = fl_autopsy_text(autopsy);
	g_assert_cmpstr(json_string_value(json_object_get(autopsy, "kind")), ==, c->kind);
	if (!strstr(json_string_value(json_object_get(autopsy, "sentence")), c->words))
		g_test_message("%s", text);
	g_assert_nonnull(strstr(json_string_value(json_object_get(autopsy, "sentence")), c->words));
	g_assert_nonnull(strstr(text, c->words));
}

static void what_is_unknown_is_said(void)
{
	g_autoptr(Guest) guest = guest_new();
	FlAutopsySpec spec = {.now = idle, .read = guest_read, .data = guest};
	g_autoptr(json_t) bare = fl_autopsy(&spec);
	g_autofree char *text = fl_autopsy_text(bare);
	g_autoptr(json_t) plain = NULL;

	g_assert_nonnull(strstr(text, "Not known: no vmlinux"));
	spec.vmlinux = guest->vmlinux;
	plain = fl_autopsy(&spec);
	g_free(text);
	text = fl_autopsy_text(plain);
	g_assert_nonnull(strstr(text, "Not known: the module fl_offsets is not there"));
	guest_put(guest, AT_TOP + 511 * 8, 0);
	json_decref(plain);
	plain = fl_autopsy(&spec);
	g_free(text);
	text = fl_autopsy_text(plain);
	g_assert_nonnull(strstr(text, "does not lie where its vmlinux says"));
}

static void only_a_hang_gets_another_reason(void)
{
	g_autoptr(json_t) autopsy = json_pack("{s:s, s:s}", "kind", "idle", "sentence", "s");
	g_autoptr(FlVerdict) verdict = fl_verdict_new();

	fl_autopsy_apply(verdict, autopsy);
	g_assert_cmpstr(verdict->reason, ==, "the run was not judged");
	g_assert_true(verdict->autopsy == autopsy);
	verdict->kind = FL_VERDICT_HANG;
	fl_autopsy_apply(verdict, autopsy);
	g_assert_cmpstr(verdict->reason, ==, "the run was not judged; idle: s");
	g_assert_cmpstr(verdict->hang, ==, "idle: s");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_test_add_data_func(cases[i].name, &cases[i], test_case);
	g_test_add_func("/autopsy/what-is-unknown-is-said", what_is_unknown_is_said);
	g_test_add_func("/autopsy/only-a-hang-gets-another-reason",
			only_a_hang_gets_another_reason);
	return g_test_run();
}
