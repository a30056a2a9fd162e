/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much a folder of a cache keeps. Its entries are files and folders whose names begin with a key
 * (64 hex digits), each of which can be made again; nothing else there is looked at.
 *
 * An entry's modification time is that of its last use.
 */
#pragma once

/* No run takes so long that what it uses would go under its hands. */
#define FL_ATTIC_IN_USE_S (24 * 60 * 60)

/* To be called by whoever found an entry. A cache that cannot be written to does not mind. */
void fl_attic_mark_used(const char *path);

/*
 * To be called by whoever added one: removes the entries that were not used for longest until `keep`
 * are left, and none that was used within FL_ATTIC_IN_USE_S. One that cannot be removed stays.
 */
void fl_attic_trim(const char *dir, unsigned keep);
