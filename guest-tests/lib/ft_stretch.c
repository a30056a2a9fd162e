// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where CPUs are worth holding up, and the draw among these places.
 */
#include "ft_stretch.h"
#include "fl_stretch.h"
#include "ft.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define ATOMICS_MAX 2 /* of one function: the later ones put back and unlock */

struct place {
	enum ft_stretch_topic topic;
	const char *function;
	const char *caller; /* held up when it returns into this one; NULL: when it begins */
};

/* Held up before its first atomic instructions: between a look and the lock that makes it hold. */
static const struct {
	enum ft_stretch_topic topic;
	const char *function;
} atomics[] = {
	{FT_STRETCH_VMA, "lock_vma_under_rcu"},
	{FT_STRETCH_CACHE, "next_uptodate_folio"},
	{FT_STRETCH_ENTRY, "do_wp_page"},
};

/* Static functions may be inlined in one kernel and not in the next: none of them is needed. */
static const struct place places[] = {
	{FT_STRETCH_VMA, "mas_walk", "lock_vma_under_rcu"},
	{FT_STRETCH_VMA, "handle_mm_fault", NULL},
	{FT_STRETCH_VMA, "finish_fault", NULL},
	{FT_STRETCH_VMA, "set_pte_range", NULL},
	{FT_STRETCH_VMA, "unmap_vmas", NULL},
	{FT_STRETCH_VMA, "free_pgtables", NULL},
	{FT_STRETCH_VMA, "vms_complete_munmap_vmas", NULL},
	{FT_STRETCH_VMA, "vma_complete", NULL},
	{FT_STRETCH_VMA, "change_protection", NULL},
	{FT_STRETCH_VMA, "move_page_tables", NULL},
	{FT_STRETCH_CACHE, "__filemap_get_folio", NULL},
	{FT_STRETCH_CACHE, "__filemap_get_folio", "filemap_fault"},
	{FT_STRETCH_CACHE, "filemap_get_entry", "shmem_get_folio_gfp"},
	{FT_STRETCH_CACHE, "xas_find", "next_uptodate_folio"},
	{FT_STRETCH_CACHE, "finish_fault", NULL},
	{FT_STRETCH_CACHE, "set_pte_range", NULL},
	{FT_STRETCH_CACHE, "do_page_mkwrite", NULL},
	{FT_STRETCH_CACHE, "fault_dirty_shared_page", NULL},
	{FT_STRETCH_CACHE, "block_page_mkwrite", NULL},
	{FT_STRETCH_CACHE, "unmap_mapping_pages", NULL},
	{FT_STRETCH_CACHE, "truncate_inode_pages_range", NULL},
	{FT_STRETCH_CACHE, "shmem_undo_range", NULL},
	{FT_STRETCH_CACHE, "filemap_remove_folio", NULL},
	{FT_STRETCH_ENTRY, "do_wp_page", NULL},
	{FT_STRETCH_ENTRY, "do_page_mkwrite", NULL},
	{FT_STRETCH_ENTRY, "finish_mkwrite_fault", NULL},
	{FT_STRETCH_ENTRY, "fault_dirty_shared_page", NULL},
	{FT_STRETCH_ENTRY, "do_anonymous_page", NULL},
	{FT_STRETCH_ENTRY, "finish_fault", NULL},
	{FT_STRETCH_ENTRY, "ptep_clear_flush", NULL},
	{FT_STRETCH_ENTRY, "page_mkclean_one", NULL},
	{FT_STRETCH_ENTRY, "flush_tlb_mm_range", NULL},
	{FT_STRETCH_ENTRY, "copy_page_range", NULL},
	{FT_STRETCH_TABLE, "finish_fault", NULL},
	{FT_STRETCH_TABLE, "pmd_install", NULL},
};

/*
 * Short ones often, long ones while a change is on its way: both the narrow window and the wide one
 * get their turn, and no turn takes long.
 */
static const struct delay {
	__u32 max_us, one_in, times;
} delays[] = {{40, 1, 2000}, {400, 2, 64}, {2000, 1, 16}, {8000, 1, 6}};
#define DELAYS (sizeof(delays) / sizeof(*delays))

static int device = -1;
static unsigned n_points;
static uint64_t *choices; /* shared by all cases, so that each goes on where the last one ended */

static bool add(struct fl_stretch_point point, const char *function, const char *caller)
{
	snprintf(point.function, sizeof(point.function), "%s", function);
	if (caller)
		snprintf(point.caller, sizeof(point.caller), "%s", caller);
	if (ioctl(device, FL_STRETCH_POINT, &point) >= 0) {
		n_points++;
		return true;
	}
	if (errno != ENOENT)
		fprintf(stderr, "cannot hold a CPU up in %s: %s\n", function, strerror(errno));
	return false;
}

static void add_places(enum ft_stretch_topic topic)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		struct fl_stretch_point point = {.where = places[i].caller ? FL_STRETCH_RETURN
									   : FL_STRETCH_BEGIN};

		if (places[i].topic == topic)
			add(point, places[i].function, places[i].caller);
	}
}

static void add_atomics(enum ft_stretch_topic topic)
{
	for (size_t i = 0; i < sizeof(atomics) / sizeof(*atomics); i++) {
		struct fl_stretch_point point = {.where = FL_STRETCH_ATOMIC};

		while (atomics[i].topic == topic && point.number < ATOMICS_MAX &&
		       add(point, atomics[i].function, NULL))
			point.number++;
	}
}

void ft_stretch_open(enum ft_stretch_topic topic)
{
	device = open("/dev/" FL_STRETCH_DEVICE, O_RDWR | O_CLOEXEC);
	if (device < 0)
		return;
	add_places(topic);
	add_atomics(topic);
	choices = mmap(NULL, FT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (choices == MAP_FAILED)
		n_points = 0;
	else
		*choices = ft_stream("stretch");
}

static void set(unsigned number, const struct delay *drawn)
{
	struct fl_stretch_delay delay = {.seed = *choices,
					 .point = number,
					 .max_us = drawn->max_us,
					 .one_in = drawn->one_in,
					 .times = drawn->times};

	(void)ioctl(device, FL_STRETCH_DELAY, &delay);
}

void ft_stretch_turn(void)
{
	static const struct delay none = {1, 1, 0};

	if (!n_points)
		return;
	for (unsigned i = 0; i < n_points; i++)
		set(i, &none);
	for (unsigned left = 1 + fl_wire_random(choices) % 2; left; left--) {
		unsigned point = (unsigned)(fl_wire_random(choices) % n_points);

		set(point, &delays[fl_wire_random(choices) % DELAYS]);
	}
}

void ft_stretch_zap(char *addr, size_t bytes)
{
	(void)madvise(addr, bytes, MADV_DONTNEED);
}

void ft_stretch_close(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < n_points; i++) {
		int held_up = ioctl(device, FL_STRETCH_COUNT, (unsigned long)i);

		sum += held_up > 0 ? (unsigned)held_up : 0;
	}
	ft_metric_add("holdups", sum);
	if (device >= 0)
		close(device);
	device = -1;
	n_points = 0;
}
