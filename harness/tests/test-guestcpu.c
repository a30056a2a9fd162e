// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a vCPU does, and whether it gets on, from registers and memory.
 */
#include "judge/guestcpu.h"
#include "tests/guest-fixture.h"

static const char idle[] = "CPU#0\nRIP=ffffffff81000090 RFL=00000246 [] CPL=0 II=0 HLT=1\n";
static const char dead[] = "CPU#0\nRIP=ffffffff81000090 RFL=00000046 [] CPL=0 II=0 HLT=1\n";
/* In ret_from_fork, the outermost function. */
static const char busy[] = "CPU#0\nRAX=0 RDI=0 RBP=0 RSP=ffff888000010100\nRIP=ffffffff81000080 "
			   "RFL=00000246 [] CPL=0 II=0 A20=1 SMM=0 HLT=0\n";
/* In free_pgtables, which nobody called, or ret_from_fork. */
static const char deep[] = "CPU#0\nRAX=0 RDI=0 RBP=0 RSP=ffff888000010100\nRIP=ffffffff81000050 "
			   "RFL=00000246 [] CPL=0 II=0 A20=1 SMM=0 HLT=0\n";
static const char deeper[] = "CPU#0\nRAX=0 RDI=0 RBP=0 RSP=ffff88800001b048\nRIP=ffffffff81000050 "
			     "RFL=00000246 [] CPL=0 II=0 A20=1 SMM=0 HLT=0\n";
static const char user[] = "CPU#0\nRIP=0000000000401000 RFL=00000246 [] CPL=3 II=0 A20=1 SMM=0 "
			   "HLT=0\n";

/* A guest whose vCPU runs its one task. */
typedef struct {
	Guest *guest;
	FlKimage *image;
	FlGuestmem memory;
} World;

static void set_up(World *world, gconstpointer data)
{
	(void)data;
	world->guest = guest_new();
	world->image = guest_image(world->guest);
	guest_put(world->guest, 0x6100, DIRECT + AT_TASK);
	g_assert_true(fl_guestmem_init(&world->memory, world->image, guest_read, world->guest));
}

static void tear_down(World *world, gconstpointer data)
{
	(void)data;
	fl_kimage_close(world->image);
	guest_free(world->guest);
}

/* The only vCPU after these looks, up to the first NULL. */
static GPtrArray *after(const World *world, const char *const *registers)
{
	GPtrArray *cpus = NULL;

	for (; *registers; registers++) {
		g_autoptr(GPtrArray) before = cpus;

		cpus = fl_guestcpu_look(world->image, &world->memory, *registers, before);
		g_assert_cmpuint(cpus->len, ==, 1);
	}
	return cpus;
}

static const struct {
	const char *registers;
	bool runs_init; /* the vCPU runs init_task */
	const char *does, *look, *task;
	bool has_frames;
} once[] = {
	{idle, true, "idle", "idle", "swapper/0:0", true},
	{idle, false, "idle", "idle", "ft_tests:51", true},
	{busy, true, "idle", "idle", "swapper/0:0", true},
	{busy, false, "kernel", "ret_from_fork", "ft_tests:51", true},
	{user, false, "user", "user", "ft_tests:51", false},
	{dead, true, "halted", "halted", "swapper/0:0", true},
};

static void one_look_tells_what_it_does(World *world, gconstpointer data)
{
	(void)data;
	for (size_t i = 0; i < G_N_ELEMENTS(once); i++) {
		const char *const looks[] = {once[i].registers, NULL};
		g_autoptr(GPtrArray) cpus = NULL;
		const FlGuestCpu *cpu;

		guest_put(world->guest, 0x6100,
			  once[i].runs_init ? TEXT + AT_INIT_TASK : DIRECT + AT_TASK);
		cpus = after(world, looks);
		cpu = cpus->pdata[0];
		g_assert_cmpstr(fl_guestcpu_does(cpu), ==, once[i].does);
		g_assert_cmpstr(cpu->looks->pdata[0], ==, once[i].look);
		g_assert_cmpstr(cpu->task, ==, once[i].task);
		g_assert_true(!!cpu->frames == once[i].has_frames);
	}
}

static const struct {
	const char *what, *registers[4];
	bool stays;
	const char *place, *looks;
} several[] = {
	{"at the only look", {busy}, false, "ret_from_fork", "ret_from_fork"},
	{"at two looks", {busy, busy}, false, "ret_from_fork", "ret_from_fork ret_from_fork"},
	{"at every look",
	 {busy, busy, busy},
	 true,
	 "ret_from_fork",
	 "ret_from_fork ret_from_fork ret_from_fork"},
	{"elsewhere at the first",
	 {deep, busy, busy},
	 false,
	 "ret_from_fork",
	 "free_pgtables ret_from_fork ret_from_fork"},
	{"elsewhere at the last",
	 {busy, busy, deep},
	 false,
	 "free_pgtables",
	 "ret_from_fork ret_from_fork free_pgtables"},
	{"deeper at one",
	 {busy, busy, deeper},
	 true,
	 "ret_from_fork",
	 "ret_from_fork ret_from_fork free_pgtables"},
	{"to user space and back",
	 {user, busy, busy},
	 false,
	 "ret_from_fork",
	 "user ret_from_fork ret_from_fork"},
	{"in user space", {user, user, user}, true, "?", "user user user"},
	{"idle", {idle, idle, idle}, false, "ret_from_fork", "idle idle idle"},
};

static void several_looks_tell_whether_it_stays(World *world, gconstpointer data)
{
	(void)data;
	for (size_t i = 0; i < G_N_ELEMENTS(several); i++) {
		g_autoptr(GPtrArray) cpus = after(world, several[i].registers);
		const FlGuestCpu *cpu = cpus->pdata[0];
		g_autofree char *place = fl_guestcpu_place(cpu);
		g_autoptr(GString) looks = g_string_new(NULL);

		for (guint look = 0; look < cpu->looks->len; look++)
			g_string_append_printf(looks, "%s%s", look ? " " : "",
					       (const char *)cpu->looks->pdata[look]);
		g_test_message("%s", several[i].what);
		g_assert_true(fl_guestcpu_stays(cpu) == several[i].stays);
		g_assert_cmpstr(place, ==, several[i].place);
		g_assert_cmpstr(looks->str, ==, several[i].looks);
	}
}

static void without_memory_the_registers_tell(void)
{
	g_autoptr(GPtrArray) cpus = fl_guestcpu_look(NULL, NULL, busy, NULL);
	const FlGuestCpu *cpu = cpus->pdata[0];

	g_assert_cmpstr(fl_guestcpu_does(cpu), ==, "kernel");
	g_assert_cmpstr(cpu->looks->pdata[0], ==, "kernel");
	g_assert_null(cpu->task);
	g_assert_null(cpu->frames);
}

static void no_registers_are_no_vcpus(void)
{
	g_autoptr(GPtrArray) none = fl_guestcpu_look(NULL, NULL, "", NULL);

	g_assert_cmpuint(none->len, ==, 0);
}

static void time_is_known_from_two_readings(void)
{
	static const uint64_t before_ms[] = {100, 1000}, now_ms[] = {100, 1250};
	g_autofree char *registers = g_strconcat(user, "CPU#1", user + strlen("CPU#0"), NULL);
	g_autoptr(GPtrArray) cpus = fl_guestcpu_look(NULL, NULL, registers, NULL);
	g_autoptr(GArray) before = g_array_new(FALSE, TRUE, sizeof(uint64_t));
	g_autoptr(GArray) now = g_array_new(FALSE, TRUE, sizeof(uint64_t));
	FlGuestCpu **cpu = (FlGuestCpu **)cpus->pdata;

	g_assert_cmpuint(cpus->len, ==, 2);
	g_array_append_vals(before, before_ms, 2);
	g_array_append_vals(now, now_ms, 1);
	fl_guestcpu_measure(cpus, before, now);
	g_assert_true(cpu[0]->has_time && !cpu[1]->has_time);
	g_array_append_val(now, now_ms[1]);
	fl_guestcpu_measure(cpus, before, now);
	g_assert_true(cpu[0]->has_time && cpu[1]->has_time);
	g_assert_cmpuint(cpu[0]->host_ms, ==, 0);
	g_assert_cmpuint(cpu[1]->host_ms, ==, 250);
	fl_guestcpu_measure(cpus, NULL, now);
	g_assert_false(cpu[0]->has_time || cpu[1]->has_time);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add("/guestcpu/one-look-tells-what-it-does", World, NULL, set_up,
		   one_look_tells_what_it_does, tear_down);
	g_test_add("/guestcpu/several-looks-tell-whether-it-stays", World, NULL, set_up,
		   several_looks_tell_whether_it_stays, tear_down);
	g_test_add_func("/guestcpu/without-memory-the-registers-tell",
			without_memory_the_registers_tell);
	g_test_add_func("/guestcpu/no-registers-are-no-vcpus", no_registers_are_no_vcpus);
	g_test_add_func("/guestcpu/time-is-known-from-two-readings",
			time_is_known_from_two_readings);
	return g_test_run();
}
