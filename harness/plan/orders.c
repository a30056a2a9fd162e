// SPDX-License-Identifier: GPL-2.0-only
/*
 * The orders of one guest, in the form that fl_wire.h describes.
 */
#include "plan/orders.h"

#include "base/hash.h"
#include "plan/manifest.h"

#include <fl_wire.h>
#include <string.h>

static uint64_t scaled_ms(const FlOrders *orders, unsigned ms)
{
	return (uint64_t)ms * orders->effort * orders->time_scale_milli / 1000;
}

static void append_program(GString *text, const FlProgram *program)
{
	g_autofree char *path = fl_program_guest_path(program);

	if (program->ktap)
		g_string_append(text, "expect ktap\n");
	else
		g_string_append_printf(text, "expect %u\n", program->status);
	g_string_append_printf(text, "arg %s\n", path);
	for (char **word = program->command + 1; *word; word++)
		g_string_append_printf(text, "arg %s\n", *word);
}

/* What hands over at these places. */
#define YIELDS_MODULE "fl_stretch"

static void append_module(GString *text, GHashTable *seen, const char *module)
{
	if (g_hash_table_add(seen, (gpointer)module))
		g_string_append_printf(text, "module %s\n", module);
}

/* Each module once, in the order in which tests ask for them. */
static void append_modules(GString *text, const FlOrders *orders)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	const GPtrArray *tests = orders->tests;

	for (guint i = 0; tests && i < tests->len; i++) {
		const FlTest *test = g_ptr_array_index(tests, i);

		for (char **module = test->modules; *module; module++)
			append_module(text, seen, *module);
	}
	if (orders->yields)
		append_module(text, seen, YIELDS_MODULE);
}

static void append_yields(GString *text, const FlYields *yields)
{
	g_string_append_printf(text, "yields %u %u\n", yields->depth, yields->hits);
	for (char **place = yields->places; *place; place++)
		g_string_append_printf(text, "yield_at %s\n", *place);
}

char *fl_orders_text(const FlOrders *orders)
{
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "proto %d\nnonce %s\nseed %" G_GUINT64_FORMAT "\n",
			       FL_WIRE_PROTO, orders->nonce, orders->seed);
	g_string_append_printf(text, "time_scale_milli %u\neffort %u\nmode %s\n",
			       orders->time_scale_milli, orders->effort,
			       orders->shell  ? "shell"
			       : orders->save ? "save"
					      : "run");
	if (orders->deterministic)
		g_string_append(text, "deterministic 1\n");
	if (orders->save)
		g_string_append(text, "test 1 " FL_WIRE_BOOT " 0\n");
	append_modules(text, orders);
	if (orders->yields)
		append_yields(text, orders->yields);
	for (guint i = 0; orders->tests && i < orders->tests->len; i++) {
		const FlTest *test = g_ptr_array_index(orders->tests, i);

		g_string_append_printf(text, "test %u %s %" G_GUINT64_FORMAT "\n", i + 1,
				       test->name, scaled_ms(orders, test->timeout_ms));
		if (test->program)
			append_program(text, test->program);
	}
	return g_string_free(text, FALSE);
}

char *fl_orders_nonce(const char *key, const char *label, uint64_t seed)
{
	g_autofree char *text = g_strdup_printf("%s %s %" G_GUINT64_FORMAT, key, label, seed);
	g_autofree char *hash = fl_hash_bytes(text, strlen(text));

	return g_strndup(hash, FL_WIRE_NONCE_LEN);
}

uint64_t fl_orders_limit_us(const FlOrders *orders)
{
	uint64_t total_ms = 0;

	for (guint i = 0; orders->tests && i < orders->tests->len; i++)
		total_ms += scaled_ms(orders,
				      ((FlTest *)g_ptr_array_index(orders->tests, i))->timeout_ms);
	return total_ms * 1000;
}
