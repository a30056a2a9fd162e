// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plugin with a made-up QEMU around it: what it writes is what judge/trace reads, two guests
 * that part do so at the block that differs, and what is watched is told.
 */
#include "judge/trace.h"
/* The whole plugin; the functions of QEMU that it calls are below. */
#include "plugin/fl_trace.c"

#include "base/fs.h"

#include <signal.h>
#include <sys/resource.h>

struct qemu_plugin_insn {
	uint64_t vaddr;
	qemu_plugin_vcpu_udata_cb_t ran;
	void *data;
};

struct qemu_plugin_tb {
	struct qemu_plugin_insn insns[4];
	size_t n;
	qemu_plugin_vcpu_udata_cb_t ran;
	void *data;
};

static qemu_plugin_vcpu_tb_trans_cb_t translated;
static qemu_plugin_udata_cb_t ended;
static char *scratch;

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, qemu_plugin_vcpu_tb_trans_cb_t cb)
{
	(void)id;
	translated = cb;
}

void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, qemu_plugin_udata_cb_t cb, void *userdata)
{
	(void)id;
	(void)userdata;
	ended = cb;
}

void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, qemu_plugin_vcpu_udata_cb_t cb,
					  enum qemu_plugin_cb_flags flags, void *userdata)
{
	(void)flags;
	tb->ran = cb;
	tb->data = userdata;
}

void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    qemu_plugin_vcpu_udata_cb_t cb,
					    enum qemu_plugin_cb_flags flags, void *userdata)
{
	(void)flags;
	insn->ran = cb;
	insn->data = userdata;
}

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb)
{
	return tb->n;
}

uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb)
{
	return tb->insns[0].vaddr;
}

struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index)
{
	return (struct qemu_plugin_insn *)&tb->insns[index];
}

uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn)
{
	return insn->vaddr;
}

#define TEXT UINT64_C(0xffffffff81000000)

/* QEMU runs a block of n instructions at TEXT + at. */
static void execute(unsigned vcpu, uint64_t at, size_t n)
{
	struct qemu_plugin_tb tb = {.n = n};

	for (size_t i = 0; i < n; i++)
		tb.insns[i].vaddr = TEXT + at + i;
	translated(0, &tb);
	tb.ran(vcpu, tb.data);
	for (size_t i = 0; i < n; i++)
		if (tb.insns[i].ran)
			tb.insns[i].ran(vcpu, tb.insns[i].data);
}

/* Another QEMU: what the last one left in the plugin is gone. */
static void start(const char *const *arguments, int expected)
{
	g_auto(GStrv) argv = g_strdupv((char **)arguments);
	qemu_info_t info = {0};

	free(trace.like);
	free(trace.watch);
	memset(&trace, 0, sizeof(trace));
	trace.out = -1;
	trace.at = UINT64_MAX;
	g_assert_cmpint(qemu_plugin_install(0, &info, (int)g_strv_length(argv), argv), ==,
			expected);
}

static void end(void)
{
	ended(0, NULL);
	close(trace.out);
	free(trace.blocks_path);
	if (trace.events)
		fclose(trace.events);
}

static char *argument(const char *name, const char *file)
{
	return g_strdup_printf("%s=%s/%s", name, scratch, file);
}

static FlTrace *load(const char *file)
{
	g_autofree char *path = g_build_filename(scratch, file, NULL);
	g_autoptr(GError) error = NULL;
	FlTrace *read = fl_trace_load(path, &error);

	g_assert_no_error(error);
	return read;
}

#define BLOCKS (3 * FL_TRACE_INTERVAL + 100)

/* Two vCPUs in turns; block `odd` is run by the other one. */
static void run_guest(size_t odd)
{
	for (size_t i = 0; i < BLOCKS; i++)
		execute((unsigned)(i / 7 % 2) ^ (i == odd), i % 997 * 8, 1 + i % 4);
}

static void trace_guest(const char *file, const char *like, size_t odd)
{
	g_autofree char *out = argument("out", file);
	g_autofree char *blocks = argument("blocks", like ? "now" : "then");
	g_autofree char *other = like ? argument("like", like) : g_strdup("at=1");
	const char *const arguments[] = {out, blocks, other, NULL};

	start(arguments, 0);
	run_guest(odd);
	end();
}

static GArray *load_blocks(const char *file)
{
	g_autofree char *path = g_build_filename(scratch, file, NULL);
	GArray *blocks = fl_trace_blocks(path, NULL);

	g_assert_nonnull(blocks);
	return blocks;
}

static void test_the_first_difference_is_found(void)
{
	const size_t odd = FL_TRACE_INTERVAL + 4321;

	trace_guest("first", NULL, SIZE_MAX);
	trace_guest("again", "first", SIZE_MAX);
	g_autoptr(FlTrace) first = load("first");
	g_autoptr(FlTrace) again = load("again");
	g_autofree char *none = g_build_filename(scratch, "now", NULL);

	g_assert_true(first->complete);
	g_assert_cmpuint(first->n, ==, 4);
	g_assert_cmpuint(fl_trace_total(first).blocks, ==, BLOCKS);
	g_assert_true(fl_trace_compare(first, again).same);
	/* No interval differed, so none was kept. */
	g_assert_false(g_file_test(none, G_FILE_TEST_EXISTS));

	trace_guest("other", "first", odd);
	g_autoptr(FlTrace) other = load("other");
	g_autoptr(GArray) then = load_blocks("then");
	g_autoptr(GArray) now = load_blocks("now");
	FlTraceDifference found = fl_trace_compare(first, other);
	FlTraceRecord at = fl_trace_before(now, &found.last, fl_trace_part(then, now));

	g_assert_false(found.same);
	g_assert_cmpuint(found.interval, ==, 1);
	g_assert_true(fl_trace_leads(then, &found.last, &first->records[1]));
	g_assert_true(fl_trace_leads(now, &found.last, &other->records[1]));
	g_assert_cmpuint(at.blocks, ==, odd);
	g_assert_cmphex(fl_format_pc(g_array_index(now, uint64_t, 4321)), ==, TEXT + odd % 997 * 8);
}

static void test_a_guest_that_goes_on_differs(void)
{
	g_autofree char *out = argument("out", "longer");
	g_autofree char *blocks = argument("blocks", "now");
	g_autofree char *like = argument("like", "first");
	const char *const arguments[] = {out, blocks, like, NULL};

	trace_guest("first", NULL, SIZE_MAX);
	start(arguments, 0);
	run_guest(SIZE_MAX);
	execute(0, 0, 1);
	end();
	g_autoptr(FlTrace) first = load("first");
	g_autoptr(FlTrace) longer = load("longer");
	g_autoptr(GArray) now = load_blocks("now");

	g_assert_cmpuint(fl_trace_compare(first, longer).interval, ==, 3);
	g_assert_cmpuint(now->len, ==, 101);
}

static void test_what_is_watched_is_told(void)
{
	static const char addresses[] = "ffffffff81000102\nffffffff81000012\n";
	g_autofree char *path = g_build_filename(scratch, "watch", NULL);
	g_autofree char *events_path = g_build_filename(scratch, "events", NULL);
	g_autofree char *out = argument("out", "watched");
	g_autofree char *watch = argument("watch", "watch");
	g_autofree char *events = argument("events", "events");
	const char *const arguments[] = {out, watch, events, NULL};
	g_autoptr(GArray) told = NULL;

	g_assert_true(fl_fs_write(path, addresses, strlen(addresses), NULL));
	start(arguments, 0);
	execute(0, 0x0, 4);
	execute(1, 0x10, 3);
	execute(0, 0x100, 2); /* ends before the one that is watched */
	execute(3, 0x100, 4);
	end();
	told = fl_trace_events(events_path, NULL);
	g_assert_cmpuint(told->len, ==, 2);
	FlTraceEvent one = g_array_index(told, FlTraceEvent, 0);
	FlTraceEvent two = g_array_index(told, FlTraceEvent, 1);

	g_assert_cmphex(fl_format_pc(one.word), ==, TEXT + 0x12);
	g_assert_cmpuint(fl_format_vcpu(one.word), ==, 1);
	g_assert_cmpuint(one.instructions, ==, 7);
	g_assert_cmphex(fl_format_pc(two.word), ==, TEXT + 0x102);
	g_assert_cmpuint(fl_format_vcpu(two.word), ==, 3);
	g_assert_cmpuint(two.instructions, ==, 13);
}

static void test_a_disk_that_is_full_is_no_end(void)
{
	struct rlimit before, full = {.rlim_cur = 64};
	g_autofree char *out = argument("out", "full");
	const char *const arguments[] = {out, NULL};
	g_autoptr(FlTrace) cut = NULL;

	start(arguments, 0);
	getrlimit(RLIMIT_FSIZE, &before);
	full.rlim_max = before.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &full);
	run_guest(SIZE_MAX);
	end();
	setrlimit(RLIMIT_FSIZE, &before);
	cut = load("full");
	g_assert_cmpuint(cut->n, ==, 2);
	g_assert_false(cut->complete);
}

static void test_nonsense_is_refused(void)
{
	g_autofree char *out = argument("out", "refused");
	const char *const no_out[] = {NULL};
	const char *const unknown[] = {out, "colour=red", NULL};
	const char *const no_like[] = {out, "like=/nonexistent", NULL};
	const char *const no_folder[] = {"out=/nonexistent/trace", NULL};
	const char *const no_room[] = {"out=/dev/full", NULL};

	start(no_out, -1);
	start(unknown, -1);
	close(trace.out);
	start(no_like, -1);
	close(trace.out);
	start(no_folder, -1);
	start(no_room, -1);
}

int main(int argc, char **argv)
{
	int code;

	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	scratch = g_dir_make_tmp("fl-plugin-XXXXXX", NULL);
	g_test_add_func("/fl_trace/the-first-difference-is-found",
			test_the_first_difference_is_found);
	g_test_add_func("/fl_trace/a-guest-that-goes-on-differs",
			test_a_guest_that_goes_on_differs);
	g_test_add_func("/fl_trace/what-is-watched-is-told", test_what_is_watched_is_told);
	g_test_add_func("/fl_trace/a-disk-that-is-full-is-no-end",
			test_a_disk_that_is_full_is_no_end);
	g_test_add_func("/fl_trace/nonsense-is-refused", test_nonsense_is_refused);
	code = g_test_run();
	g_assert_true(fl_fs_remove(scratch, NULL));
	g_free(scratch);
	return code;
}
