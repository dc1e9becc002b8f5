/* SPDX-License-Identifier: MIT */
/* Opening a disk behind a block gate. */
#pragma once

#include "disk.h"
#include "rt/rt.h"

MUST_CHECK err_t disk_open(cap_t gate, struct disk **disk);
/* From now on completions arrive through the server's loop, and waiting is for fibers. */
MUST_CHECK err_t disk_serve(struct disk *disk, struct server *server);
