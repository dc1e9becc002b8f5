/* SPDX-License-Identifier: MIT */
/* The little of runtime and kernel that drivers stand on, for tests on the host: time that passes
 * only when somebody sleeps, an end of the driver that comes back to the test, capabilities that
 * are counted, memory with made-up physical addresses. */
#pragma once

#include <setjmp.h>

#include "rt/rt.h"

/* Forget everything. */
void fake_start(void);

extern u64 fake_now;
/* FAKE_FAILS(driver_start()): true if the code ended the driver by rt_fail. */
extern jmp_buf fake_end;
extern bool fake_ending;
#define FAKE_FAILS(code)                                                                           \
	(fake_ending = true,                                                                       \
	 setjmp(fake_end) ? (fake_ending = false, true) : ((code), fake_ending = false, false))

/* --- capabilities: numbers that are open or not --- */

u32 fake_caps_open(void);
cap_t fake_cap(void); /* a new one */
bool fake_cap_is_open(cap_t cap);
void fake_cap_break(cap_t cap); /* its object is destroyed */

/* --- memory: segments are pages of the host --- */

/* What a mapped or created segment's bytes are here. */
void *fake_segment_ptr(cap_t segment);
cap_t fake_segment(size_t size);
/* Where the host keeps a "physical" address that segment_address gave; NULL: nobody's. */
void *fake_physical(paddr_t addr, size_t size);
extern u32 fake_pages_left; /* segments fail with E_FUNDS below that */

/* --- events --- */

u64 fake_event_take(cap_t event); /* the bits signalled since the last time */
u64 fake_event_timer(cap_t event);
