/* SPDX-License-Identifier: MIT */
/* The server's faces: label 0 (dir.h: opening), open files (file.h, tty.h). */
#pragma once

#include "rt/rt.h"

/* For struct server; its state is the terminal. */
void file_dispatch(struct server *server, struct request *rq);
void file_no_clients(struct server *server, u64 label);
