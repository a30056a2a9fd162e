/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One test from its start record to its result.
 */
#pragma once

#include "balance.h"
#include "emit.h"
#include "kmsg.h"
#include "orders.h"
#include "yields.h"

struct session {
	struct emit *emit;
	struct kmsg *kmsg;
	const struct orders *orders;
	struct balance base;
	struct yields yields;
	unsigned n_started, n_results;
};

/* False: a task does not come back, and no further test can say anything true. */
bool testrun_one(struct session *session, const struct order *order);
