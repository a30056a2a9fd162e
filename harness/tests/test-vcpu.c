// SPDX-License-Identifier: GPL-2.0-only
/*
 * QEMU's register dump: each vCPU by itself, and no other text.
 */
#include "judge/vcpu.h"

static void each_vcpu_is_read(void)
{
	g_autoptr(GArray) vcpus = fl_vcpu_parse(
		"\r\nCPU#0\r\nRAX=1 RBX=2 RCX=3 RDX=0000000000000004\r\n"
		"RSI=5 RDI=0000000000000006 RBP=ffffffff82000000 RSP=ffffffff82000010\r\n"
		"R8 =7 R9 =8 R10=0000000000000009 R11=0\r\nR12=0 R13=000000000000000a R14=0\r\n"
		"RIP=ffffffff81000000 RFL=00000246 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=1\r\n"
		"\r\nCPU#1\r\nRIP=0000000000401000 RFL=00000046 [] CPL=3 II=0 HLT=0\r\n");
	const FlVcpu *one = &g_array_index(vcpus, FlVcpu, 0), *two = one + 1;

	g_assert_cmpuint(vcpus->len, ==, 2);
	g_assert_cmphex(one->ip, ==, 0xffffffff81000000);
	g_assert_cmphex(one->sp, ==, 0xffffffff82000010);
	g_assert_cmphex(one->bp, ==, 0xffffffff82000000);
	g_assert_cmpuint(one->r10, ==, 9);
	g_assert_cmpuint(one->r13, ==, 10);
	g_assert_cmpuint(one->di, ==, 6);
	g_assert_cmpuint(one->dx, ==, 4);
	g_assert_true(one->halted && one->interrupts && one->privilege == 0);
	g_assert_cmpuint(two->number, ==, 1);
	g_assert_true(!two->halted && !two->interrupts && two->privilege == 3);
}

static void other_text_is_no_vcpu(void)
{
	static const char *const texts[] = {"", "CPU#", "CPU#0", "RIP=1", "unknown command"};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GArray) vcpus = fl_vcpu_parse(texts[i]);

		g_assert_cmpuint(vcpus->len, ==, 0);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/vcpu/each-vcpu-is-read", each_vcpu_is_read);
	g_test_add_func("/vcpu/other-text-is-no-vcpu", other_text_is_no_vcpu);
	return g_test_run();
}
