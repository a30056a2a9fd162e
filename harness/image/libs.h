/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which shared libraries a program needs.
 */
#pragma once

#include <glib.h>

/*
 * Absolute paths of the libraries and of the loader itself, each once; empty for a static program
 * and for a script. A library that is not there is an error that names it.
 */
GPtrArray *fl_libs_list(const char *program, GError **error) G_GNUC_WARN_UNUSED_RESULT;
