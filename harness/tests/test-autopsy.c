// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a guest's bytes to the sentence: which hang it is, and what stays unknown is said.
 */
#include "base/json.h"
#include "tests/guest-fixture.h"
#include "judge/autopsy.h"

static const char idle[] = "CPU#0\nRAX=0 RDI=0 RBP=0 RSP=0\nRIP=ffffffff81000090 RFL=00000246 [] "
			   "CPL=0 II=0 A20=1 SMM=0 HLT=1\n";
static const char busy[] = "CPU#0\nRAX=0 RDI=0 RBP=0 RSP=ffff888000010100\nRIP=ffffffff81000080 "
			   "RFL=00000246 [] CPL=0 II=0 A20=1 SMM=0 HLT=0\n";

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
	{"/autopsy/the-host-gives-no-time", busy, "starved", "no time to run", false, false, false,
	 0},
	{"/autopsy/spins-and-nobody-measured", busy, "livelock", "ret_from_fork", false, false,
	 false, -1, busy},
	{"/autopsy/no-registers", NULL, "unknown", "could not be looked at", false, false, true, 0},
};

static const char *further;
static unsigned n_further;

static char *look_again(gpointer data)
{
	(void)data;
	n_further++;
	return g_strdup(further);
}

static FlAutopsySpec spec_of(Guest *guest, const char *why, const char *registers)
{
	return (FlAutopsySpec){.why = why,
			       .now = registers,
			       .read = guest_read,
			       .look_again = look_again,
			       .data = guest,
			       .vmlinux = guest->vmlinux,
			       .modules = guest->dir};
}

static void test_case(gconstpointer data)
{
	const Case *c = data;
	g_autoptr(Guest) guest = guest_new();
	g_autoptr(GArray) before = g_array_new(FALSE, TRUE, 8);
	g_autoptr(GArray) now = g_array_new(FALSE, TRUE, 8);
	FlAutopsySpec spec = spec_of(guest, "x", c->registers);
	g_autoptr(json_t) autopsy = NULL;
	const char *sentence;
	uint64_t from = 1000, to = 1000 + (uint64_t)MAX(c->ms, 0);

	spec.before_ms = c->ms < 0 ? NULL : before;
	spec.now_ms = now;
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
	sentence = json_string_value(json_object_get(autopsy, "sentence"));
	g_assert_cmpstr(json_string_value(json_object_get(autopsy, "kind")), ==, c->kind);
	if (!strstr(sentence, c->words))
		g_test_message("%s", sentence);
	g_assert_nonnull(strstr(sentence, c->words));
}

static void check_unknown(const FlAutopsySpec *spec, const char *expected)
{
	g_autoptr(json_t) autopsy = fl_autopsy(spec);
	const json_t *unknown = json_object_get(autopsy, "unknown");

	g_assert_cmpuint(json_array_size(unknown), ==, 1);
	g_assert_true(g_str_has_prefix(json_string_value(json_array_get(unknown, 0)), expected));
	g_assert_cmpuint(json_array_size(json_object_get(autopsy, "tasks")), ==, 0);
}

static void what_is_unknown_is_said(void)
{
	g_autoptr(Guest) guest = guest_new();
	FlAutopsySpec spec = {.now = idle, .read = guest_read, .data = guest};

	check_unknown(&spec, "no vmlinux belongs to this kernel");
	spec.vmlinux = guest->vmlinux;
	check_unknown(&spec, "the module fl_offsets is not there");
	spec.modules = guest->dir;
	guest_put(guest, AT_TASK + F_TASKS, 0);
	check_unknown(&spec, "the list of tasks makes no sense");
	guest_put(guest, AT_TOP + 511 * 8, 0);
	check_unknown(&spec, "the kernel does not lie where its vmlinux says");
	spec.vmlinux = NULL;
	spec.now = NULL;
	spec.look_again = look_again;
	n_further = 0;
	g_autoptr(json_t) blind = fl_autopsy(&spec);
	g_assert_cmpuint(json_array_size(json_object_get(blind, "unknown")), ==, 2);
	g_assert_cmpuint(n_further, ==, 0);
}

/* Every member that the header names, and no other. */
static void the_object_is_as_promised(void)
{
	g_autoptr(Guest) guest = guest_new();
	FlAutopsySpec spec = spec_of(guest, "it is silent", busy);
	g_autoptr(json_t) autopsy = NULL;
	json_t *unknown, *vcpu, *task, *frames, *looks, *stack, *lock;
	json_error_t error;
	const char *text;
	int cpu;

	further = busy;
	n_further = 0;
	autopsy = fl_autopsy(&spec);
	g_assert_cmpint(json_unpack_ex(autopsy, &error, JSON_STRICT,
				       "{s:s, s:s, s:s, s:o, s:[o], s:[o]}", "kind", &text,
				       "sentence", &text, "why", &text, "unknown", &unknown,
				       "vcpus", &vcpu, "tasks", &task),
			==, 0);
	g_assert_cmpuint(json_array_size(unknown), ==, 0);
	g_assert_cmpint(json_unpack_ex(vcpu, &error, JSON_STRICT, "{s:i, s:s, s:s, s:n, s:o, s:o}",
				       "cpu", &cpu, "does", &text, "task", &text, "host_ms",
				       "frames", &frames, "looks", &looks),
			==, 0);
	g_assert_cmpuint(json_array_size(frames), ==, 1);
	g_assert_cmpuint(json_array_size(looks), ==, FL_GUESTCPU_LOOKS);
	g_assert_cmpuint(n_further, ==, FL_GUESTCPU_LOOKS - 1);
	g_assert_cmpint(json_unpack_ex(task, &error, JSON_STRICT, "{s:s, s:s, s:o, s:o}", "task",
				       &text, "state", &text, "frames", &stack, "lock", &lock),
			==, 0);
	g_assert_cmpuint(json_array_size(stack), >=, 2);
	g_assert_cmpint(json_unpack_ex(lock, &error, JSON_STRICT, "{s:s, s:s, s:s, s:s, s:s, s:n}",
				       "name", &text, "kind", &text, "address", &text, "held",
				       &text, "owner", &text, "taken_in"),
			==, 0);
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
	g_test_add_func("/autopsy/the-object-is-as-promised", the_object_is_as_promised);
	g_test_add_func("/autopsy/only-a-hang-gets-another-reason",
			only_a_hang_gets_another_reason);
	return g_test_run();
}
