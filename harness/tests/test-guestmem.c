// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual memory by the page tables of the guest: huge pages, small ones, and holes.
 */
#include "tests/guest-fixture.h"

static void memory_is_found(void)
{
	g_autoptr(Guest) guest = guest_new();
	g_autoptr(FlKimage) image = guest_image(guest);
	g_autofree char *text = NULL;
	FlGuestmem memory;

	g_assert_true(fl_guestmem_init(&memory, image, guest_read, guest));
	g_assert_cmphex(fl_guestmem_u64(&memory, DIRECT + AT_LOCK), ==, 0x100);
	g_assert_cmphex(fl_guestmem_u64(&memory, TEXT + AT_LOCK), ==, 0x100);
	text = fl_guestmem_text(&memory, DIRECT + AT_TASK + F_COMM, 16);
	g_assert_cmpstr(text, ==, "ft_tests");
	g_assert_cmphex(fl_guestmem_u64(&memory, DIRECT + MEMORY), ==, 0);
	g_assert_cmphex(fl_guestmem_u64(&memory, 0x1000), ==, 0);
}

/* A page at 0x5000 that follows one at 0x6000: a value across their border is in both. */
static void small_pages_are_followed(void)
{
	g_autoptr(Guest) guest = guest_new();
	g_autoptr(FlKimage) image = guest_image(guest);
	FlGuestmem memory;

	g_assert_true(fl_guestmem_init(&memory, image, guest_read, guest));
	guest_put(guest, AT_TOP + 300 * 8, 0x30001);
	guest_put(guest, 0x30000, 0x31001);
	guest_put(guest, 0x31000, 0x32001);
	guest_put(guest, 0x32000, 0x6001);
	guest_put(guest, 0x32008, 0x5001);
	memcpy(guest->bytes + 0x6ffc, "\1\2\3\4", 4);
	memcpy(guest->bytes + 0x5000, "\5\6\7\10", 4);
	g_assert_cmphex(fl_guestmem_u64(&memory, 0xffff960000000ffc), ==, 0x0807060504030201);
}

static void a_kernel_elsewhere_is_refused(void)
{
	g_autoptr(Guest) guest = guest_new();
	g_autoptr(FlKimage) image = guest_image(guest);
	FlGuestmem memory;

	guest_put(guest, AT_TEXT_TABLE + 510 * 8, 0x40000081);
	g_assert_false(fl_guestmem_init(&memory, image, guest_read, guest));
	guest_put(guest, AT_TEXT_TABLE + 510 * 8, 0);
	g_assert_false(fl_guestmem_init(&memory, image, guest_read, guest));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/guestmem/memory-is-found", memory_is_found);
	g_test_add_func("/guestmem/small-pages-are-followed", small_pages_are_followed);
	g_test_add_func("/guestmem/a-kernel-elsewhere-is-refused", a_kernel_elsewhere_is_refused);
	return g_test_run();
}
