// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of report/ktap_report: one line a result, nested as ktap.rst says, reasons never break it.
 */
#include "report/ktap_report.h"

#include "tests/record-fixture.h"

static void test_document(void)
{
	g_autoptr(FlRunRecord) record = fixture_record();
	g_autofree char *ktap = fl_ktap_report(record);

	g_assert_cmpstr(ktap, ==,
			"KTAP version 1\n1..2\n"
			"# Subtest: patched\n    KTAP version 1\n    1..3\n"
			"    ok 1 shared-write\n"
			"    ok 2 skipped # SKIP needs   two vCPUs\n"
			"    ok 3 kernel\n"
			"ok 1 patched\n"
			"# Subtest: patched-debug\n    KTAP version 1\n    1..3\n"
			"    # shared-write: HANG: did not come back\n"
			"    not ok 1 shared-write\n"
			"    # skipped: BROKEN: not run\n"
			"    not ok 2 skipped\n"
			"    # kernel: HANG: stuck in \033[31mdown_write\n"
			"    not ok 3 kernel\n"
			"# patched-debug: HANG: stuck in \033[31mdown_write\n"
			"not ok 2 patched-debug\n");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/ktap-report/document-is-as-ktap-rst-says", test_document);
	return g_test_run();
}
