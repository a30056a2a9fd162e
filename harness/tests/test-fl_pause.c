// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plugin with a made-up QEMU around it: PAUSE gives way, and nothing else is touched.
 */
/* The whole plugin; the functions of QEMU that it calls are below. */
#include "plugin/fl_pause.c"

#include <glib.h>

struct qemu_plugin_insn {
	unsigned char bytes[15];
	size_t size;
	qemu_plugin_vcpu_udata_cb_t ran;
};

struct qemu_plugin_tb {
	struct qemu_plugin_insn insns[6];
	size_t n;
};

static qemu_plugin_vcpu_tb_trans_cb_t translated;

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, qemu_plugin_vcpu_tb_trans_cb_t cb)
{
	(void)id;
	translated = cb;
}

void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    qemu_plugin_vcpu_udata_cb_t cb,
					    enum qemu_plugin_cb_flags flags, void *userdata)
{
	(void)userdata;
	g_assert_cmpint(flags, ==, QEMU_PLUGIN_CB_NO_REGS);
	insn->ran = cb;
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
	const qemu_info_t info = {.target_name = "x86_64"};

	g_assert_cmpint(qemu_plugin_install(0, &info, 0, NULL), ==, 0);
	translated(0, &tb);
	for (size_t i = 0; i < tb.n; i++)
		g_assert_true((tb.insns[i].ran != NULL) == (i == 1 || i == 5));
	tb.insns[1].ran(0, NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/fl_pause/only-pause-gives-way", only_pause_gives_way);
	return g_test_run();
}
