// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the register dump of QEMU's monitor (target/i386/cpu-dump.c).
 */
#include "judge/vcpu.h"

#include <stdlib.h>
#include <string.h>

#define FLAGS_INTERRUPTS 0x200u

/* "RIP=ffffffff81000000" in this vCPU's part of the text. */
static uint64_t value_of(const char *text, const char *name, int base)
{
	const char *at = strstr(text, name);

	return at ? strtoull(at + strlen(name), NULL, base) : 0;
}

static FlVcpu parse_one(const char *text, unsigned number)
{
	return (FlVcpu){
		.number = number,
		.ip = value_of(text, "RIP=", 16),
		.sp = value_of(text, "RSP=", 16),
		.bp = value_of(text, "RBP=", 16),
		.di = value_of(text, "RDI=", 16),
		.dx = value_of(text, "RDX=", 16),
		.r10 = value_of(text, "R10=", 16),
		.r13 = value_of(text, "R13=", 16),
		.privilege = (unsigned)value_of(text, "CPL=", 10),
		.halted = value_of(text, "HLT=", 10),
		.interrupts = value_of(text, "RFL=", 16) & FLAGS_INTERRUPTS,
	};
}

GArray *fl_vcpu_parse(const char *text)
{
	GArray *vcpus = g_array_new(FALSE, TRUE, sizeof(FlVcpu));
	g_auto(GStrv) parts = g_strsplit(text, "CPU#", -1);

	for (char **part = parts[0] ? parts + 1 : parts; *part; part++) {
		FlVcpu vcpu = parse_one(*part, (unsigned)strtoul(*part, NULL, 10));

		if (strstr(*part, "RIP="))
			g_array_append_val(vcpus, vcpu);
	}
	return vcpus;
}
