/* SPDX-License-Identifier: MIT */
/* What the terminal server answers those who know about sessions: the process server and procfs. It
 * calls neither of them before it has answered. */
#pragma once

#include "proto/proto.h"

INTERFACE(terminal, 22)

/* The leader of `session` has ended: the session's terminal is hung up and controls it no more. 0:
 * all processes are gone. */
RPC(1) err_t terminal_session_ended(cap_t terminal, u32 session);

/* The device number of the terminal that controls `session`, and the group in its foreground.
 * E_NXIO: none does. */
RPC(2) err_t terminal_of_session(cap_t terminal, u32 session, u32 *number, u32 *group);
