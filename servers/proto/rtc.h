/* SPDX-License-Identifier: MIT */
/* The hardware clock's driver. */
#pragma once

#include "proto/proto.h"

INTERFACE(rtc, 14)

/* Seconds since 1970 (UTC), as the hardware clock has it; and setting it. */
RPC(1) err_t rtc_get(cap_t rtc, u64 *seconds);
RPC(2) err_t rtc_set(cap_t rtc, u64 seconds);

/* Set the machine's real time, the kernel's: ns since 1970. Who may is the caller's affair: the
 * gate is the process server's. */
RPC(3) err_t rtc_set_time(cap_t rtc, u64 realtime_ns);
