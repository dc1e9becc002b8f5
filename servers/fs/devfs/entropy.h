/* SPDX-License-Identifier: MIT */
/* What the machine knows that others do not: the processor's own generator where it has one, and
 * times that depend on caches and devices. */
#pragma once

#include "random.h"

/* At the start: everything there is. */
void entropy_start(struct random *random);
/* Before each use: a little of it, cheaply. */
void entropy_add(struct random *random);
