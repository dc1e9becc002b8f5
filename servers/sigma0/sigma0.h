/* SPDX-License-Identifier: MIT */
/* Between sigma0's files. */
#pragma once

#include "rt/rt.h"

/* Make up the start block that a loader would have made, and go on to main. */
_Noreturn void sigma0_begin(void);
