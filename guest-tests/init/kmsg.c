// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads /dev/kmsg and sends each record on. The sequence numbers in it prove that none is
 * missing: a gap, also the one that EPIPE announces, is counted and told in the attestation.
 */
#include "kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool kmsg_open(struct kmsg *kmsg)
{
	*kmsg = (struct kmsg){.fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
	return kmsg->fd >= 0;
}

static void count(struct kmsg *kmsg, const char *record)
{
	unsigned long long seq;

	if (sscanf(record, "%*u,%llu,", &seq) != 1)
		return;
	if (!kmsg->any)
		kmsg->first = seq;
	else if (seq > kmsg->last + 1)
		kmsg->lost += seq - kmsg->last - 1;
	kmsg->last = seq;
	kmsg->any = true;
}

void kmsg_drain(struct kmsg *kmsg, struct emit *emit)
{
	char record[8192];

	for (;;) {
		ssize_t len = read(kmsg->fd, record, sizeof(record) - 1);

		if (len < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (len <= 0)
			return;
		record[len] = '\0';
		count(kmsg, record);
		emit_record(emit, FL_WIRE_KMSG, record, strcspn(record, "\n"));
	}
}
