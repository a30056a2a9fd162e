// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traces: reading them, and the first difference of two. Only compares; knows no symbol.
 */
#include "judge/trace.h"

#include "base/fs.h"

#include <gio/gio.h>
#include <string.h>

static FlTrace *refuse(const char *path, const char *what, GError **error)
{
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: %s", path, what);
	return NULL;
}

FlTrace *fl_trace_load(const char *path, GError **error)
{
	g_autofree char *bytes = NULL;
	FlTraceHead head = {0};
	uint64_t end = 0;
	size_t len, n;
	FlTrace *trace;

	if (!fl_fs_read(path, &bytes, &len, error))
		return NULL;
	memcpy(&head, bytes, MIN(len, sizeof(head)));
	if (len < sizeof(head) || head.magic != FL_TRACE_MAGIC)
		return refuse(path, "expected a trace", error);
	if (head.interval != FL_TRACE_INTERVAL)
		return refuse(path, "expected a trace with the checkpoints of this version", error);
	n = (len - sizeof(head)) / sizeof(FlTraceRecord);
	trace = g_new0(FlTrace, 1);
	trace->n = n;
	trace->records = g_memdup2(bytes + sizeof(head), n * sizeof(FlTraceRecord));
	if (len == sizeof(head) + n * sizeof(FlTraceRecord) + sizeof(end))
		memcpy(&end, bytes + len - sizeof(end), sizeof(end));
	trace->complete = n && end == FL_TRACE_END;
	return trace;
}

void fl_trace_free(FlTrace *trace)
{
	if (trace)
		g_free(trace->records);
	g_free(trace);
}

FlTraceRecord fl_trace_total(const FlTrace *trace)
{
	return trace->n ? trace->records[trace->n - 1] : (FlTraceRecord){0};
}

/*
 * The last record of a guest that ended by itself is of any number of blocks. Beside one that goes on
 * its blocks are part of an interval that is not known block by block: no beginning, no difference.
 */
FlTraceDifference fl_trace_compare(const FlTrace *before, const FlTrace *now)
{
	FlTraceDifference found = {0};
	size_t shorter = MIN(before->n, now->n);
	const FlTrace *ended = before->n < now->n ? before : now;

	while (found.interval < shorter &&
	       memcmp(&before->records[found.interval], &now->records[found.interval],
		      sizeof(FlTraceRecord)) == 0)
		found.last = before->records[found.interval++];
	found.same = found.interval == before->n && found.interval == now->n &&
		     before->complete == now->complete;
	found.prefix = found.same || (found.interval == shorter && !ended->complete);
	return found;
}

static GArray *read_array(const char *path, size_t size, GError **error)
{
	g_autofree char *bytes = NULL;
	GArray *array;
	size_t len;

	if (!fl_fs_read(path, &bytes, &len, error))
		return NULL;
	array = g_array_new(FALSE, FALSE, (guint)size);
	g_array_append_vals(array, bytes, (guint)(len / size));
	return array;
}

GArray *fl_trace_blocks(const char *path, GError **error)
{
	return read_array(path, sizeof(uint64_t), error);
}

GArray *fl_trace_events(const char *path, GError **error)
{
	return read_array(path, sizeof(FlTraceEvent), error);
}

FlTraceRecord fl_trace_before(const GArray *blocks, const FlTraceRecord *from, size_t index)
{
	FlTraceRecord record = *from;

	for (size_t i = 0; i < index; i++) {
		uint64_t word = g_array_index(blocks, uint64_t, i);

		record.blocks++;
		record.instructions += fl_format_count(word);
		record.hash = fl_format_fold(record.hash, word);
	}
	return record;
}

bool fl_trace_leads(const GArray *blocks, const FlTraceRecord *from, const FlTraceRecord *to)
{
	FlTraceRecord end = fl_trace_before(blocks, from, blocks->len);

	return memcmp(&end, to, sizeof(end)) == 0;
}

size_t fl_trace_part(const GArray *before, const GArray *now)
{
	size_t i = 0;

	while (i < before->len && i < now->len &&
	       g_array_index(before, uint64_t, i) == g_array_index(now, uint64_t, i))
		i++;
	return i;
}
