// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames, locks and signatures.
 */
#include "judge/stack.h"

static const struct {
	const char *text, *frame;
} frames[] = {
	{" do_fault+0x7c/0x410", "do_fault+0x7c/0x410"},
	{" f.isra.0+0x1/0x2 [fl_probe]", "f.isra.0+0x1/0x2 [fl_probe]"},
	{" ? do_fault+0x7c/0x410", NULL},
	{" <TASK>", NULL},
	{" do_fault+7/4", NULL},
	{"Code: 48 89", NULL},
	{"    [<ffffffff81234567>] f+0x1/0x2 [mod]", "f+0x1/0x2 [mod]"},
	{"[c000000001234567] [c000000007654321] f+0x1/0x2 (unreliable)", "f+0x1/0x2"},
	{" [<ffffffff81234567>] ? f+0x1/0x2", NULL},
	{" <<EOE>>  [<ffffffff81234567>] f+0x1/0x2", "f+0x1/0x2"},
	{" <IRQ> f+0x1/0x2", NULL},
	{" [<ffffffffffffffff>] 0xffffffffffffffff", NULL},
	{"[<ffffffff81234567>", NULL},
	{" g from f+0x1/0x2", "f+0x1/0x2"},
	{" g [mod] from f+0x1/0x2 [mod]", "f+0x1/0x2 [mod]"},
	{" g [mod from f+0x1/0x2", NULL},
	{" from f+0x1/0x2", NULL},
	{" f (mm/a.c:12)", "f mm/a.c:12"},
	{"f (mm/a.c:12 (discriminator 3) ./b.h:9) mod", "f mm/a.c:12 ./b.h:9 [mod]"},
	{"f (mm/a.c:12) [mod]", "f mm/a.c:12 [mod]"},
	{"f.isra.0 (??:?) ", "f.isra.0"},
	{"? f (mm/a.c:12)", NULL},
	{"f (mm/a.c:12", NULL},
	{"f (mm/a.c:12 (discriminator 3", NULL},
	{"f (sda1:12): corrupted", NULL},
	{"f (eth0.1:up)", NULL},
	{"f (mm/\xff.c:12)", NULL},
	{"f ()", NULL},
};

static void frames_are_read(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(frames); i++) {
		g_autofree char *got = fl_stack_frame(frames[i].text);

		g_assert_cmpstr(got, ==, frames[i].frame);
	}
}

static void only_the_kernels_rip_counts(void)
{
	g_autofree char *kernel = fl_stack_rip("RIP: 0010:f+0x1/0x2"),
			*decoded = fl_stack_rip("pc : f (mm/a.c:12) "),
			*twice = fl_stack_rip("RIP: 0010:[<ffffffff81234567>]  "
					      "[<ffffffff81234567>] f+0x1/0x2"),
			*number = fl_stack_rip("pc : [<c0312344>]    lr : [<c0312200>]"),
			*user = fl_stack_rip("RIP: 0033:0x4");

	g_assert_cmpstr(kernel, ==, "f+0x1/0x2");
	g_assert_cmpstr(decoded, ==, "f mm/a.c:12");
	g_assert_cmpstr(twice, ==, "f+0x1/0x2");
	g_assert_null(number);
	g_assert_null(user);
}

static void headers_name_a_function(void)
{
	static const struct {
		const char *text, *frame;
	} headers[] = {
		{"BUG: KASAN: double-free in f+0x1/0x2 [mod]", "f+0x1/0x2"},
		{"WARNING: CPU: 1 PID: 7 at mm/a.c:12 f+0x1/0x2", "f+0x1/0x2"},
		{"WARNING: mm/a.c:12 at f+0x1/0x2, CPU#1: repro/77", "f+0x1/0x2"},
		{"BUG: KASAN: double-free in f mm/a.c:12 [inline]", NULL},
		{"ODEBUG: free timer_list hint: f+0x1/0x2", NULL},
		{"csd: waiting 5 ns for CPU#02 f+0x1/0x2(g).", NULL},
		{"in f+0x1/0x2", NULL},
		{"f+0x1/0x2", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(headers); i++) {
		g_autofree char *got = fl_stack_frame_in(headers[i].text);

		g_assert_cmpstr(got, ==, headers[i].frame);
	}
}

static const struct {
	const char *text;
	bool inside, registers;
} around[] = {
	{" f+0x1/0x2", true, false},
	{" ? f+0x1/0x2 [mod]", true, false},
	{" </IRQ>", true, false},
	{"? f (mm/a.c:12)", true, false},
	{" [<ffffffff81234567>] ? f+0x1/0x2", true, false},
	{"([<00000001d5b1a200>] f+0x1/0x2)", true, false},
	{" active_file:1", false, false},
	{"Mem-Info:", false, false},
	{"", false, false},
	{"RIP: 0033:0x4", false, true},
	{"Code: 48 89", false, true},
	{"R13: 0000000000000000 R14: 0000000000000000", false, true},
	{"Rebooting in 1 seconds..", false, false},
};

static void what_stands_in_a_stack_is_told(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(around); i++) {
		g_assert_cmpint(fl_stack_is_inside(around[i].text), ==, around[i].inside);
		g_assert_cmpint(fl_stack_is_registers(around[i].text), ==, around[i].registers);
	}
}

static void places_are_compared(void)
{
	g_assert_true(fl_stack_is_same("f+0x1/0x2", "f+0x1/0x2"));
	g_assert_false(fl_stack_is_same("f+0x1/0x2", "f+0x2/0x2"));
	g_assert_true(fl_stack_is_same("f mm/a.c:12", "f mm/a.c:13"));
	g_assert_false(fl_stack_is_same("f mm/a.c:12", "ff mm/a.c:12"));
}

static const struct {
	const char *text, *lock;
} locks[] = {
	{"ffff8880 (&mm->mmap_lock){++++}-{3:3}, at: f+0x1/0x2", "&mm->mmap_lock"},
	{"ffff8880 (&(&x)->lock){+.+.}-{2:2}, at: f+0x1/0x2", "&(&x)->lock"},
	{"a/1 is trying to release lock (vm_lock) at:", "vm_lock"},
	{"(no lock)", NULL},
	{"){", NULL},
};

static void locks_are_named(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(locks); i++) {
		g_autofree char *got = fl_stack_lock(locks[i].text);

		g_assert_cmpstr(got, ==, locks[i].lock);
	}
}

static char *signature(const FlRules *rules, const char *title, const char *frames_text)
{
	FlSplat *splat = g_new0(FlSplat, 1);
	char *text;

	splat->kind = g_strdup("warning");
	splat->title = g_strdup(title);
	splat->frames = g_strsplit(frames_text, " ", -1);
	text = fl_stack_signature(rules, splat);
	fl_verdict_splat_free(splat);
	return text;
}

static void signatures_do_not_change_with_the_build(void)
{
	g_autoptr(FlRules) rules = fl_rules_load(FL_TEST_SRCDIR "/configs/splats", NULL, NULL);
	g_autofree char *left = signature(rules, "WARNING at mm/memory.c:12 in f",
					  "dump_stack_lvl+0x1/0x2 f.constprop.0+0x1/0x9 g+0x1/0x2");
	g_autofree char *right = signature(rules, "WARNING at mm/memory.c:99 in f",
					   "dump_stack+0x1/0x2 f+0x7/0x30 g+0x5/0x8");

	g_assert_cmpstr(left, ==, "warning: WARNING at mm/memory.c:N in f | f g");
	g_assert_cmpstr(left, ==, right);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/stack/headers-name-a-function", headers_name_a_function);
	g_test_add_func("/stack/frames-are-read", frames_are_read);
	g_test_add_func("/stack/only-the-kernels-rip-counts", only_the_kernels_rip_counts);
	g_test_add_func("/stack/what-stands-in-a-stack-is-told", what_stands_in_a_stack_is_told);
	g_test_add_func("/stack/places-are-compared", places_are_compared);
	g_test_add_func("/stack/locks-are-named", locks_are_named);
	g_test_add_func("/stack/signatures-do-not-change-with-the-build",
			signatures_do_not_change_with_the_build);
	return g_test_run();
}
