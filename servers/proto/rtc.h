/* SPDX-License-Identifier: MIT */
/* The hardware clock's driver. */
#pragma once

#include "proto/proto.h"

INTERFACE(rtc, 14)

/* Seconds since 1970 (UTC), as the hardware clock has it; and setting it. */
RPC(1) err_t rtc_get(cap_t rtc, u64 *seconds);
RPC(2) err_t rtc_set(cap_t rtc, u64 seconds);
