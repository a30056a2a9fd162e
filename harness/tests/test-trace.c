// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of judge/trace: a trace is read as it was written, whatever was cut off it, and the first
 * block that differs is found.
 */
#include "judge/trace.h"

#include "base/fs.h"

#include <string.h>

static char *scratch;

/* A trace of one record for each letter: the hash is over the letters. */
static GString *make(const char *letters, bool complete)
{
	FlTraceHead head = {FL_TRACE_MAGIC, FL_TRACE_INTERVAL};
	GString *bytes = g_string_new_len((const char *)&head, sizeof(head));
	FlTraceRecord record = {0};
	uint64_t end = FL_TRACE_END;

	for (; *letters; letters++) {
		record.blocks += FL_TRACE_INTERVAL;
		record.instructions += 5 * FL_TRACE_INTERVAL;
		record.hash = fl_format_fold(record.hash, (uint64_t)*letters);
		g_string_append_len(bytes, (const char *)&record, sizeof(record));
	}
	if (complete)
		g_string_append_len(bytes, (const char *)&end, sizeof(end));
	return bytes;
}

static FlTrace *load(const char *bytes, size_t len, GError **error)
{
	g_autofree char *path = g_build_filename(scratch, "trace.bin", NULL);

	g_assert_true(fl_fs_write(path, bytes, len, NULL));
	return fl_trace_load(path, error);
}

static FlTrace *trace_of(const char *letters, bool complete)
{
	g_autoptr(GString) bytes = make(letters, complete);
	FlTrace *trace = load(bytes->str, bytes->len, NULL);

	g_assert_nonnull(trace);
	return trace;
}

static void test_words(void)
{
	uint64_t word = fl_format_word(UINT64_C(0xffffffff81234567), 7, 512);

	g_assert_cmphex(fl_format_pc(word), ==, UINT64_C(0xffffffff81234567));
	g_assert_cmpuint(fl_format_vcpu(word), ==, 7);
	g_assert_cmpuint(fl_format_count(word), ==, 512);
	g_assert_cmphex(fl_format_pc(fl_format_word(0x7fff12345678, 0, 1)), ==, 0x7fff12345678);
}

static void test_every_cut_is_read(void)
{
	g_autoptr(GString) bytes = make("abc", true);

	for (size_t len = 0; len <= bytes->len; len++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(FlTrace) trace = load(bytes->str, len, &error);

		if (len < sizeof(FlTraceHead)) {
			g_assert_null(trace);
			g_assert_nonnull(strstr(error->message, "trace.bin"));
			continue;
		}
		g_assert_cmpuint(trace->n, ==,
				 MIN(3, (len - sizeof(FlTraceHead)) / sizeof(FlTraceRecord)));
		g_assert_true(trace->complete == (len == bytes->len));
	}
}

static void test_what_is_none_is_refused(void)
{
	FlTraceHead other = {FL_TRACE_MAGIC, FL_TRACE_INTERVAL * 2};

	g_assert_null(load("FLTRACE2 and more than a head", 29, NULL));
	g_assert_null(load((const char *)&other, sizeof(other), NULL));
	g_assert_null(fl_trace_load("/nonexistent", NULL));
}

static void test_compare(void)
{
	static const struct {
		const char *then, *now;
		bool then_complete, now_complete, same, prefix;
		size_t interval;
	} cases[] = {
		{"abc", "abc", true, true, true, true, 3},
		{"", "", false, false, true, true, 0},
		{"abc", "abd", true, true, false, false, 2},
		{"xbc", "abc", true, true, false, false, 0},
		/* A guest that was killed is the beginning of one that was not. */
		{"ab", "abc", false, true, false, true, 2},
		{"abc", "a", true, false, false, true, 1},
		{"abc", "x", true, false, false, false, 0},
		/* One that came to its end earlier is not. */
		{"ab", "abc", true, true, false, false, 2},
		{"abc", "ab", true, true, false, false, 2},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(FlTrace) then = trace_of(cases[i].then, cases[i].then_complete);
		g_autoptr(FlTrace) now = trace_of(cases[i].now, cases[i].now_complete);
		FlTraceDifference found = fl_trace_compare(then, now);

		g_test_message("%s %s", cases[i].then, cases[i].now);
		g_assert_true(found.same == cases[i].same);
		g_assert_true(found.prefix == cases[i].prefix);
		g_assert_cmpuint(found.interval, ==, cases[i].interval);
		g_assert_cmpuint(found.last.blocks, ==, cases[i].interval * FL_TRACE_INTERVAL);
	}
}

static GArray *blocks_of(const char *letters)
{
	GArray *blocks = g_array_new(FALSE, FALSE, sizeof(uint64_t));

	for (; *letters; letters++) {
		uint64_t word = fl_format_word((uint64_t)*letters, 1, 3);

		g_array_append_val(blocks, word);
	}
	return blocks;
}

static void test_the_first_block(void)
{
	static const struct {
		const char *then, *now;
		size_t index;
	} cases[] = {
		{"abcd", "abxd", 2}, {"abcd", "xbcd", 0}, {"abcd", "abcx", 3},
		{"abcd", "ab", 2},   {"", "a", 0},	  {"ab", "ab", 2},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GArray) then = blocks_of(cases[i].then);
		g_autoptr(GArray) now = blocks_of(cases[i].now);

		g_assert_cmpuint(fl_trace_part(then, now), ==, cases[i].index);
	}
}

static void test_blocks_lead_from_checkpoint_to_checkpoint(void)
{
	g_autoptr(GArray) blocks = blocks_of("abcd");
	g_autoptr(GArray) others = blocks_of("abdc");
	FlTraceRecord from = {1000, 5000, 77};
	FlTraceRecord to = fl_trace_before(blocks, &from, blocks->len);
	FlTraceRecord middle = fl_trace_before(blocks, &from, 2);

	g_assert_cmpuint(to.blocks, ==, 1004);
	g_assert_cmpuint(to.instructions, ==, 5012);
	g_assert_cmpuint(middle.instructions, ==, 5006);
	g_assert_true(fl_trace_leads(blocks, &from, &to));
	g_assert_false(fl_trace_leads(others, &from, &to));
	g_assert_false(fl_trace_leads(blocks, &to, &to));
}

int main(int argc, char **argv)
{
	int code;

	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	scratch = g_dir_make_tmp("fl-trace-XXXXXX", NULL);
	g_test_add_func("/trace/words", test_words);
	g_test_add_func("/trace/every-cut-is-read", test_every_cut_is_read);
	g_test_add_func("/trace/what-is-none-is-refused", test_what_is_none_is_refused);
	g_test_add_func("/trace/compare", test_compare);
	g_test_add_func("/trace/the-first-block", test_the_first_block);
	g_test_add_func("/trace/blocks-lead-from-checkpoint-to-checkpoint",
			test_blocks_lead_from_checkpoint_to_checkpoint);
	code = g_test_run();
	g_assert_true(fl_fs_remove(scratch, NULL));
	g_free(scratch);
	return code;
}
