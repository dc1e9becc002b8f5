/* SPDX-License-Identifier: MIT */
/* The log's new lines on the console: nobody else can print there once this server has the line. */
#pragma once

#include "terminal.h"

/* From now on; what was logged before has been printed by the kernel. `log` may be 0. */
void messages_start(cap_t log, cap_t event, u64 bits);
/* The event was signalled. */
void messages_come(void);
/* Put into the terminal's output what there is and has room. */
void messages_give(struct terminal *t);
