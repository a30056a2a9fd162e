// SPDX-License-Identifier: GPL-2.0-only
/*
 * Questions to QEMU about a guest. Memory comes in blocks through a file, since QMP has no other
 * way, and blocks are kept: what is looked at stands still.
 */
#include "vm/inspect.h"

#include "base/fs.h"
#include "base/json.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BLOCK 65536u

/* Where QEMU's pc board has RAM: below LOW_END when there is more than LOW_MAX, the rest at 4 GiB. */
#define LOW_MAX 0xe0000000ull
#define LOW_END 0xc0000000ull
#define HIGH	0x100000000ull

struct FlInspect {
	FlQmp *qmp;
	int pid;
	char *scratch;
	uint64_t ram_bytes;
	int64_t end_us;
	GHashTable *blocks; /* uint64_t * -> char *; NULL: cannot be read */
};

FlInspect *fl_inspect_new(FlQmp *qmp, int qemu_pid, const char *scratch, unsigned memory_mib,
			  uint64_t budget_us)
{
	FlInspect *inspect = g_new0(FlInspect, 1);

	inspect->qmp = qmp;
	inspect->pid = qemu_pid;
	inspect->scratch = g_strdup(scratch);
	inspect->ram_bytes = (uint64_t)memory_mib << 20;
	inspect->end_us = g_get_monotonic_time() + (int64_t)budget_us;
	inspect->blocks = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	return inspect;
}

void fl_inspect_free(FlInspect *inspect)
{
	if (!inspect)
		return;
	unlink(inspect->scratch);
	g_hash_table_unref(inspect->blocks);
	g_free(inspect->scratch);
	g_free(inspect);
}

static bool command(FlInspect *inspect, const char *name, json_t *arguments, GError **error)
{
	g_autoptr(json_t) reply =
		fl_qmp_call(inspect->qmp, name, arguments, inspect->end_us, error);

	return reply != NULL;
}

bool fl_inspect_stop(FlInspect *inspect, GError **error)
{
	g_hash_table_remove_all(inspect->blocks);
	return command(inspect, "stop", NULL, error);
}

bool fl_inspect_go_on(FlInspect *inspect, GError **error)
{
	return command(inspect, "cont", NULL, error);
}

char *fl_inspect_registers(FlInspect *inspect, GError **error)
{
	g_autoptr(json_t) reply = fl_qmp_call(
		inspect->qmp, "human-monitor-command",
		json_pack("{s:s}", "command-line", "info registers -a"), inspect->end_us, error);

	if (!reply)
		return NULL;
	return g_strdup(json_is_string(reply) ? json_string_value(reply) : "");
}

/* User and system time of a thread. */
static bool thread_ms(int pid, json_int_t tid, uint64_t *ret_ms)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/task/%d/stat", pid, (int)tid);
	g_autofree char *text = NULL;
	unsigned long long user, kernel;
	const char *after;

	if (!fl_fs_read(path, &text, NULL, NULL) || !(after = strrchr(text, ')')) ||
	    sscanf(after + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user,
		   &kernel) != 2)
		return false;
	*ret_ms = (user + kernel) * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
	return true;
}

GArray *fl_inspect_cpu_ms(FlInspect *inspect)
{
	g_autoptr(GArray) times = g_array_new(FALSE, TRUE, sizeof(uint64_t));
	g_autoptr(json_t) cpus =
		fl_qmp_call(inspect->qmp, "query-cpus-fast", NULL, inspect->end_us, NULL);
	const json_t *cpu;
	size_t i;

	json_array_foreach(cpus, i, cpu) {
		uint64_t ms;

		if (!thread_ms(inspect->pid, json_integer_value(json_object_get(cpu, "thread-id")),
			       &ms))
			return NULL;
		g_array_append_val(times, ms);
	}
	return times->len ? g_steal_pointer(&times) : NULL;
}

static bool is_ram(const FlInspect *inspect, uint64_t address, size_t len)
{
	uint64_t low = inspect->ram_bytes >= LOW_MAX ? LOW_END : inspect->ram_bytes;

	if (address < HIGH)
		return address <= low && len <= low - address;
	address -= HIGH;
	return address <= inspect->ram_bytes - low && len <= inspect->ram_bytes - low - address;
}

static char *fetch(FlInspect *inspect, uint64_t block)
{
	g_autofree char *bytes = NULL;
	size_t len = 0;

	if (!is_ram(inspect, block, BLOCK) ||
	    !command(inspect, "pmemsave",
		     json_pack("{s:I, s:i, s:s}", "val", (json_int_t)block, "size", (int)BLOCK,
			       "filename", inspect->scratch),
		     NULL) ||
	    !fl_fs_read(inspect->scratch, &bytes, &len, NULL) || len != BLOCK)
		return NULL;
	return g_steal_pointer(&bytes);
}

static const char *block_at(FlInspect *inspect, uint64_t block)
{
	gpointer bytes;

	if (!g_hash_table_lookup_extended(inspect->blocks, &block, NULL, &bytes)) {
		bytes = fetch(inspect, block);
		g_hash_table_insert(inspect->blocks, g_memdup2(&block, sizeof(block)), bytes);
	}
	return bytes;
}

bool fl_inspect_memory(uint64_t physical, void *bytes, size_t len, gpointer data)
{
	char *to = bytes;

	while (len) {
		uint64_t block = physical & ~(uint64_t)(BLOCK - 1);
		size_t at = (size_t)(physical - block), n = MIN(len, BLOCK - at);
		const char *from = block_at(data, block);

		if (!from)
			return false;
		memcpy(to, from + at, n);
		to += n;
		physical += n;
		len -= n;
	}
	return true;
}
