/* SPDX-License-Identifier: MIT */
/* Schedules: the right to processor time at a priority. A budget per period comes later. */
#pragma once

#include "object/object.h"

struct schedule {
	struct object object;
	u32 priority;
};

extern struct schedule root_schedule;
