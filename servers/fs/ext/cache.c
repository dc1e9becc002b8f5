/* SPDX-License-Identifier: MIT */
/* The block cache. Transfers come from a fixed pool, and nothing here allocates on the way of
 * writing back: what frees memory must not need any. */
#include "cache.h"

#include <stdlib.h>
#include <string.h>

#include "rt/rt.h"

enum { TRANSFERS = 16 };

/* How a batch of writes is doing. */
struct batch {
	u32 in_flight;
	err_t error;
};

struct cache_io {
	struct disk_io io;
	struct cache_io *next; /* in cache->free_io */
	struct batch *batch;   /* or NULL */
	struct buffer *buffers[DISK_PIECES_MAX];
};

err_t cache_start(struct cache *cache, struct disk *disk, u32 block_size, u32 limit)
{
	u32 buckets = 64;

	while (buckets < limit)
		buckets *= 2;
	*cache = (struct cache){
		.disk = disk, .block_size = block_size, .limit = limit, .hash_mask = buckets - 1
	};
	cache->hash = calloc(buckets, sizeof(struct buffer *));
	if (!cache->hash)
		return E_FUNDS;
	for (int i = 0; i < TRANSFERS; i++) {
		struct cache_io *io = calloc(1, sizeof(*io));
		if (!io)
			return E_FUNDS;
		io->next = cache->free_io;
		cache->free_io = io;
	}
	list_init(&cache->lru);
	list_init(&cache->free);
	for (int i = 0; i < BUFFER_KINDS; i++)
		list_init(&cache->dirty[i]);
	fiber_queue_init(&cache->finished);
	fiber_lock_init(&cache->flush_lock);
	return OK;
}

/* --- the hash --- */

static struct buffer **cache_bucket(const struct cache *cache, u64 block)
{
	return &cache->hash[(block ^ block >> 16) & cache->hash_mask];
}

static struct buffer *cache_find(const struct cache *cache, u64 block)
{
	struct buffer *buffer = *cache_bucket(cache, block);

	while (buffer && buffer->block != block)
		buffer = buffer->hash_next;
	return buffer;
}

static void cache_hash(struct cache *cache, struct buffer *buffer, u64 block)
{
	struct buffer **bucket = cache_bucket(cache, block);

	buffer->block = block;
	buffer->hash_next = *bucket;
	buffer->hashed = true;
	*bucket = buffer;
}

static void cache_unhash(struct cache *cache, struct buffer *buffer)
{
	if (!buffer->hashed)
		return;
	struct buffer **at = cache_bucket(cache, buffer->block);
	while (*at != buffer)
		at = &(*at)->hash_next;
	*at = buffer->hash_next;
	buffer->hashed = false;
}

bool cache_has(const struct cache *cache, u64 block)
{
	const struct buffer *buffer = cache_find(cache, block);

	return buffer && (buffer->valid || buffer->busy);
}

/* --- memory --- */

static struct buffer *buffer_create(struct cache *cache)
{
	struct buffer *buffer = cache->count < cache->limit ? calloc(1, sizeof(*buffer)) : NULL;

	if (!buffer)
		return NULL;
	buffer->data = malloc(cache->block_size);
	if (!buffer->data) {
		free(buffer);
		return NULL;
	}
	list_init(&buffer->dirty);
	list_init(&buffer->lru);
	cache->count++;
	return buffer;
}

static void buffer_destroy(struct cache *cache, struct buffer *buffer)
{
	cache_unhash(cache, buffer);
	list_remove(&buffer->lru);
	cache->count--;
	free(buffer->data);
	free(buffer);
}

static bool buffer_idle(const struct buffer *buffer)
{
	return buffer->users == 0 && !buffer->busy && !list_linked(&buffer->dirty);
}

/* A buffer for other contents, without waiting: a free one, a new one, or the least recently
 * used. */
static struct buffer *cache_recycle(struct cache *cache)
{
	struct buffer *buffer = list_first(&cache->free, struct buffer, lru);

	if (!buffer)
		buffer = buffer_create(cache);
	if (buffer) {
		list_remove(&buffer->lru);
		return buffer;
	}
	list_each (old, &cache->lru, struct buffer, lru) {
		if (!buffer_idle(old))
			continue;
		cache_unhash(cache, old);
		list_remove(&old->lru);
		return old;
	}
	return NULL;
}

void cache_shrink(struct cache *cache, u32 count)
{
	struct list *at = cache->lru.next;
	struct buffer *buffer;

	while (cache->count > count && (buffer = list_first(&cache->free, struct buffer, lru)))
		buffer_destroy(cache, buffer);
	while (cache->count > count && at != &cache->lru) {
		buffer = container_of(at, struct buffer, lru);
		at = at->next;
		if (buffer_idle(buffer))
			buffer_destroy(cache, buffer);
	}
}

void cache_stop(struct cache *cache)
{
	struct list *lists[] = { &cache->free, &cache->lru };

	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		struct buffer *buffer;
		while (cache->hash && (buffer = list_first(lists[i], struct buffer, lru)))
			buffer_destroy(cache, buffer);
	}
	while (cache->free_io) {
		struct cache_io *io = cache->free_io;
		cache->free_io = io->next;
		free(io);
	}
	free(cache->hash);
	cache->hash = NULL;
}

/* --- transfers --- */

static void cache_wait(struct cache *cache) { disk_wait(cache->disk, &cache->finished); }

static void buffer_clean(struct cache *cache, struct buffer *buffer)
{
	if (list_linked(&buffer->dirty)) {
		list_remove(&buffer->dirty);
		cache->dirty_count--;
	}
}

/* Nothing of worth is in the buffer any more. */
static void buffer_drop(struct cache *cache, struct buffer *buffer)
{
	cache_unhash(cache, buffer);
	list_remove(&buffer->lru);
	list_add_tail(&cache->free, &buffer->lru);
}

static void cache_io_done(struct disk_io *done, err_t error)
{
	struct cache_io *io = container_of(done, struct cache_io, io);
	struct cache *cache = done->cookie;

	for (u32 i = 0; i < done->count; i++) {
		struct buffer *buffer = io->buffers[i];
		buffer->busy = false;
		if (done->operation == BLOCK_READ)
			buffer->valid = !error;
		else if (error)
			cache_dirty(cache, buffer, buffer->kind);
		if (!buffer->valid && buffer->users == 0)
			buffer_drop(cache, buffer);
	}
	if (io->batch) {
		io->batch->in_flight--;
		if (error)
			io->batch->error = error;
	}
	io->next = cache->free_io;
	cache->free_io = io;
	fiber_wake_all(&cache->finished);
}

static struct cache_io *cache_io_take(struct cache *cache, u32 operation)
{
	struct cache_io *io = cache->free_io;

	if (!io)
		return NULL;
	cache->free_io = io->next;
	io->batch = NULL;
	io->io = (struct disk_io){ .operation = operation,
		                   .piece_size = cache->block_size,
		                   .done = cache_io_done,
		                   .cookie = cache };
	return io;
}

static struct cache_io *cache_io_wait(struct cache *cache, u32 operation)
{
	struct cache_io *io;

	while (!(io = cache_io_take(cache, operation)))
		cache_wait(cache);
	return io;
}

static u32 cache_run_max(const struct cache *cache)
{
	u32 pieces = DISK_TRANSFER_MAX / cache->block_size;

	return pieces < DISK_PIECES_MAX ? pieces : DISK_PIECES_MAX;
}

/* The next block of the run. */
static void cache_io_add(struct cache *cache, struct cache_io *io, struct buffer *buffer)
{
	if (io->io.count == 0)
		io->io.sector = buffer->block * (cache->block_size / BLOCK_SECTOR);
	io->buffers[io->io.count] = buffer;
	io->io.pieces[io->io.count++] = buffer->data;
	buffer->busy = true;
}

/* --- reading --- */

static err_t buffer_read(struct cache *cache, struct buffer *buffer)
{
	struct cache_io *io = cache_io_wait(cache, BLOCK_READ);
	struct batch batch = { .in_flight = 1 };

	if (buffer->busy || buffer->valid) { /* somebody else was faster */
		io->next = cache->free_io;
		cache->free_io = io;
		return OK;
	}
	io->batch = &batch;
	cache_io_add(cache, io, buffer);
	disk_submit(cache->disk, &io->io);
	while (batch.in_flight)
		cache_wait(cache);
	return batch.error;
}

/* The buffer has users, so that it stays. */
static err_t buffer_prepare(struct cache *cache, struct buffer *buffer, enum buffer_get how)
{
	for (;;) {
		bool reading = buffer->busy && !buffer->valid;
		if (!reading && (buffer->valid || how != BUFFER_READ))
			break;
		if (reading) {
			cache_wait(cache);
			continue;
		}
		err_t error = buffer_read(cache, buffer);
		if (error)
			return error;
	}
	if (how == BUFFER_ZERO) {
		memset(buffer->data, 0, cache->block_size);
		buffer->valid = true;
	}
	return OK;
}

static err_t cache_make_room(struct cache *cache);

err_t cache_get(struct cache *cache, u64 block, enum buffer_get how, struct buffer **out)
{
	struct buffer *buffer;

	while (!(buffer = cache_find(cache, block))) {
		buffer = cache_recycle(cache);
		if (buffer) {
			buffer->valid = false;
			cache_hash(cache, buffer, block);
			break;
		}
		err_t error = cache_make_room(cache);
		if (error)
			return error;
	}
	buffer->users++;
	list_remove(&buffer->lru);
	list_add_tail(&cache->lru, &buffer->lru);
	err_t error = buffer_prepare(cache, buffer, how);
	if (error) {
		cache_put(cache, buffer);
		return error;
	}
	*out = buffer;
	return OK;
}

void cache_put(struct cache *cache, struct buffer *buffer)
{
	if (--buffer->users == 0 && !buffer->valid && !buffer->busy) {
		buffer_clean(cache, buffer);
		buffer_drop(cache, buffer);
	}
}

void cache_prefetch(struct cache *cache, u64 block, u32 count)
{
	struct cache_io *io = NULL;
	u32 most = cache_run_max(cache);

	for (u64 at = block; at < block + count; at++) {
		struct buffer *buffer = cache_find(cache, at) ? NULL : cache_recycle(cache);
		if (buffer && !io && !(io = cache_io_take(cache, BLOCK_READ))) {
			list_add_tail(&cache->free, &buffer->lru);
			return;
		}
		if (buffer) {
			buffer->valid = false;
			cache_hash(cache, buffer, at);
			list_add_tail(&cache->lru, &buffer->lru);
			cache_io_add(cache, io, buffer);
		}
		if (io && (!buffer || io->io.count == most)) {
			disk_submit(cache->disk, &io->io);
			io = NULL;
		}
	}
	if (io)
		disk_submit(cache->disk, &io->io);
}

/* --- writing --- */

void cache_dirty(struct cache *cache, struct buffer *buffer, enum buffer_kind kind)
{
	buffer_clean(cache, buffer);
	buffer->kind = (u8)kind;
	buffer->dirtied = ++cache->sequence;
	list_add_tail(&cache->dirty[kind], &buffer->dirty);
	cache->dirty_count++;
}

void cache_forget(struct cache *cache, u64 block, u64 count)
{
	for (u64 at = block; at < block + count; at++) {
		struct buffer *buffer = cache_find(cache, at);
		if (!buffer)
			continue;
		buffer_clean(cache, buffer);
		if (buffer->users == 0 && !buffer->busy)
			buffer_drop(cache, buffer);
	}
}

static int buffer_compare(const void *a, const void *b)
{
	const struct buffer *const *left = a, *const *right = b;

	return ((*left)->block > (*right)->block) - ((*left)->block < (*right)->block);
}

/* Buffers of the kind that were dirty at `sequence`, into cache->batch, by place on the disk. Those
 * that are being written have to wait. */
static u32 batch_collect(struct cache *cache, enum buffer_kind kind, u64 sequence, bool *busy)
{
	u32 count = 0;

	*busy = false;
	list_each (buffer, &cache->dirty[kind], struct buffer, dirty) {
		if (buffer->dirtied > sequence || count == CACHE_BATCH)
			break;
		if (buffer->busy)
			*busy = true;
		else
			cache->batch[count++] = buffer;
	}
	qsort(cache->batch, count, sizeof(cache->batch[0]), buffer_compare);
	return count;
}

/* Write cache->batch; nobody can take away what is dirty or busy. */
static err_t batch_write(struct cache *cache, u32 count)
{
	struct batch batch = { 0 };
	u32 most = cache_run_max(cache);

	for (u32 i = 0; i < count; i++)
		cache->batch[i]->busy = true;
	for (u32 i = 0; i < count;) {
		struct cache_io *io = cache_io_wait(cache, BLOCK_WRITE);
		u64 first = cache->batch[i]->block;
		for (u32 n = 0; n < most && i < count && cache->batch[i]->block == first + n; n++) {
			buffer_clean(cache, cache->batch[i]);
			cache_io_add(cache, io, cache->batch[i++]);
		}
		io->batch = &batch;
		batch.in_flight++;
		disk_submit(cache->disk, &io->io);
	}
	while (batch.in_flight)
		cache_wait(cache);
	return batch.error;
}

/* All of a kind that was dirty at `sequence`, or at most one batch. Under flush_lock. */
static err_t cache_write_kind(struct cache *cache, enum buffer_kind kind, u64 sequence,
                              bool one_batch)
{
	err_t first_error = OK;

	for (;;) {
		bool busy;
		u32 count = batch_collect(cache, kind, sequence, &busy);
		if (count == 0 && !busy)
			return first_error;
		if (count == 0) {
			cache_wait(cache);
			continue;
		}
		err_t error = batch_write(cache, count);
		if (!first_error)
			first_error = error;
		if (one_batch)
			return first_error;
	}
}

err_t cache_flush(struct cache *cache)
{
	u64 sequence = cache->sequence;

	fiber_lock_take(&cache->flush_lock);
	err_t error = cache_write_kind(cache, BUFFER_DATA, sequence, false);
	err_t also = cache_write_kind(cache, BUFFER_METADATA, sequence, false);
	if (!error)
		error = also;
	if (!error)
		error = disk_transfer(cache->disk, BLOCK_FLUSH, 0, NULL, 0);
	fiber_lock_give(&cache->flush_lock);
	return error;
}

err_t cache_write(struct cache *cache, struct buffer *buffer)
{
	fiber_lock_take(&cache->flush_lock);
	while (buffer->busy)
		cache_wait(cache);
	cache->batch[0] = buffer;
	err_t error = batch_write(cache, 1);
	if (!error)
		error = disk_transfer(cache->disk, BLOCK_FLUSH, 0, NULL, 0);
	fiber_lock_give(&cache->flush_lock);
	return error;
}

/* Write a batch of what is dirty: data as long as there is some. */
static err_t cache_write_some(struct cache *cache)
{
	fiber_lock_take(&cache->flush_lock);
	enum buffer_kind kind =
	        list_empty(&cache->dirty[BUFFER_DATA]) ? BUFFER_METADATA : BUFFER_DATA;
	err_t error = cache_write_kind(cache, kind, cache->sequence, true);
	fiber_lock_give(&cache->flush_lock);
	return error;
}

void cache_throttle(struct cache *cache)
{
	if (cache->dirty_count <= cache->limit / 2)
		return;
	while (cache->dirty_count > cache->limit / 4 && cache_write_some(cache) == OK)
		;
}

/* No buffer could be had. Afterwards one may be free, and the block that was wanted may be there,
 * too. */
static err_t cache_make_room(struct cache *cache)
{
	if (cache->dirty_count)
		return cache_write_some(cache);
	list_each (buffer, &cache->lru, struct buffer, lru) {
		if (buffer->busy) {
			cache_wait(cache);
			return OK;
		}
	}
	return E_FUNDS;
}
