/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's closing statement against what the host saw.
 */
#pragma once

#include "judge/ruling.h"

/* What the kernel says against itself in the closing statement; one sentence, or NULL. */
char *fl_proof_guilt(const FlEvidence *evidence);

/* The first thing that is missing for a proof that all is well; one sentence, or NULL. */
char *fl_proof_gap(const FlEvidence *evidence);
