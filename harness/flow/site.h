/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where things are and how to stop: what every flow needs and none of them changes.
 */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

#define FL_FLOW_ERROR fl_flow_error_quark()
GQuark fl_flow_error_quark(void);
typedef enum {
	FL_FLOW_ERROR_USAGE,   /* what was asked for makes no sense; the text says why */
	FL_FLOW_ERROR_EVIDENCE /* an evidence folder or log cannot be judged again */
} FlFlowError;

typedef struct {
	char *root;	    /* the project's data: configs/, images/, guest-tests/modules/ */
	char *guest_dir;    /* the guest's programs and their manifest */
	char *plugin;	    /* what QEMU loads to trace a guest */
	char *pause_plugin; /* ... so that its vCPUs give way while they spin */
	char *cache_dir;    /* made if needed */
	char *self;	    /* this program, for children that are itself */
	char *qemu;	    /* program name */
	char *today;	    /* YYYY-MM-DD, for rules that expire */
	GCancellable *cancel;
} FlSite;

/* Paths below the root; the caller frees. */
char *fl_site_path(const FlSite *site, const char *below);

void fl_site_free(FlSite *site);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlSite, fl_site_free)
