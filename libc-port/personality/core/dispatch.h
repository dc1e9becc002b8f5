/* SPDX-License-Identifier: MIT */
/* From a number to the function that does it. */
#pragma once

#include "core/thread.h"

enum { CALL_NUMBERS = 512 };

/* The call's name; NULL if nobody has given the number a meaning. */
const char *dispatch_name(u64 number);
