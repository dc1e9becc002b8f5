/* SPDX-License-Identifier: MIT */
/* Shared memory: segments. Who has mapped one is the kernel's knowledge (SEGMENT_MAPPINGS). */
#pragma once

#include "object.h"

MUST_CHECK err_t memory_make(const struct client *client, u32 key, u32 mode, u64 size,
                             struct object **object);
/* At once, or with its last mapping. */
void memory_end(struct object *object);
/* Memory that has been removed and is mapped no more ends here, before anybody asks for it. */
void memory_look_now(void);
const void *memory_stat(struct object *object, u64 *size);
/* E_INVAL: it is smaller. */
MUST_CHECK err_t memory_has(struct object *object, u64 size);
void memory_changed(struct object *object);
/* Add the pages of all, and how many of them are resident. */
void memories_count(u64 *pages, u64 *resident);

/* Handlers. */
err_t memory_attach(struct client *client, u32 id, u32 access, cap_t *segment, u64 *size);
err_t memory_detached(struct client *client, u32 id);
err_t memory_lock(struct client *client, u32 id, bool locked);
