/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where guests go on that were booted once: before it the boot is vouched for, behind it there are
 * orders of the restored guest's own.
 */
#pragma once

#include "testrun.h"

/* The boot as the one test of its orders, to its result; false: there is nothing to go on from. */
bool savepoint_vouch(struct session *session);

/*
 * Waits until this is a restored guest: then its orders are in place of the boot's. The result is
 * that of orders_parse.
 */
unsigned savepoint_pass(struct orders *orders);
