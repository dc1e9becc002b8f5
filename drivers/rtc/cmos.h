/* SPDX-License-Identifier: MIT */
/* The clock chip behind ports 0x70 and 0x71 (MC146818 and its descendants). */
#pragma once

#include "civil.h"
#include "proto/proto.h"

/* The time, read while it was not changing. E_TIMEOUT: it never stands still; E_IO: what it says is
 * no date. */
MUST_CHECK err_t cmos_read(cap_t ports, struct civil *civil);
/* `civil` is valid. */
MUST_CHECK err_t cmos_write(cap_t ports, const struct civil *civil);
