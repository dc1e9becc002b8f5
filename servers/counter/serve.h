/* SPDX-License-Identifier: MIT */
/* The server's faces: label 0 (counter.h, notify.h), file systems (notify.h), open counters
 * (file.h, counter.h, notify.h). */
#pragma once

#include "rt/rt.h"

enum { COUNTER_LABEL_FILES = 1 }; /* file systems; other labels but 0 are addresses */

/* For struct server. */
void counter_dispatch(struct server *server, struct request *rq);
void counter_no_clients(struct server *server, u64 label);
