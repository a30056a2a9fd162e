/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's closing statement.
 */
#pragma once

#include "testrun.h"

/* Drains the kernel's log, then writes the attestation and the last record. */
void attest(struct session *session);
