// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which kind of hang it is: a table of what two vCPUs do and what one task waits for.
 */
#include "judge/diagnosis.h"

typedef enum { NOT_THERE, IDLE, DEAD, PASSES, SPINS, USER, USER_SPINS } Does;
typedef enum { NOT_KNOWN, NOBODY, SLEEPS, THREAD_SLEEPS, WAITS, THREAD_WAITS, DEADLOCK } Blocks;

static const FlGuestTask holder = {.comm = (char *)"h", .pid = 2};

#define IN_KERNEL_0 "vCPU 0 runs in the kernel without an end, in spin, task t:1"
#define IN_KERNEL_1 "vCPU 1 runs in the kernel without an end, in spin, task t:1"
#define DEAD_1	    "vCPU 1 is halted for ever with interrupts off in spin, task t:1"
#define NO_TIME	    "the host gave the vCPUs no time to run"
#define LOCK	    "task b:3 waits in fault for the lock, held so"
#define NO_LOCK	    "task b:3 sleeps in fault for something that is no lock"

static const struct {
	const char *what;
	Does first, second;
	int ms; /* of the host for each; -1: not known */
	Blocks blocks;
	const char *kind, *sentence;
} cases[] = {
	{"nothing to do", IDLE, IDLE, 0, NOBODY, "idle", "every vCPU idles and no task is blocked"},
	{"tasks are not known", IDLE, IDLE, 0, NOT_KNOWN, "idle", "every vCPU idles"},
	{"no registers", NOT_THERE, NOT_THERE, 0, NOBODY, "unknown",
	 "the guest could not be looked at"},
	{"halted beside an idle one", IDLE, DEAD, 0, NOBODY, "dead-cpu", DEAD_1},
	{"halted beside user space", USER_SPINS, DEAD, 9, NOBODY, "dead-cpu", DEAD_1},
	{"halted beside the kernel", SPINS, DEAD, 9, NOBODY, "livelock", IN_KERNEL_0},

	{"spins in the kernel", IDLE, SPINS, 9, NOBODY, "livelock", IN_KERNEL_1},
	{"spins, and nobody measured", IDLE, SPINS, -1, NOBODY, "livelock", IN_KERNEL_1},
	{"one passes, one spins", PASSES, SPINS, 9, NOBODY, "livelock", IN_KERNEL_1},
	{"both user space and the kernel", USER_SPINS, SPINS, 9, NOBODY, "livelock", IN_KERNEL_1},
	{"spins in user space", USER_SPINS, IDLE, 9, NOBODY, "user-livelock",
	 "vCPU 0 runs in user space, task t:1 and nothing comes of it"},
	{"passes through the kernel", PASSES, IDLE, 9, NOBODY, "busy",
	 "vCPU 0 runs task t:1, seen in pass"},
	{"passes through user space", IDLE, USER, 9, NOBODY, "busy",
	 "vCPU 1 runs task t:1, seen in user"},

	{"no time to spin", IDLE, SPINS, 0, NOBODY, "starved", NO_TIME},
	{"no time for user space", USER, IDLE, 0, NOBODY, "starved", NO_TIME},
	{"no time, and a lock", SPINS, IDLE, 0, DEADLOCK, "starved", NO_TIME},

	{"a lock without a holder", IDLE, IDLE, 0, DEADLOCK, "deadlock", LOCK},
	{"such a lock, and a vCPU spins", SPINS, IDLE, 9, DEADLOCK, "deadlock", LOCK},
	{"a lock of one that lives", IDLE, SPINS, 9, WAITS, "lock-held", LOCK},
	{"a thread's lock, and a vCPU spins", SPINS, IDLE, 9, THREAD_WAITS, "lock-held", LOCK},
	{"asleep for no lock", IDLE, IDLE, 0, SLEEPS, "blocked", NO_LOCK},
	{"asleep beside user space", USER_SPINS, IDLE, 9, SLEEPS, "blocked", NO_LOCK},
	{"asleep, and a vCPU spins", SPINS, IDLE, 9, SLEEPS, "livelock", IN_KERNEL_0},
	{"a thread asleep, and a vCPU spins", SPINS, IDLE, 9, THREAD_SLEEPS, "livelock",
	 IN_KERNEL_0},
};

static void add_cpu(GPtrArray *cpus, Does does, int ms)
{
	static const char *const spin[] = {"spin+0x1/0x2", NULL};
	static const char *const steady[] = {"spin", NULL};
	static const FlGuestCpuDoes meant[] = {
		[IDLE] = FL_GUESTCPU_IDLE,     [DEAD] = FL_GUESTCPU_HALTED,
		[PASSES] = FL_GUESTCPU_KERNEL, [SPINS] = FL_GUESTCPU_KERNEL,
		[USER] = FL_GUESTCPU_USER,     [USER_SPINS] = FL_GUESTCPU_USER};
	bool stays = does == SPINS || does == USER_SPINS;
	FlGuestCpu *cpu;

	if (does == NOT_THERE)
		return;
	cpu = g_new0(FlGuestCpu, 1);
	cpu->number = cpus->len;
	cpu->does = meant[does];
	cpu->has_time = ms >= 0;
	cpu->host_ms = ms > 0 ? (uint64_t)ms : 0;
	cpu->task = (char *)"t:1";
	cpu->frames = (char **)spin;
	cpu->steady = does == SPINS ? (char **)steady : NULL;
	cpu->looks = g_ptr_array_new();
	for (unsigned i = 0; i < (stays ? FL_GUESTCPU_LOOKS : 1); i++)
		g_ptr_array_add(cpu->looks,
				(gpointer)(cpu->does == FL_GUESTCPU_USER ? "user" : "pass"));
	g_ptr_array_add(cpus, cpu);
}

static void free_cpu(gpointer data)
{
	FlGuestCpu *cpu = data;

	g_ptr_array_unref(cpu->looks);
	g_free(cpu);
}

static void check(size_t i)
{
	static const char *const frames[] = {"schedule+0x1/0x2", "fault+0x1/0x2", NULL};
	Blocks blocks = cases[i].blocks;
	FlGuestTask task = {.comm = (char *)"b",
			    .pid = 3,
			    .kernel_thread = blocks == THREAD_SLEEPS || blocks == THREAD_WAITS};
	FlLockwait lock = {.name = (char *)"the lock",
			   .held = (char *)"held so",
			   .owner = blocks == DEADLOCK ? NULL : &holder};
	FlBlocked one = {
		.task = &task, .frames = (char **)frames, .wait = blocks >= WAITS ? &lock : NULL};
	g_autoptr(GPtrArray) cpus = g_ptr_array_new_with_free_func(free_cpu);
	g_autoptr(GPtrArray) blocked = g_ptr_array_new();
	g_autofree char *sentence = NULL;

	add_cpu(cpus, cases[i].first, cases[i].ms);
	add_cpu(cpus, cases[i].second, cases[i].ms);
	if (blocks >= SLEEPS)
		g_ptr_array_add(blocked, &one);
	g_assert_cmpstr(fl_diagnosis(cpus, blocks == NOT_KNOWN ? NULL : blocked, &sentence), ==,
			cases[i].kind);
	g_assert_cmpstr(sentence, ==, cases[i].sentence);
}

static void each_hang_has_its_kind(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_test_message("%s", cases[i].what);
		check(i);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/diagnosis/each-hang-has-its-kind", each_hang_has_its_kind);
	return g_test_run();
}
