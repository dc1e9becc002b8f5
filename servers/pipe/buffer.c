/* SPDX-License-Identifier: MIT */
/* Pages come from mmap (the runtime's heap: paid for and touched at once) and not from malloc,
 * which would keep them. */
#include "buffer.h"

#include <sys/mman.h>

enum { SMALL_KEPT = 8, LARGE_KEPT = 1 };

/* Free buffers at hand. Written here only. */
static struct store {
	u8 *buffer[SMALL_KEPT];
	u32 count;
} small, large;

static struct store *store_of(size_t size, u32 *limit)
{
	*limit = size == BUFFER_SMALL ? SMALL_KEPT : LARGE_KEPT;
	return size == BUFFER_SMALL ? &small : size == BUFFER_LARGE ? &large : NULL;
}

/* The bank is empty: what is kept for later is needed now. */
static void stores_empty(void)
{
	while (small.count)
		munmap(small.buffer[--small.count], BUFFER_SMALL);
	while (large.count)
		munmap(large.buffer[--large.count], BUFFER_LARGE);
}

u8 *buffer_take(size_t size)
{
	u32 limit;
	struct store *store = store_of(size, &limit);
	void *buffer;

	if (store && store->count)
		return store->buffer[--store->count];
	for (int i = 0; i < 2; i++) {
		buffer = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		              0);
		if (buffer != MAP_FAILED)
			return buffer;
		stores_empty();
	}
	return NULL;
}

void buffer_give(u8 *buffer, size_t size)
{
	u32 limit;
	struct store *store = store_of(size, &limit);

	if (store && store->count < limit)
		store->buffer[store->count++] = buffer;
	else
		munmap(buffer, size);
}
