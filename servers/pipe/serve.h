/* SPDX-License-Identifier: MIT */
/* The server's faces: label 0 (pipe.h), open ends (file.h), FIFO nodes (dir.h). */
#pragma once

#include "rt/rt.h"

/* For struct server. */
void pipe_dispatch(struct server *server, struct request *rq);
void pipe_no_clients(struct server *server, u64 label);
void pipe_idle(struct server *server);
