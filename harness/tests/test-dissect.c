// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hung guest leaves an autopsy in its folder, also when QEMU does not answer.
 */
#include "flow/dissect.h"

#include "base/json.h"
#include "tests/inspect-fixture.h"

#include <string.h>

static void check(const char *play, const char *kind)
{
	World *world = world_new(play);
	FlGuestRecord *guest = fl_record_guest_new("patched", 1);
	g_autoptr(json_t) autopsy = fl_dissect(world->vm, guest, world->dir, "it hangs", false);
	g_autofree char *object = g_build_filename(world->dir, "autopsy.json", NULL);
	g_autofree char *path = g_build_filename(world->dir, "autopsy.txt", NULL);
	g_autofree char *text = NULL;

	g_assert_cmpstr(json_string_value(json_object_get(autopsy, "kind")), ==, kind);
	g_assert_true(fl_fs_read(path, &text, NULL, NULL));
	g_assert_true(g_str_has_prefix(text, kind));
	g_assert_nonnull(strstr(text, "Looked at because it hangs."));
	g_assert_true(g_file_test(object, G_FILE_TEST_IS_REGULAR));
	fl_record_guest_free(guest);
	world_free(world);
}

static void a_guest_that_idles(void)
{
	check("fake=hang", "idle");
}

static void a_machine_that_is_gone(void)
{
	check("fake=exit", "unknown");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/dissect/a-guest-that-idles", a_guest_that_idles);
	g_test_add_func("/dissect/a-machine-that-is-gone", a_machine_that_is_gone);
	return g_test_run();
}
