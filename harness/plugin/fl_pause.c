// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plugin with which QEMU's vCPUs give way while they spin. A kernel that waits for another CPU (for
 * a lock, for the answer to an IPI, for a delay to be over) says so with PAUSE; where the host has fewer
 * CPUs than the guest, whom it waits for may be waiting for this very CPU, until the host's time slice
 * is over. Knows nothing of the guest, and changes nothing that it can see.
 */
#include "plugin/qemu_plugin.h"

#include <sched.h>

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static void on_pause(unsigned vcpu_index, void *userdata)
{
	(void)vcpu_index;
	(void)userdata;
	sched_yield();
}

/* F3 90, as cpu_relax() is compiled (arch/x86/include/asm/vdso/processor.h). */
static bool is_pause(const struct qemu_plugin_insn *insn)
{
	const unsigned char *bytes = qemu_plugin_insn_data(insn);

	return qemu_plugin_insn_size(insn) == 2 && bytes[0] == 0xf3 && bytes[1] == 0x90;
}

static void on_translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		if (is_pause(insn))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_pause,
							       QEMU_PLUGIN_CB_NO_REGS, NULL);
	}
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
