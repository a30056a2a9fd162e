// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of flow/quote: every frame of every report has its line, or an empty one; and a kernel
 * that the cache does not know costs nothing but the lines.
 */
#include "tests/kernel-fixture.h"
#include "flow/quote.h"

static FlGuestRecord *guest_with(const char *key)
{
	static const char *const frames[] = {"do_fault mm/memory.c:3", "do_fault+0x1b/0x2a0",
					     "helper mm/shmem.c:1 (inline)",
					     "lost mm/memory.c:4000", NULL};
	FlGuestRecord *guest = fl_record_guest_new("patched", 1);
	FlSplat *splat = g_new0(FlSplat, 1);

	splat->frames = g_strdupv((char **)frames);
	guest->key = g_strdup(key);
	guest->verdict = fl_verdict_new();
	g_ptr_array_add(guest->verdict->splats, splat);
	g_ptr_array_add(guest->verdict->splats, g_new0(FlSplat, 1));
	return guest;
}

static void test_every_frame_has_its_line(KernelFixture *fixture, gconstpointer data)
{
	g_autofree char *key = fixture_kernel(fixture, NULL);
	FlGuestRecord *guest = guest_with(key);
	const FlSplat *splat = guest->verdict->splats->pdata[0];
	const FlSplat *bare = guest->verdict->splats->pdata[1];
	g_autofree char *all = NULL;

	(void)data;
	fl_quote(guest, fixture->cache);
	all = g_strjoinv("|", splat->source);
	g_assert_cmpstr(all, ==, " three|| shared|");
	g_assert_cmpuint(g_strv_length(bare->source), ==, 0);
	fl_record_guest_free(guest);
}

static void test_unknown_kernels_are_left_alone(KernelFixture *fixture, gconstpointer data)
{
	static const char *const keys[] = {"0123", NULL};

	(void)data;
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		FlGuestRecord *guest = guest_with(keys[i]);
		const FlSplat *splat = guest->verdict->splats->pdata[0];

		fl_quote(guest, fixture->cache);
		g_assert_null(splat->source);
		fl_record_guest_free(guest);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	KERNEL_TEST("/quote/every-frame-has-its-line", test_every_frame_has_its_line);
	KERNEL_TEST("/quote/unknown-kernels-are-left-alone", test_unknown_kernels_are_left_alone);
	return g_test_run();
}
