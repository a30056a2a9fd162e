// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a banner that comes again is of; real logs are in judge-cases/.
 */
#include "judge/boots.h"

#include <string.h>

/* The i-th line of a boot that began at another instant. */
static FlBootsNews say(FlBoots *boots, unsigned i, uint64_t shift_us)
{
	g_autofree char *text = g_strdup_printf("device %u is there", i);
	FlLine line = {.text = text, .len = strlen(text), .stamp_us = i * 1117 + shift_us};

	return fl_boots_line(boots, &line);
}

/* Says lines until one tells, at most so many. */
static FlBootsNews say_some(FlBoots *boots, unsigned n, uint64_t shift_us)
{
	for (unsigned i = 1; i <= n; i++) {
		FlBootsNews news = say(boots, i, shift_us);

		if (news != FL_BOOTS_UNTOLD)
			return news;
	}
	return FL_BOOTS_UNTOLD;
}

static void a_copy_has_the_same_times(void)
{
	FlBoots *boots = fl_boots_new();

	fl_boots_banner(boots);
	g_assert_cmpint(say_some(boots, 50, 0), ==, FL_BOOTS_UNTOLD);
	fl_boots_banner(boots);
	g_assert_true(fl_boots_is_open(boots));
	g_assert_cmpint(say_some(boots, 50, 0), ==, FL_BOOTS_COPY);
	g_assert_false(fl_boots_is_open(boots));
	fl_boots_free(boots);
}

static void another_boot_has_others_and_may_be_copied_in_turn(void)
{
	FlBoots *boots = fl_boots_new();

	say_some(boots, 50, 0);
	fl_boots_banner(boots);
	g_assert_cmpint(say_some(boots, 50, 7), ==, FL_BOOTS_ANOTHER);
	fl_boots_banner(boots);
	g_assert_cmpint(say_some(boots, 50, 7), ==, FL_BOOTS_COPY);
	fl_boots_banner(boots);
	g_assert_cmpint(say_some(boots, 50, 0), ==, FL_BOOTS_ANOTHER);
	fl_boots_free(boots);
}

static void a_few_lines_tell_nothing(void)
{
	FlBoots *boots = fl_boots_new();

	say_some(boots, 50, 0);
	fl_boots_banner(boots);
	g_assert_cmpint(say_some(boots, 5, 0), ==, FL_BOOTS_UNTOLD);
	g_assert_true(fl_boots_is_open(boots));
	fl_boots_free(boots);
}

/* Nothing can be compared: it stays with what the banner says. */
static void without_fine_times_nothing_is_open(void)
{
	FlBoots *boots = fl_boots_new();

	for (unsigned i = 0; i < 50; i++) {
		FlLine line = {.text = "x", .len = 1, .stamp_us = i * 10000};

		g_assert_cmpint(fl_boots_line(boots, &line), ==, FL_BOOTS_UNTOLD);
	}
	fl_boots_banner(boots);
	g_assert_false(fl_boots_is_open(boots));
	fl_boots_free(boots);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/boots/a-copy-has-the-same-times", a_copy_has_the_same_times);
	g_test_add_func("/boots/another-boot-has-others-and-may-be-copied-in-turn",
			another_boot_has_others_and_may_be_copied_in_turn);
	g_test_add_func("/boots/a-few-lines-tell-nothing", a_few_lines_tell_nothing);
	g_test_add_func("/boots/without-fine-times-nothing-is-open",
			without_fine_times_nothing_is_open);
	return g_test_run();
}
