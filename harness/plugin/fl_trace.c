// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plugin that QEMU loads to trace a deterministic guest: every executed block goes into a
 * rolling hash, with a checkpoint each FL_TRACE_INTERVAL blocks (plugin/format.h has the files).
 *
 * For a guest whose vCPUs take turns in one thread, as under -icount: nothing here is locked. It only
 * looks on: it adds no instruction to the guest's count and no event to QEMU's clock, so the guest
 * does the same with it and without it.
 *
 *     out=FILE      the checkpoints
 *     blocks=FILE   the blocks of one interval: of the first whose checkpoint is not that in the
 *                   trace like=FILE, or of interval at=N, from 0
 *     watch=FILE    addresses, and
 *     events=FILE   each time that one of them ran
 *
 * The hot path is on_block(): a word into a ring. What costs more waits for the ring to be full.
 */
#include "plugin/format.h"
#include "plugin/qemu_plugin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static uint64_t ring[FL_TRACE_INTERVAL];

static struct {
	FlTraceRecord now; /* hash and instructions up to `folded` */
	uint64_t folded, n_records;
	int out;
	FILE *events;
	uint64_t n_events;
	char *blocks_path; /* NULL: written, or not wanted */
	FlTraceRecord *like;
	uint64_t n_like, at;
	uint64_t *watch; /* sorted */
	size_t n_watch;
} trace = {.out = -1, .at = UINT64_MAX};

static void complain(const char *path)
{
	fprintf(stderr, "fl_trace: %s: %s\n", path, strerror(errno));
}

/* A trace that could not be written has no end mark: the harness sees that it is incomplete. */
static void put(const void *data, size_t len)
{
	ssize_t n = trace.out < 0 ? (ssize_t)len : write(trace.out, data, len);

	if (n == (ssize_t)len)
		return;
	complain("the trace cannot be written");
	close(trace.out);
	trace.out = -1;
}

static void fold(void)
{
	for (; trace.folded < trace.now.blocks; trace.folded++) {
		uint64_t word = ring[trace.folded % FL_TRACE_INTERVAL];

		trace.now.hash = fl_format_fold(trace.now.hash, word);
		trace.now.instructions += fl_format_count(word);
	}
}

static void write_blocks(void)
{
	FILE *file = fopen(trace.blocks_path, "we");
	size_t n = (trace.now.blocks - 1) % FL_TRACE_INTERVAL + 1;

	if (!file || fwrite(ring, sizeof(*ring), n, file) != n)
		complain(trace.blocks_path);
	if (file)
		fclose(file);
	free(trace.blocks_path);
	trace.blocks_path = NULL;
}

static bool wants_blocks(void)
{
	if (!trace.blocks_path || !trace.now.blocks)
		return false;
	if (trace.like)
		return trace.n_records >= trace.n_like ||
		       memcmp(&trace.like[trace.n_records], &trace.now, sizeof(trace.now)) != 0;
	return trace.n_records == trace.at;
}

static void checkpoint(void)
{
	fold();
	put(&trace.now, sizeof(trace.now));
	if (wants_blocks())
		write_blocks();
	trace.n_records++;
	/* A guest that is killed has lost no more than the last interval. */
	if (trace.events)
		fflush(trace.events);
}

static void on_block(unsigned vcpu, void *block)
{
	ring[trace.now.blocks++ % FL_TRACE_INTERVAL] =
		(uint64_t)(uintptr_t)block | (uint64_t)vcpu << FL_TRACE_COUNT_BITS;
	if (trace.now.blocks % FL_TRACE_INTERVAL == 0)
		checkpoint();
}

static void on_watched(unsigned vcpu, void *instruction)
{
	FlTraceEvent event = {.word = (uint64_t)(uintptr_t)instruction |
				      (uint64_t)vcpu << FL_TRACE_COUNT_BITS};

	if (trace.n_events++ >= FL_TRACE_EVENTS_MAX)
		return;
	fold();
	event.instructions = trace.now.instructions;
	if (fwrite(&event, sizeof(event), 1, trace.events) != 1)
		complain("an event cannot be written");
}

static int compare_addresses(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

/* The word itself is what the callback gets: nothing is allocated that would have to be freed. */
static void *as_data(uint64_t pc, size_t count)
{
	return (void *)(uintptr_t)fl_format_word(pc, 0, (unsigned)count);
}

static void watch_block(const struct qemu_plugin_tb *tb, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t pc = qemu_plugin_insn_vaddr(insn);

		if (bsearch(&pc, trace.watch, trace.n_watch, sizeof(pc), compare_addresses))
			qemu_plugin_register_vcpu_insn_exec_cb(
				insn, on_watched, QEMU_PLUGIN_CB_NO_REGS, as_data(pc, 0));
	}
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, QEMU_PLUGIN_CB_NO_REGS,
					     as_data(qemu_plugin_tb_vaddr(tb), n));
	if (trace.n_watch)
		watch_block(tb, n);
}

static void on_exit_of_qemu(qemu_plugin_id_t id, void *data)
{
	uint64_t end = FL_TRACE_END;

	(void)id;
	(void)data;
	checkpoint();
	put(&end, sizeof(end));
}

/* ---- the start ---- */

static bool read_like(const char *path)
{
	FILE *file = fopen(path, "re");
	FlTraceHead head;
	FlTraceRecord record;
	size_t room = 0;

	if (!file || fread(&head, sizeof(head), 1, file) != 1) {
		complain(path);
		return false;
	}
	while (fread(&record, sizeof(record), 1, file) == 1) {
		if (trace.n_like == room) {
			room = room ? room * 2 : 1024;
			trace.like = realloc(trace.like, room * sizeof(record));
			if (!trace.like)
				abort();
		}
		trace.like[trace.n_like++] = record;
	}
	fclose(file);
	return true;
}

static bool read_watch(const char *path)
{
	FILE *file = fopen(path, "re");
	char line[64];

	if (!file) {
		complain(path);
		return false;
	}
	while (fgets(line, sizeof(line), file)) {
		trace.watch = realloc(trace.watch, (trace.n_watch + 1) * sizeof(*trace.watch));
		if (!trace.watch)
			abort();
		trace.watch[trace.n_watch++] = strtoull(line, NULL, 16);
	}
	fclose(file);
	qsort(trace.watch, trace.n_watch, sizeof(*trace.watch), compare_addresses);
	return true;
}

static bool open_events(const char *path)
{
	trace.events = fopen(path, "we");
	if (!trace.events)
		complain(path);
	return trace.events != NULL;
}

static bool open_out(const char *path)
{
	FlTraceHead head = {.magic = FL_TRACE_MAGIC, .interval = FL_TRACE_INTERVAL};

	trace.out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (trace.out < 0)
		complain(path);
	put(&head, sizeof(head));
	return trace.out >= 0;
}

/* "name=value": the value of that name, NULL: another name. */
static char *value_of(char *argument, const char *name)
{
	size_t len = strlen(name);

	return strncmp(argument, name, len) == 0 && argument[len] == '=' ? argument + len + 1
									 : NULL;
}

static bool take(char *argument)
{
	char *value;

	if ((value = value_of(argument, "out")))
		return open_out(value);
	if ((value = value_of(argument, "like")))
		return read_like(value);
	if ((value = value_of(argument, "watch")))
		return read_watch(value);
	if ((value = value_of(argument, "events")))
		return open_events(value);
	if ((value = value_of(argument, "blocks")))
		trace.blocks_path = strdup(value);
	else if ((value = value_of(argument, "at")))
		trace.at = strtoull(value, NULL, 10);
	else
		fprintf(stderr, "fl_trace: %s: expected out, blocks, like, at, watch or events\n",
			argument);
	return value != NULL;
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
					   char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++)
		if (!take(argv[i]))
			return -1;
	if (trace.out < 0 || (trace.n_watch && !trace.events)) {
		fprintf(stderr, "fl_trace: expected out=FILE, and events=FILE beside watch=FILE\n");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
	qemu_plugin_register_atexit_cb(id, on_exit_of_qemu, NULL);
	return 0;
}
