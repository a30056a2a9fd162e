// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of plan/program: one line is enough, every key is read, and a wrong one is refused with
 * file, line and what was expected.
 */
#include "plan/program.h"

#include "plan/plan.h"

#include <string.h>

#define KERNEL "[kernel k]\n"

static FlPlan *parse(const char *text, GError **error)
{
	g_autofree char *whole = g_strconcat(KERNEL, text, NULL);

	return fl_plan_parse(whole, strlen(whole), "/bin/p", FL_TEST_SRCDIR, error);
}

static void test_one_line(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(FlPlan) plan = parse("[program mine]\ncommand = ./sh -c 'exit 0'\n", &error);
	const FlProgram *program;
	g_autofree char *path = NULL;

	g_assert_no_error(error);
	g_assert_cmpuint(plan->programs->len, ==, 1);
	program = g_ptr_array_index(plan->programs, 0);
	path = fl_program_guest_path(program);
	g_assert_cmpstr(program->command[0], ==, "/bin/sh");
	g_assert_cmpstr(program->command[2], ==, "exit 0");
	g_assert_cmpstr(path, ==, "/programs/mine/sh");
	g_assert_true(program->is_default);
	g_assert_cmpuint(program->timeout_ms, ==, 60000);
	g_assert_false(program->ktap);
}

static void test_every_key(void)
{
	g_autoptr(FlPlan) plan =
		parse("[program a]\ncommand = stress-ng\nfiles = ./sh /bin/sh\nexpect = ktap\n"
		      "timeout = 2min\nneeds = CONFIG_A CONFIG_B\nsummary = s\ngroup = g\n"
		      "default = no\n[program b]\ncommand = true\nexpect = 3\n",
		      NULL);
	const FlProgram *a = g_ptr_array_index(plan->programs, 0);
	const FlProgram *b = g_ptr_array_index(plan->programs, 1);

	g_assert_cmpstr(a->command[0], ==, "stress-ng");
	g_assert_cmpstr(a->files[0], ==, "/bin/sh");
	g_assert_true(a->ktap && !a->is_default);
	g_assert_cmpuint(a->timeout_ms, ==, 120000);
	g_assert_cmpstr(a->needs[1], ==, "CONFIG_B");
	g_assert_cmpstr(a->summary, ==, "s");
	g_assert_cmpstr(a->group, ==, "g");
	g_assert_cmpuint(b->status, ==, 3);
}

static void test_made_later(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(FlPlan) plan =
		parse("[program a]\nmade-by = make x\ncommand = ./none -v\n", &error);
	const FlProgram *program;

	g_assert_no_error(error);
	program = g_ptr_array_index(plan->programs, 0);
	g_assert_cmpstr(program->command[0], ==, "/bin/none");
	g_assert_cmpstr(program->made_by, ==, "make x");
}

static void test_refusals(void)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"[program a]\ncommand = ./none\n", "p:3: command: /bin/none is not a file"},
		{"[program a]\ncommand = ./none\nmade-by = make x\n", "p:3: command: /bin/none is"},
		{"[program a]\ncommand = 'x\n", "p:3: command: expected a program"},
		{"[program a]\ncommand =\n", "p:3: command: expected a program"},
		{"[program a]\nfiles = ./none\n", "p:3: files: /bin/none is not a file"},
		{"[program a]\nexpect = 256\n", "p:3: expect: expected an exit status"},
		{"[program a]\nexpect = tap\n", "p:3: expect: expected an exit status"},
		{"[program a]\ntimeout = 10\n", "p:3: timeout: expected a number with ms, s or"},
		{"[program a]\ntimeout = 0s\n", "p:3: timeout"},
		{"[program a]\ntimeout = 1441min\n", "p:3: timeout"},
		{"[program a]\ndefault = maybe\n", "p:3: default: expected yes or no"},
		{"[program a]\ncolour = red\n", "p:3: unknown key \"colour\" in [program a]"},
		{"[program a/b]\n", "p:2: \"a/b\" is not a program name"},
		{"[program a]\ncommand = x\n[program a]\n",
		 "p:4: the program a is described twice"},
		{"[program a]\n[program b]\n", "p:3: [program a] has no command"},
		{"[program a]\n", "[program a] has no command"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(FlPlan) plan = parse(cases[i].text, &error);

		g_assert_null(plan);
		g_assert_error(error, error->domain, error->code);
		if (!strstr(error->message, cases[i].message))
			g_test_message("%s: found \"%s\"", cases[i].message, error->message);
		g_assert_nonnull(strstr(error->message, cases[i].message));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/program/one-line-is-enough", test_one_line);
	g_test_add_func("/program/every-key-is-read", test_every_key);
	g_test_add_func("/program/may-be-made-later", test_made_later);
	g_test_add_func("/program/refuses-with-file-and-line", test_refusals);
	return g_test_run();
}
