// SPDX-License-Identifier: GPL-2.0-only
/*
 * For boot-vcpus.t: a plugin for QEMU that counts the instructions of each vCPU and writes the
 * counts to out=FILE, one a line, when QEMU ends.
 */
#include "plugin/qemu_plugin.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define VCPUS_MAX 8u

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static uint64_t instructions[VCPUS_MAX];
static FILE *out;

static void on_block(unsigned vcpu_index, void *count)
{
	instructions[vcpu_index] += (uintptr_t)count;
}

static void on_translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, QEMU_PLUGIN_CB_NO_REGS,
					     (void *)(uintptr_t)qemu_plugin_tb_n_insns(tb));
}

static void on_exit_of_qemu(qemu_plugin_id_t id, void *n_vcpus)
{
	(void)id;
	for (size_t i = 0; i < (uintptr_t)n_vcpus; i++)
		fprintf(out, "%" PRIu64 "\n", instructions[i]);
	fclose(out);
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
					   char **argv)
{
	if (argc == 1 && strncmp(argv[0], "out=", 4) == 0)
		out = fopen(argv[0] + 4, "we");
	if (!out || info->system.smp_vcpus > (int)VCPUS_MAX)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translated);
	qemu_plugin_register_atexit_cb(id, on_exit_of_qemu,
				       (void *)(uintptr_t)info->system.smp_vcpus);
	return 0;
}
