// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rule files: the real ones load and know their lines; wrong ones say where they are wrong.
 */
#include "base/fs.h"
#include "judge/rules.h"

#include <string.h>

#define RULES FL_TEST_SRCDIR "/configs/splats"

static const struct {
	const char *text, *kind;
} lines[] = {
	{"BUG: Bad rss-counter state mm:ffff8880 type:MM_FILEPAGES val:1", "mm-counter"},
	{"BUG vm_area_struct (Not tainted): Poison overwritten", "slab"},
	{"[Right Redzone overwritten] 0x1-0x2 @offset=1. First byte 0x1 instead of 0xcc", "slab"},
	{"[Poison overwritten] 0x", "slab"},
	{"[Poison overwritten] 0", NULL},
	{"[overwritten] 0x overwritten] 0x", NULL},
	{"BUG: something nobody has seen yet", "bug"},
	{"WARNING: CPU: 0 PID: 1 at mm/memory.c:1 f+0x1/0x2", "warning"},
	{"[ BUG: Invalid wait context ]", "lockdep"},
	{"rcu: INFO: rcu_sched detected stalls on CPUs/tasks:", "rcu-stall"},
	{"rcu: INFO: rcu_sched detected expedited stalls on CPUs/tasks: { 1-... }", "rcu-stall"},
	{"INFO: task a:1 blocked for more than 30 seconds.", "hung-task"},
	{"dd invoked oom-killer: gfp_mask=0x0", "oom"},
	{"general protection fault, probably for non-canonical address 0x1: 0000 [#1] SMP", "oops"},
	{"Out of memory: Killed process 77 (ft-tests) total-vm:1kB", "oom"},
	{"traps: PANIC: double fault, error_code: 0x0", "oops"},
	{"get_swap_device: Bad swap file entry 3ffffffffffff", "bad-page"},
	{"Bad swap file entry 3ffffffffffff", "bad-page"},
	{"ft-tests: page allocation failure: order:9, mode:0xcc0", "page-allocation"},
	{"Internal error: Oops: 0000000096000004 [#1] PREEMPT SMP", "oops"},
	{"Internal error: Oops - BUG: 00000000f2000800 [#1] SMP", "oops"},
	{"Unable to handle kernel NULL pointer dereference at virtual address 0000000000000008",
	 "oops"},
	{"Unhandled fault: synchronous external abort (0x210) at 0x1", "oops"},
	{"Insufficient stack space to handle exception!", "oops"},
	{"int3: 0000 [#1] PREEMPT SMP", "oops"},
	{"rust_kernel: panicked at samples/rust/x.rs:12:5:", "rust-panic"},
	{"CFI failure at f+0x1/0x2 (target: g+0x0/0x10; expected type: 0x12345678)", "cfi"},
	{"unreferenced object 0xffff888004712a00 (size 64):", "kmemleak"},
	{"ODEBUG: free active (active state 0) object: x object type: timer_list", "odebug"},
	{"usercopy: Kernel memory exposure attempt detected from SLUB object 'x' (offset 0, size "
	 "9)!",
	 "usercopy"},
	{"map_count 3 vma iterator 4", "mm-counter"},
	{"DEBUG_LOCKS_WARN_ON(1)", "lockdep"},
	{"smp: csd: Re-sending CSD lock (#1) IPI from CPU#0 to CPU#1", "csd-lock"},
	{"smp: csd: Detected non-responsive CSD lock (#1) on CPU#0", "csd-lock"},
	{"INFO: task a:1 blocked in I/O wait for more than 30 seconds.", "hung-task"},
	{"INFO: task a:1 can't die for more than 30 seconds.", "hung-task"},
	{"BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 40s!", "workqueue"},
	{"KVM: entry failed, hardware error 0x80000021", "environment"},
	{"KVM internal error. Suberror: 1", "environment"},
	{"Initramfs unpacking failed: invalid magic at start of compressed archive", "environment"},
	{"reboot: System halted", "halted"},
	{"Trying to vfree() nonexistent vm area (00000000deadbeef)", "vmalloc"},
	{"ODEBUG: x", NULL},
	{"DEBUG: x", NULL},
	{"EXT4-fs (vda): mounted filesystem", NULL},
	{"traps: a[1] general protection fault ip:1 sp:2 error:0 in a[1+2]", NULL},
	{"A BUG: in the middle", NULL},
};

static void the_rules_know_their_lines(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(FlRules) rules = fl_rules_load(RULES, NULL, &error);

	g_assert_no_error(error);
	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		const FlRule *rule =
			fl_rules_match(rules, FL_RULE_SPLAT, lines[i].text, strlen(lines[i].text));

		g_assert_cmpstr(rule ? rule->kind : NULL, ==, lines[i].kind);
	}
}

/* Lines that match, and all that the golden consoles say. */
static void no_rule_is_sifted_out(void)
{
	g_autoptr(FlRules) rules = fl_rules_load(RULES, NULL, NULL);
	g_autoptr(GDir) cases = g_dir_open(FL_TEST_SRCDIR "/harness/tests/judge-cases", 0, NULL);
	const char *name;
	unsigned n = 0;

	while ((name = g_dir_read_name(cases))) {
		g_autofree char *path = g_build_filename(
			FL_TEST_SRCDIR "/harness/tests/judge-cases", name, "serial.log", NULL);
		g_autofree char *log = NULL;
		g_auto(GStrv) all = NULL;

		g_assert_true(g_file_get_contents(path, &log, NULL, NULL));
		all = g_strsplit_set(log, "\r\n", -1);
		for (char **line = all; *line; line++) {
			const char *text = strstr(*line, "] ") ? strstr(*line, "] ") + 2 : *line;
			size_t len = strlen(text);
			bool matches = fl_rules_match(rules, FL_RULE_SPLAT, text, len) ||
				       fl_rules_match(rules, FL_RULE_IGNORE, text, len);

			n += matches;
			g_assert_true(!matches || fl_rules_may_match(rules, text, len));
		}
	}
	g_assert_cmpuint(n, >, 100);
	g_assert_false(fl_rules_may_match(rules, "a quiet line", strlen("a quiet line")));
}

static void reporters_are_machinery(void)
{
	g_autoptr(FlRules) rules = fl_rules_load(RULES, NULL, NULL);

	g_assert_true(fl_rules_is_machinery(rules, "oops", "dump_stack_lvl"));
	g_assert_true(fl_rules_is_machinery(rules, "lockdep", "up_read"));
	g_assert_false(fl_rules_is_machinery(rules, "warning", "up_read"));
	g_assert_false(fl_rules_is_machinery(rules, "lockdep", "do_shared_fault"));
}

static const struct {
	const char *text, *error;
} wrong[] = {
	{"[splat a]\nmatch = .*x\n", "kernel.rules: [a] match must begin with 3 plain"},
	{"[splat a]\nmatch = abc|def\n", "kernel.rules:2: match: write two sections"},
	{"[splat a]\nmatch = abc(\n", "kernel.rules:2: "},
	{"[splat a]\nmatch = abc\nverdict = bad\n", "kernel.rules:3: verdict: expected broken"},
	{"[splat a]\nmatch = abc\nverdict = pass\n", "kernel.rules:3: verdict: expected broken"},
	{"[splat a]\nmatch = abc\ncolour = red\n", "kernel.rules:3: colour = red: no such key"},
	{"[splat a]\nmatch = abc\nunless = d(\n", "kernel.rules:3: "},
	{"[splat a]\n", "kernel.rules: [a] has no match"},
	{"[machinery a]\nfunctions = a_*_b\n", "kernel.rules:2: functions: a_*_b: a *"},
	{"[ignore a]\nmatch = abc\n", "kernel.rules: [a] has no reason"},
	{"[ignore a]\nmatch = abc\nreason = x\n", "kernel.rules: [a] has no expires"},
	{"[known a]\nexpires = 2027-02-30\n", "kernel.rules:2: expires: expected a day"},
	{"[known a]\nexpires = soon\n", "kernel.rules:2: expires: expected a day"},
	{"[known a]\nreason = old\nexpires = 2026-11-24\n",
	 "kernel.rules:3: [a] expired on 2026-11-24 (old): see whether"},
	{"[other a]\n", "kernel.rules:1: [other a]: expected splat"},
};

static void wrong_rules_are_refused_with_their_place(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *dir = g_dir_make_tmp("fl-rules-XXXXXX", &error);
	g_autofree char *kernel = g_build_filename(dir, "kernel.rules", NULL);
	g_autofree char *ignore = g_build_filename(dir, "ignore.rules", NULL);

	g_assert_true(fl_fs_write(ignore, "", 0, &error));
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autoptr(GError) got = NULL;
		g_autoptr(FlRules) rules = NULL;

		g_assert_true(fl_fs_write(kernel, wrong[i].text, strlen(wrong[i].text), &error));
		rules = fl_rules_load(dir, "2026-11-25", &got);
		g_assert_null(rules);
		if (!got || !strstr(got->message, wrong[i].error))
			g_error("case %zu: \"%s\" lacks \"%s\"", i, got ? got->message : "",
				wrong[i].error);
	}
	g_assert_true(fl_fs_remove(dir, &error));
}

static void an_exception_holds_through_its_last_day(void)
{
	static const char text[] = "[known a]\nmatch = abc\nreason = x\nexpires = 2026-11-25\n";
	g_autoptr(GError) error = NULL;
	g_autofree char *dir = g_dir_make_tmp("fl-rules-XXXXXX", &error);
	g_autofree char *kernel = g_build_filename(dir, "kernel.rules", NULL);
	g_autofree char *ignore = g_build_filename(dir, "ignore.rules", NULL);

	g_assert_true(fl_fs_write(kernel, "", 0, &error));
	g_assert_true(fl_fs_write(ignore, text, strlen(text), &error));
	for (unsigned late = 0; late < 2; late++) {
		g_autoptr(GError) got = NULL;
		g_autoptr(FlRules) rules =
			fl_rules_load(dir, late ? "2026-11-26" : "2026-11-25", &got);

		g_assert_true((rules == NULL) == late);
	}
	g_assert_true(fl_fs_remove(dir, &error));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/rules/know-their-lines", the_rules_know_their_lines);
	g_test_add_func("/rules/no-rule-is-sifted-out", no_rule_is_sifted_out);
	g_test_add_func("/rules/reporters-are-machinery", reporters_are_machinery);
	g_test_add_func("/rules/wrong-ones-are-refused-with-their-place",
			wrong_rules_are_refused_with_their_place);
	g_test_add_func("/rules/an-exception-holds-through-its-last-day",
			an_exception_holds_through_its_last_day);
	return g_test_run();
}
