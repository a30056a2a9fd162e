/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Source states: a kernel tree as the id of a git tree object in the cache's repository.
 *
 * Two ways to the same files give the same id: a packaged tarball, a plain folder, a git work
 * tree with its uncommitted changes, each with or without patches. The places that they come
 * from are read and never written to.
 */
#pragma once

#include <gio/gio.h>
#include <jansson.h>
#include <stdbool.h>

/* The source package, where Debian installs it. */
#define FL_TREE_PACKAGE "/usr/src/linux-source-6.12.tar.xz"

typedef struct {
	char *id;	/* git tree id */
	json_t *origin; /* where it came from, for people: {"package": ...}, patches and all */
} FlTree;

/**
 * The state of a packaged source. Unpacked the first time, into the work tree; the caller holds
 * no lock, this takes the one of the work tree.
 *
 * @return false with FL_KERNEL_ERROR_TREE when there is no such file or no kernel in it
 */
bool fl_tree_package(const char *cache_dir, const char *tarball, GCancellable *cancel,
		     FlTree *ret_tree, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The state of a folder: the top of a git work tree, changes included, or a plain folder. */
bool fl_tree_folder(const char *cache_dir, const char *dir, GCancellable *cancel, FlTree *ret_tree,
		    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * The state of a commit in a git repository of the user's; his work tree is not looked at.
 *
 * @return false with FL_KERNEL_ERROR_TREE when there is no such commit or no kernel in it
 */
bool fl_tree_revision(const char *cache_dir, const char *dir, const char *revision,
		      GCancellable *cancel, FlTree *ret_tree,
		      GError **error) G_GNUC_WARN_UNUSED_RESULT;

void fl_tree_clear(FlTree *tree);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FlTree, fl_tree_clear)
