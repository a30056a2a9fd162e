// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of plan/orders: the text that the guest reads, by its own reader as well, and a nonce that
 * comes back.
 */
#include "plan/orders.h"

#include "plan/manifest.h"
#include "plan/plan.h"

#include "../../guest-tests/init/orders.c"

#include <fl_wire.h>
#include <glib/gstdio.h>
#include <string.h>

static void test_text(void)
{
	static const char manifest[] = "test: one\ntimeout_ms: 1000\nmodules: fl_b fl_a\n\n"
				       "test: two\ntimeout_ms: 20000\nmodules: fl_a\n";
	g_autoptr(GPtrArray) tests = fl_manifest_parse(manifest, "m", NULL);
	FlOrders orders = {.nonce = "0123456789abcdef",
			   .seed = 7,
			   .time_scale_milli = 1500,
			   .effort = 2,
			   .tests = tests};
	g_autofree char *text = fl_orders_text(&orders);

	g_assert_cmpstr(text, ==,
			"proto 1\nnonce 0123456789abcdef\nseed 7\ntime_scale_milli 1500\n"
			"effort 2\nmode run\nmodule fl_b\nmodule fl_a\ntest 1 one 3000\ntest 2 two "
			"60000\n");
	g_assert_cmpuint(fl_orders_limit_us(&orders), ==, 63000000);
	orders.deterministic = true;
	g_autofree char *steady = fl_orders_text(&orders);
	g_assert_nonnull(strstr(steady, "\ndeterministic 1\n"));
}

static void test_save(void)
{
	FlOrders orders = {
		.nonce = "0123456789abcdef", .time_scale_milli = 1000, .effort = 1, .save = true};
	g_autofree char *text = fl_orders_text(&orders);

	g_assert_nonnull(strstr(text, "\nmode save\ntest 1 boot 0\n"));
}

/* What the host writes is what the guest reads, from its file and from QEMU alike. */
static void test_guest(void)
{
	static struct orders got;
	FlOrders sent = {.nonce = "0123456789abcdef",
			 .seed = 7,
			 .time_scale_milli = 1500,
			 .effort = 2,
			 .save = true};
	g_autofree char *text = fl_orders_text(&sent);
	char wrong[] = "proto 1\nmode run\nmode nonsense\n";

	g_assert_cmpuint(orders_parse(&got, text, strlen(text)), ==, 0);
	g_assert_true(got.save);
	g_assert_false(got.shell);
	g_assert_cmpstr(got.nonce, ==, sent.nonce);
	g_assert_cmpuint(got.seed, ==, 7);
	g_assert_cmpuint(got.scale_milli, ==, 1500);
	g_assert_cmpuint(got.n_tests, ==, 1);
	g_assert_cmpstr(got.tests[0].name, ==, FL_WIRE_BOOT);
	g_assert_cmpuint(orders_parse(&got, wrong, strlen(wrong)), ==, 3);
	g_assert_cmpuint(orders_parse(&got, wrong, 0), ==, ORDERS_NO_FILE);
	g_assert_cmpuint(orders_read(&got, "/nonexistent"), ==, ORDERS_NO_FILE);
}

static void test_program(void)
{
	static const char plan_text[] = "[kernel k]\n[program p]\ncommand = true -a 'b c'\n"
					"expect = 3\n[program q]\ncommand = x\nexpect = ktap\n";
	g_autoptr(FlPlan) plan = fl_plan_parse(plan_text, strlen(plan_text), "p", "/", NULL);
	g_autoptr(GPtrArray) tests = fl_manifest_parse("test: one\n", "m", NULL);
	FlOrders orders = {
		.nonce = "0123456789abcdef", .time_scale_milli = 1000, .effort = 1, .tests = tests};
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;

	for (guint i = 0; i < plan->programs->len; i++)
		g_assert_true(
			fl_manifest_add_program(tests, g_ptr_array_index(plan->programs, i), NULL));
	text = fl_orders_text(&orders);
	g_assert_nonnull(strstr(text, "test 1 one 0\n"
				      "test 2 p 60000\nexpect 3\narg /programs/p/true\narg -a\n"
				      "arg b c\n"
				      "test 3 q 60000\nexpect ktap\narg /programs/q/x\n"));
	g_assert_false(
		fl_manifest_add_program(tests, g_ptr_array_index(plan->programs, 0), &error));
	g_assert_error(error, FL_PLAN_ERROR, FL_PLAN_ERROR_SYNTAX);
}

/* What the guest's own reader makes of a text; returns the line that it does not take, or 0. */
static unsigned read_back(const char *text, struct orders *orders)
{
	g_autofree char *path = NULL;
	unsigned line;
	int fd = g_file_open_tmp("orders-XXXXXX", &path, NULL);

	close(fd);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	line = orders_read(orders, path);
	g_unlink(path);
	return line;
}

static void test_yields(void)
{
	const char *places[] = {"do_fault+0x0", "handle_mm_fault.part.0+0x1fc", NULL};
	FlYields yields = {.depth = 3, .hits = 64, .places = (char **)places};
	g_autoptr(GPtrArray) tests = fl_manifest_parse("test: one\nmodules: fl_a\n", "m", NULL);
	FlOrders orders = {.nonce = "0123456789abcdef",
			   .seed = 7,
			   .time_scale_milli = 1000,
			   .effort = 1,
			   .deterministic = true,
			   .yields = &yields,
			   .tests = tests};
	g_autofree char *text = fl_orders_text(&orders);
	static struct orders back;

	g_assert_cmpuint(read_back(text, &back), ==, 0);
	g_assert_cmpuint(back.yield_depth, ==, 3);
	g_assert_cmpuint(back.yield_hits, ==, 64);
	g_assert_cmpuint(back.n_points, ==, 2);
	g_assert_cmpstr(back.points[0].function, ==, "do_fault");
	g_assert_cmpuint(back.points[0].offset, ==, 0);
	g_assert_cmpstr(back.points[1].function, ==, "handle_mm_fault.part.0");
	g_assert_cmpuint(back.points[1].offset, ==, 0x1fc);
	g_assert_cmpuint(back.n_modules, ==, 2);
	g_assert_cmpstr(back.modules[0], ==, "fl_a");
	g_assert_cmpstr(back.modules[1], ==, "fl_stretch");
	g_assert_cmpuint(back.n_tests, ==, 1);
}

static void test_no_yields(void)
{
	static const char *const bad[] = {
		"yields 0 64",	"yields 3 0",
		"yield_at f",	"yield_at +0x1",
		"yield_at f+9", "yield_at a_name_that_is_longer_than_48_bytes_by_one_byte_+0x1"};
	static struct orders back;

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_cmpuint(read_back(bad[i], &back), ==, 1);
}

static void test_nonce(void)
{
	g_autofree char *a = fl_orders_nonce("key", "patched", 1);
	g_autofree char *same = fl_orders_nonce("key", "patched", 1);
	g_autofree char *other = fl_orders_nonce("key", "patched.2", 1);

	g_assert_cmpuint(strlen(a), ==, FL_WIRE_NONCE_LEN);
	g_assert_cmpstr(a, ==, same);
	g_assert_cmpstr(a, !=, other);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/orders/text-is-what-the-guest-reads", test_text);
	g_test_add_func("/orders/a-boot-to-go-on-from-has-one-test", test_save);
	g_test_add_func("/orders/the-guest-reads-what-was-written", test_guest);
	g_test_add_func("/orders/programs-come-with-their-words", test_program);
	g_test_add_func("/orders/yields-are-read-back", test_yields);
	g_test_add_func("/orders/yields-that-are-none", test_no_yields);
	g_test_add_func("/orders/nonce-comes-from-its-inputs", test_nonce);
	return g_test_run();
}
