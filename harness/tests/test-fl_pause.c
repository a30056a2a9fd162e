// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plugin with a made-up QEMU around it: PAUSE gives way, an INT3 that is gone has all translations
 * thrown away, and nothing else is touched.
 */
/* The whole plugin; the functions of QEMU that it calls are below. */
#include "plugin/fl_pause.c"

#include <glib.h>

struct qemu_plugin_insn {
	unsigned char bytes[15];
	size_t size;
	unsigned char *memory;
	qemu_plugin_vcpu_udata_cb_t ran;
	void *userdata;
};

struct qemu_plugin_tb {
	struct qemu_plugin_insn insns[6];
	size_t n;
};

static qemu_plugin_vcpu_tb_trans_cb_t translated;
static unsigned resets;

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, qemu_plugin_vcpu_tb_trans_cb_t cb)
{
	(void)id;
	translated = cb;
}

void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    qemu_plugin_vcpu_udata_cb_t cb,
					    enum qemu_plugin_cb_flags flags, void *userdata)
{
	g_assert_cmpint(flags, ==, QEMU_PLUGIN_CB_NO_REGS);
	insn->ran = cb;
	insn->userdata = userdata;
}

void qemu_plugin_reset(qemu_plugin_id_t id, qemu_plugin_simple_cb_t cb)
{
	resets++;
	translated = NULL;
	cb(id);
}

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb)
{
	return tb->n;
}

struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index)
{
	return (struct qemu_plugin_insn *)&tb->insns[index];
}

const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn)
{
	return insn->bytes;
}

size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn)
{
	return insn->size;
}

void *qemu_plugin_insn_haddr(const struct qemu_plugin_insn *insn)
{
	return insn->memory;
}

static void install(void)
{
	const qemu_info_t info = {.target_name = "x86_64"};

	translated = NULL;
	resets = 0;
	g_assert_cmpint(qemu_plugin_install(0, &info, 0, NULL), ==, 0);
}

static void only_pause_gives_way(void)
{
	struct qemu_plugin_tb tb = {
		.insns = {{.bytes = {0x90}, .size = 1},
			  {.bytes = {0xf3, 0x90}, .size = 2},
			  {.bytes = {0x66, 0x90}, .size = 2},
			  {.bytes = {0xf3, 0x0f, 0x1e, 0xfa}, .size = 4}, /* endbr64 */
			  {.bytes = {0xf3, 0xc3}, .size = 2},		  /* rep ret */
			  {.bytes = {0xf3, 0x90}, .size = 2}},
		.n = 6};

	install();
	translated(0, &tb);
	for (size_t i = 0; i < tb.n; i++)
		g_assert_true((tb.insns[i].ran != NULL) == (i == 1 || i == 5));
	tb.insns[1].ran(0, NULL);
	g_assert_cmpuint(resets, ==, 0);
}

static void an_int3_that_is_gone_is_translated_anew(void)
{
	unsigned char memory[] = {0xcc};
	struct qemu_plugin_tb tb = {
		.insns = {{.bytes = {0xcc}, .size = 1, .memory = memory},
			  {.bytes = {0xcc}, .size = 1, .memory = NULL},
			  {.bytes = {0xcd, 0xcc}, .size = 2, .memory = memory}}, /* int $0xcc */
		.n = 3};

	install();
	translated(0, &tb);
	g_assert_null(tb.insns[1].ran);
	g_assert_null(tb.insns[2].ran);
	tb.insns[0].ran(0, tb.insns[0].userdata);
	g_assert_cmpuint(resets, ==, 0);
	memory[0] = 0x0f;
	tb.insns[0].ran(0, tb.insns[0].userdata);
	g_assert_cmpuint(resets, ==, 1);
	g_assert_nonnull(translated);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/fl_pause/only-pause-gives-way", only_pause_gives_way);
	g_test_add_func("/fl_pause/an-int3-that-is-gone-is-translated-anew",
			an_int3_that_is_gone_is_translated_anew);
	return g_test_run();
}
