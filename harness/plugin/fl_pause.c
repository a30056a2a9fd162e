// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plugin with which QEMU's vCPUs give way while they spin. A kernel that waits for another CPU (for
 * a lock, for the answer to an IPI, for a delay to be over) says so with PAUSE; where the host has fewer
 * CPUs than the guest, whom it waits for may be waiting for this very CPU, until the host's time slice
 * is over. Knows nothing of the guest, and changes nothing that it can see.
 *
 * It also throws away translations of an INT3 that is gone. QEMU before 8.1 reads code without a lock
 * (tb_gen_code() in accel/tcg/translate-all.c; mended by "accel/tcg: Always lock pages before translation"):
 * what another vCPU writes there until the translation is entered, goes unseen. A kernel that switches a static
 * branch (arch/x86/kernel/alternative.c, text_poke_bp_batch()) then runs into its own INT3 for ever, which
 * looks like the kernel's hang; translating for a plugin takes longer, and makes it likelier.
 */
#include "plugin/qemu_plugin.h"

#include <sched.h>

#define PATIENCE 256u /* PAUSEs, some microseconds */
#define INT3	 0xcc /* arch/x86/include/asm/text-patching.h: INT3_INSN_OPCODE */

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static qemu_plugin_id_t self;

/*
 * A vCPU is one thread. Who waits for a moment only, as a spinlock's holder that runs makes others do,
 * keeps the CPU: on a busy host it may not come back for milliseconds.
 */
static void on_pause(unsigned vcpu_index, void *userdata)
{
	static _Thread_local unsigned pauses;

	(void)vcpu_index;
	(void)userdata;
	if (++pauses % PATIENCE == 0)
		sched_yield();
}

static void watch(qemu_plugin_id_t id);

/* The guest's handler goes back to where it was, and finds it translated anew. */
static void on_int3(unsigned vcpu_index, void *memory)
{
	(void)vcpu_index;
	if (*(const volatile unsigned char *)memory != INT3)
		qemu_plugin_reset(self, watch);
}

/* F3 90, as cpu_relax() is compiled (arch/x86/include/asm/vdso/processor.h). */
static bool is_pause(const struct qemu_plugin_insn *insn)
{
	const unsigned char *bytes = qemu_plugin_insn_data(insn);

	return qemu_plugin_insn_size(insn) == 2 && bytes[0] == 0xf3 && bytes[1] == 0x90;
}

static bool is_int3(const struct qemu_plugin_insn *insn)
{
	const unsigned char *bytes = qemu_plugin_insn_data(insn);

	return qemu_plugin_insn_size(insn) == 1 && bytes[0] == INT3;
}

static void on_translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		void *memory = is_int3(insn) ? qemu_plugin_insn_haddr(insn) : NULL;

		if (is_pause(insn))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_pause,
							       QEMU_PLUGIN_CB_NO_REGS, NULL);
		else if (memory)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_int3,
							       QEMU_PLUGIN_CB_NO_REGS, memory);
	}
}

/* At the start, and after each reset, which forgets what was registered. */
static void watch(qemu_plugin_id_t id)
{
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translated);
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
					   char **argv)
{
	(void)info;
	(void)argc;
	(void)argv;
	self = id;
	watch(id);
	return 0;
}
