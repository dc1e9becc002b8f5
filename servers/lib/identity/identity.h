/* SPDX-License-Identifier: MIT */
/* A server's side of the handshake in proto/auth.h. */
#pragma once

#include "proto/auth.h"
#include "rt/rt.h"

/* Who sent the request: redeem the ticket that came with it through our own gate, rt_cap("auth").
 * E_PERM: the ticket is none, was used, or was made for another gate than the one it came
 * through. */
MUST_CHECK err_t identity_accept(struct request *rq, cap_t ticket, struct auth_identity *identity);
