/* SPDX-License-Identifier: MIT */
/* The server's faces: label 0 (counter.h), open counters (file.h, counter.h). */
#pragma once

#include "rt/rt.h"

/* For struct server. */
void counter_dispatch(struct server *server, struct request *rq);
void counter_no_clients(struct server *server, u64 label);
