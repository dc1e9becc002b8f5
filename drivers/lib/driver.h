/* SPDX-License-Identifier: MIT */
/* What all drivers share in dealing with devices that misbehave (docs/style.md, section d). */
#pragma once

#include "rt/rt.h"

/* The device is beyond what the driver can mend: log it and end; the supervisor starts the driver
 * again, which resets the device. */
#define driver_fail(...) rt_fail(__VA_ARGS__)

enum { DRIVER_POLL_NS = 100000 }; /* between two looks at a device that has no interrupt for it */
