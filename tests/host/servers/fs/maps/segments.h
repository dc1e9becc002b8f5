/* SPDX-License-Identifier: MIT */
/* Segments with a keeper, on the host: their pages lie in a memory file; what is not resident
 * cannot be touched. */
#pragma once

#include "../fake_fs.h"

enum { SEGMENT_CAP_FIRST = FAKE_EVENT_FIRST + FAKE_EVENTS, SEGMENT_CAPS = 64 };

/* A client touches the byte at `offset`: where it is, or NULL and *error. */
char *client_touch(cap_t segment, u64 offset, err_t *error);
/* The client gives its capability back / unmaps. */
void client_close(cap_t segment);
u32 segments_there(void);
/* The pages that the server's bank can pay for in all segments; 0: any number. */
extern u32 segments_pages_max;
u32 segment_resident_pages(cap_t segment);
