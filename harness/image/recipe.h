/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disk recipes: what images/disks.ini says, as plain data. The format is described at the top
 * of that file. A recipe's canonical text is the explanation of its image's content key.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define FL_RECIPE_SIZE_MIN (1024u * 1024u)
#define FL_RECIPE_SIZE_MAX (16ull * 1024 * 1024 * 1024)

typedef enum { FL_RECIPE_DEFAULT, FL_RECIPE_NO, FL_RECIPE_YES } FlRecipeChoice;

typedef struct {
	char *name;		/* [a-z0-9-], at most 20: the serial number of a virtio disk */
	uint64_t size;		/* bytes, a multiple of 1 MiB */
	char *fs;		/* ext2, ext3, ext4, xfs or swap */
	unsigned block_size;	/* 1024, 2048 or 4096; 0: what mkfs takes */
	char *label;		/* at most 16 bytes, for xfs 12; default: the name */
	unsigned reserved;	/* per cent of the blocks that only root may fill; default 0 */
	FlRecipeChoice journal; /* default: as the file system has it */
	/* What QEMU lets through, 0: no limit. Of the machine, not of the image. */
	unsigned iops; /* requests a second */
	uint64_t bps;  /* bytes a second */
} FlRecipe;

/* Of FlRecipe, in the order of the file. Errors read "file:line: ...". */
GPtrArray *fl_recipe_parse(const char *text, size_t len, const char *path,
			   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The one of that name, borrowed, or NULL. */
const FlRecipe *fl_recipe_find(GPtrArray *recipes, const char *name);

bool fl_recipe_is_ext(const FlRecipe *recipe);

/* All keys of the image in a fixed order, as fl_recipe_parse reads them; the caller frees. */
char *fl_recipe_text(const FlRecipe *recipe);

/* The UUID that its file system has: made from the canonical text, so the same everywhere. */
char *fl_recipe_uuid(const FlRecipe *recipe);

void fl_recipe_free(FlRecipe *recipe);
