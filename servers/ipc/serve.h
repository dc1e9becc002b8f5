/* SPDX-License-Identifier: MIT */
/* The server's face. */
#pragma once

#include "proto/auth.h"
#include "rt/rt.h"

/* Who sent a ticket along (lib/identity). */
extern err_t (*ipc_accept)(struct request *rq, cap_t ticket, struct auth_identity *identity);

/* For struct server. */
void ipc_dispatch(struct server *server, struct request *rq);
void ipc_no_clients(struct server *server, u64 label);
