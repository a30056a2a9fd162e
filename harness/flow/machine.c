// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a record to a machine. The limits are for a machine at full speed; the record says by how
 * much slower this one is.
 */
#include "flow/machine.h"

/* Limits at time scale 1.0; a boot takes about a second there, so these are generous. */
#define BOOT_LIMIT_US	 (30 * G_USEC_PER_SEC)
#define SILENCE_LIMIT_US (20 * G_USEC_PER_SEC)
#define TOTAL_SLACK_US	 (60 * G_USEC_PER_SEC)
#define WATCHDOG_S	 10u
#define WATCHDOG_MAX_S	 120u
#define CONSOLE_MAX	 (64u << 20)

static unsigned watchdog_s(const FlGuestRecord *guest)
{
	return MIN(WATCHDOG_S * guest->time_scale_milli / 1000 + 1, WATCHDOG_MAX_S);
}

FlVmSpec fl_machine(const FlSite *site, const FlGuestRecord *guest, const FlVmDisk *disks,
		    size_t n_disks)
{
	uint64_t scale = guest->limit_scale_milli;

	return (FlVmSpec){
		.qemu = site->qemu,
		.cpus = guest->cpus,
		.memory_mib = guest->memory_mib,
		.accel = guest->accel,
		.pause_plugin = guest->pause_yields ? site->pause_plugin : NULL,
		.seed = guest->seed,
		.deterministic = guest->deterministic,
		.disks = disks,
		.n_disks = n_disks,
		.watchdog_s = watchdog_s(guest),
		.boot_us = BOOT_LIMIT_US * scale / 1000,
		.silence_us = SILENCE_LIMIT_US * scale / 1000,
		.total_us = (BOOT_LIMIT_US + TOTAL_SLACK_US) * scale / 1000 +
			    guest->tests_limit_ms * 1000,
		.console_max = CONSOLE_MAX,
	};
}
