// SPDX-License-Identifier: GPL-2.0-only
/*
 * The site: made once by cli/, handed down, never global.
 */
#include "flow/site.h"

G_DEFINE_QUARK(fl_flow_error_quark, fl_flow_error)

char *fl_site_path(const FlSite *site, const char *below)
{
	return g_build_filename(site->root, below, NULL);
}

void fl_site_free(FlSite *site)
{
	if (!site)
		return;
	g_free(site->root);
	g_free(site->guest_dir);
	g_free(site->plugin);
	g_free(site->pause_plugin);
	g_free(site->cache_dir);
	g_free(site->self);
	g_free(site->qemu);
	g_free(site->today);
	g_clear_object(&site->cancel);
	g_free(site);
}
