/* SPDX-License-Identifier: MIT */
/* The server's faces: labels 0 and LABEL_NODES, sockets, nodes and names, parcels. */
#pragma once

#include "rt/rt.h"

/* For struct server. */
void socket_dispatch(struct server *server, struct request *rq);
void socket_no_clients(struct server *server, u64 label);
