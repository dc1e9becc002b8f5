/* SPDX-License-Identifier: MIT */
/* Opening a disk behind a block gate. */
#pragma once

#include "disk.h"
#include "rt/rt.h"

/* The disk behind the gate, or `sectors` of it from `sector` on (0: all). If the driver ends and
 * another one answers at the gate, what was under way is done again. */
MUST_CHECK err_t disk_open(cap_t gate, u64 sector, u64 sectors, struct disk **disk);
/* From now on completions arrive through the server's loop, and waiting is for fibers. */
MUST_CHECK err_t disk_serve(struct disk *disk, struct server *server);
