/* SPDX-License-Identifier: MIT */
/* Ending it all, in order. */
#pragma once

#include "proto/proto.h"

INTERFACE(power, 11)

enum power_action { POWER_OFF = 1, POWER_REBOOT = 2, POWER_HALT = 3 };
/* File systems are synced and made clean first, then the machine ends. Answers only if it cannot.
 */
RPC(1) err_t power_end(cap_t power, u32 action);
