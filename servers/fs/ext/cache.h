/* SPDX-License-Identifier: MIT */
/* The block cache: blocks of the disk in memory, written back later. Clean blocks that nobody uses
 * make room for others, least recently used first. */
#pragma once

#include "disk.h"

/* What a block holds decides when it is written: data goes out before what points to it. */
enum buffer_kind { BUFFER_DATA, BUFFER_METADATA, BUFFER_KINDS };

struct buffer {
	struct list lru;   /* of its cache: unused first; or of the free ones */
	struct list dirty; /* in cache->dirty[kind], oldest first */
	struct buffer *hash_next;
	u64 block;
	char *data;
	u32 users;
	u8 kind;
	bool valid;
	bool busy; /* a transfer runs; if the buffer is valid, it is a write */
	bool hashed;
	u64 dirtied; /* cache->sequence then */
};

enum { CACHE_BATCH = 256 };
struct cache_io; /* a transfer */

struct cache {
	struct disk *disk;
	u32 block_size;
	u32 count, limit; /* buffers there are, and may be */
	u32 hash_mask;
	struct buffer **hash;
	struct list lru, free;
	struct list dirty[BUFFER_KINDS];
	u32 dirty_count;
	u64 sequence;                /* counts writes to buffers */
	struct fiber_queue finished; /* a transfer is over */
	struct cache_io *free_io;
	struct fiber_lock flush_lock;
	struct buffer *batch[CACHE_BATCH]; /* what is written at a time, under flush_lock */
};

enum buffer_get {
	BUFFER_READ,      /* with the disk's contents */
	BUFFER_ZERO,      /* zeros, without reading */
	BUFFER_OVERWRITE, /* `valid` says whether contents are there; to be filled and set */
};

/* `limit` blocks at most; block_size is a power of two up to PAGE_SIZE. */
MUST_CHECK err_t cache_start(struct cache *cache, struct disk *disk, u32 block_size, u32 limit);
void cache_stop(struct cache *cache);
/* The buffer of `block`, which stays until it is put. May wait. E_IO, E_FUNDS. */
MUST_CHECK err_t cache_get(struct cache *cache, u64 block, enum buffer_get how,
                           struct buffer **buffer);
void cache_put(struct cache *cache, struct buffer *buffer);
/* The buffer's contents have changed. */
void cache_dirty(struct cache *cache, struct buffer *buffer, enum buffer_kind kind);
/* The blocks have been freed: what they held need not be written. */
void cache_forget(struct cache *cache, u64 block, u64 count);
/* Begin to read the blocks, as far as there is room; does not wait. */
void cache_prefetch(struct cache *cache, u64 block, u32 count);
bool cache_has(const struct cache *cache, u64 block);
/* Write what was dirty when this was called, data first, then metadata. Then the disk's own
 * cache. */
MUST_CHECK err_t cache_flush(struct cache *cache);
/* Write this one buffer now. */
MUST_CHECK err_t cache_write(struct cache *cache, struct buffer *buffer);
/* Too much is dirty: write some of it before more is made. */
void cache_throttle(struct cache *cache);
/* Give clean buffers' memory back until at most `count` are left. */
void cache_shrink(struct cache *cache, u32 count);
