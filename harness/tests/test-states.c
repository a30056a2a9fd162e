// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of kernel/states: an answer is given to its own question only, and only when whole.
 */
#include "tests/kernel-fixture.h"
#include "base/json.h"
#include "kernel/states.h"

static const char ID[] = "0123456789012345678901234567890123456789";

static void test_answers_belong_to_questions(KernelFixture *fixture, gconstpointer data)
{
	g_autoptr(json_t) question = json_pack("{s:s}", "tarball", "a");
	g_autoptr(json_t) other = json_pack("{s:s}", "tarball", "b");
	g_autofree char *answer = NULL;

	(void)data;
	g_assert_null(fl_states_recall(fixture->cache, question));
	g_assert_true(fl_states_remember(fixture->cache, question, ID, NULL));
	answer = fl_states_recall(fixture->cache, question);
	g_assert_cmpstr(answer, ==, ID);
	g_assert_null(fl_states_recall(fixture->cache, other));
}

static void test_damaged_answer_is_none(KernelFixture *fixture, gconstpointer data)
{
	g_autoptr(json_t) question = json_pack("{s:s}", "tarball", "a");

	(void)data;
	g_assert_true(fl_states_remember(fixture->cache, question, ID, NULL));
	run_in(fixture->cache, "for f in states/*; do echo 0123 > $f; done");
	g_assert_null(fl_states_recall(fixture->cache, question));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	KERNEL_TEST("/states/answers-belong-to-questions", test_answers_belong_to_questions);
	KERNEL_TEST("/states/damaged-answer-is-none", test_damaged_answer_is_none);
	return g_test_run();
}
