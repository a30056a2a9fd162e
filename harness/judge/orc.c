// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lookup in the ORC tables. The build has sorted them (scripts/sorttable.c).
 */
#include "judge/orc.h"

#include <string.h>

static uint64_t ip_at(const FlOrc *orc, size_t i)
{
	int32_t relative;

	memcpy(&relative, orc->ips + 4 * i, sizeof(relative));
	return orc->address + 4 * i + (uint64_t)(int64_t)relative;
}

static FlOrcEntry decode(const uint8_t *bytes)
{
	FlOrcEntry entry;
	uint16_t bits;

	memcpy(&entry.sp_offset, bytes, 2);
	memcpy(&entry.bp_offset, bytes + 2, 2);
	memcpy(&bits, bytes + 4, 2);
	entry.sp_reg = bits & 15;
	entry.bp_reg = bits >> 4 & 15;
	entry.type = bits >> 8 & 7;
	entry.signal = bits >> 11 & 1;
	return entry;
}

bool fl_orc_find(const FlOrc *orc, uint64_t ip, FlOrcEntry *ret_entry)
{
	size_t low = 0, high = orc->n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (ip_at(orc, middle) <= ip)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return false;
	*ret_entry = decode(orc->entries + FL_ORC_ENTRY_SIZE * (low - 1));
	return true;
}
