// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest.json of an evidence folder that somebody has edited.
 */
#include "fuzz/fuzz.h"

#include "base/fs.h"
#include "base/json.h"
#include "flow/evidence.h"
#include "report/result.h"

#include <stdlib.h>

static char *made; /* the folder */

static void remove_made(void)
{
	g_autoptr(GError) error = NULL;

	if (!fl_fs_remove(made, &error))
		g_printerr("%s\n", error->message);
	g_free(made);
}

static const char *folder(void)
{
	if (!made) {
		made = fl_fs_temp_dir("/dev/shm", "faultline-fuzz", NULL);
		g_assert(made);
		atexit(remove_made);
	}
	return made;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *path = g_build_filename(folder(), FL_RUNDIR_GUEST, NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(FlRunRecord) record = fl_record_new("fuzz");
	FlGuestRecord *guest;

	g_assert(g_file_set_contents(path, (const char *)data, (gssize)size, NULL));
	guest = fl_evidence_load_guest(folder(), &error);
	g_assert(!guest == (error != NULL));
	if (guest) {
		g_autoptr(json_t) json = NULL;

		g_ptr_array_add(record->guests, guest);
		fl_record_conclude(record);
		json = fl_result_run(record);
		g_assert(json);
	}
	return 0;
}
