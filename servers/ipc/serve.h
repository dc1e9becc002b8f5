/* SPDX-License-Identifier: MIT */
/* The server's face. */
#pragma once

#include "rt/rt.h"

/* For struct server. */
void ipc_dispatch(struct server *server, struct request *rq);
