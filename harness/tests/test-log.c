// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of base/log: off a terminal no control character and no live line; quiet is quiet.
 */
#include "base/log.h"

#include <string.h>

static void say_everything(void)
{
	fl_log_live("live");
	fl_log_step("step");
	fl_log_detail("detail");
	fl_log_warning("careful");
	fl_log_clear();
}

static void test_levels(void)
{
	if (g_test_subprocess()) {
		fl_log_setup(FL_LOG_NORMAL, false, false);
		say_everything();
		fl_log_setup(FL_LOG_QUIET, false, false);
		say_everything();
		fl_log_setup(FL_LOG_VERBOSE, false, false);
		say_everything();
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_passed();
	g_test_trap_assert_stderr("step\nwarning: careful\n"
				  "warning: careful\n"
				  "step\n  detail\nwarning: careful\n");
}

static void test_terminal(void)
{
	if (g_test_subprocess()) {
		fl_log_setup(FL_LOG_NORMAL, true, false);
		say_everything();
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_passed();
	g_test_trap_assert_stderr("\r\033[Klive\r\033[Kstep\nwarning: careful\n");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/log/levels-without-a-terminal", test_levels);
	g_test_add_func("/log/live-line-on-a-terminal", test_terminal);
	return g_test_run();
}
