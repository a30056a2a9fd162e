// SPDX-License-Identifier: GPL-2.0-only
/*
 * For int3.t: a plugin for QEMU with which a vCPU that translates an INT3 is so late that meanwhile
 * it is gone, and which says on standard error when one that is gone is run.
 */
#include "plugin/qemu_plugin.h"

#include <stdio.h>
#include <unistd.h>

#define INT3	0xcc
#define LOOK_US 100u
/* Who changes the code may be waiting for this vCPU to answer an IPI. */
#define LOOKS_MAX 200u

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static unsigned char in_memory(const void *memory)
{
	return *(const volatile unsigned char *)memory;
}

static void on_int3(unsigned vcpu_index, void *memory)
{
	if (in_memory(memory) != INT3)
		fprintf(stderr, "vCPU %u runs an INT3 that is %02x\n", vcpu_index,
			in_memory(memory));
}

/* An INT3 ends its block. */
static void on_translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, qemu_plugin_tb_n_insns(tb) - 1);
	void *memory = qemu_plugin_insn_haddr(insn);

	(void)id;
	if (!memory || *(const unsigned char *)qemu_plugin_insn_data(insn) != INT3)
		return;
	qemu_plugin_register_vcpu_insn_exec_cb(insn, on_int3, QEMU_PLUGIN_CB_NO_REGS, memory);
	for (unsigned i = 0; i < LOOKS_MAX && in_memory(memory) == INT3; i++)
		usleep(LOOK_US);
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
					   char **argv)
{
	(void)info;
	(void)argc;
	(void)argv;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translated);
	return 0;
}
