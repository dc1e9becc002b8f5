/* SPDX-License-Identifier: MIT */
/* Dates of the Gregorian calendar, UTC, and seconds since 1970. */
#pragma once

#include "abi/types.h"

struct civil {
	u32 year, month, day, hour, minute, second; /* month and day count from 1 */
};

enum { CIVIL_YEAR_MIN = 1970, CIVIL_YEAR_MAX = 9999 };

bool civil_valid(const struct civil *civil);
/* Of a valid date. */
u64 civil_seconds(const struct civil *civil);
/* False beyond CIVIL_YEAR_MAX. */
MUST_CHECK bool civil_from_seconds(u64 seconds, struct civil *civil);
