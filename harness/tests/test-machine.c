// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of flow/machine: limits follow the record, and the watchdogs of the guest its own clock.
 */
#include "flow/machine.h"

static void test_limits(void)
{
	g_autoptr(FlGuestRecord) guest = fl_record_guest_new("patched", 1);
	FlSite site = {.qemu = (char *)"qemu"};
	FlVmSpec full, slow;

	guest->cpus = 4;
	guest->memory_mib = 512;
	guest->time_scale_milli = 1000;
	guest->limit_scale_milli = 1000;
	full = fl_machine(&site, guest, NULL, 0);
	guest->limit_scale_milli = 3000;
	guest->tests_limit_ms = 5000;
	slow = fl_machine(&site, guest, NULL, 0);
	g_assert_cmpstr(full.qemu, ==, "qemu");
	g_assert_cmpuint(full.cpus, ==, 4);
	g_assert_cmpuint(full.memory_mib, ==, 512);
	g_assert_cmpuint(slow.boot_us, ==, 3 * full.boot_us);
	g_assert_cmpuint(slow.silence_us, ==, 3 * full.silence_us);
	g_assert_cmpuint(slow.total_us, ==, 3 * full.total_us + 5000000);
	g_assert_cmpuint(slow.watchdog_s, ==, full.watchdog_s);
	guest->time_scale_milli = 1000000;
	g_assert_cmpuint(fl_machine(&site, guest, NULL, 0).watchdog_s, ==, 120);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/machine/limits-follow-the-record", test_limits);
	return g_test_run();
}
