// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ORC tables: the entry that holds is the last one at or before the place.
 */
#include "judge/orc.h"

#include <glib.h>

/* Places 0x1000, 0x1010 and 0x1020, seen from a table at 0x2000. */
static const int32_t ips[] = {0x1000 - 0x2000, 0x1010 - 0x2004, 0x1020 - 0x2008};
static const uint8_t entries[] = {
	16,   0,    0xf0, 0xff, 0x15, 0x02, /* SP+16, BP at -16, call */
	0xf8, 0xff, 8,	  0,	0x44, 0x0b, /* BP-8, BP, registers, signal */
	0,    0,    0,	  0,	0x00, 0x01};
static const FlOrc orc = {
	.ips = (const uint8_t *)ips, .entries = entries, .n = 3, .address = 0x2000};

static void entries_are_decoded(void)
{
	FlOrcEntry entry;

	g_assert_true(fl_orc_find(&orc, 0x100f, &entry));
	g_assert_cmpint(entry.sp_offset, ==, 16);
	g_assert_cmpint(entry.bp_offset, ==, -16);
	g_assert_cmpint(entry.sp_reg, ==, FL_ORC_SP);
	g_assert_cmpint(entry.bp_reg, ==, FL_ORC_PREV_SP);
	g_assert_cmpint(entry.type, ==, FL_ORC_TYPE_CALL);
	g_assert_false(entry.signal);
	g_assert_true(fl_orc_find(&orc, 0x1010, &entry));
	g_assert_cmpint(entry.sp_offset, ==, -8);
	g_assert_cmpint(entry.type, ==, FL_ORC_TYPE_REGS);
	g_assert_true(entry.signal);
	g_assert_true(fl_orc_find(&orc, 0x9999, &entry));
	g_assert_cmpint(entry.type, ==, FL_ORC_TYPE_END);
}

static void before_the_first_there_is_none(void)
{
	FlOrcEntry entry;
	const FlOrc none = {0};

	g_assert_false(fl_orc_find(&orc, 0xfff, &entry));
	g_assert_false(fl_orc_find(&none, 0x1000, &entry));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/orc/entries-are-decoded", entries_are_decoded);
	g_test_add_func("/orc/before-the-first-there-is-none", before_the_first_there_is_none);
	return g_test_run();
}
