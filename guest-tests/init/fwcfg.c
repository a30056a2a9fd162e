// SPDX-License-Identifier: GPL-2.0-only
/*
 * A selector to one port, and bytes from the other: the answer is there with the instruction, so no
 * time of the host's comes in. Numbers are big-endian (docs/specs/fw_cfg.txt of QEMU).
 */
#include "fwcfg.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>
#include <sys/io.h>

#define SELECT_FILES 0x19

struct file {
	uint32_t size;
	uint16_t select, reserved;
	char name[56];
};

static void take(void *to, size_t len)
{
	for (unsigned char *at = to; len; len--)
		*at++ = inb(FWCFG_PORT + 1);
}

size_t fwcfg_read(const char *name, char *to, size_t max)
{
	struct file file;
	uint32_t count;

	outw(SELECT_FILES, FWCFG_PORT);
	take(&count, sizeof(count));
	for (count = be32toh(count); count; count--) {
		size_t len;

		take(&file, sizeof(file));
		len = be32toh(file.size);
		if (strncmp(file.name, name, sizeof(file.name)) != 0)
			continue;
		if (len > max)
			return 0;
		outw(be16toh(file.select), FWCFG_PORT);
		take(to, len);
		return len;
	}
	return 0;
}
