/* SPDX-License-Identifier: MIT */
/* Which block of a larger directory may hold a name: a hash table in memory, made by reading the
 * directory once, and kept up to date. It only saves work: when there is no memory for it, or it is
 * dropped, the directory is searched from its beginning.
 *
 * A slot says that some name with this hash is in that block; the block itself is the judge. */
#include "dir_index.h"

#include <stdlib.h>

enum { SLOTS_FIRST = 256, BLOCK_FREE = 0, BLOCK_REMOVED = UINT32_MAX };

struct slot {
	u32 hash, block; /* + 1 */
};

struct name_index {
	u32 size, used; /* slots, a power of two; those that are not free */
	struct slot slots[];
};

static u32 name_hash(const char *name, size_t size)
{
	u32 hash = 2166136261u;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ (u8)name[i]) * 16777619u;
	return hash ^ hash >> 16;
}

static size_t index_bytes(u32 slots)
{
	return sizeof(struct name_index) + slots * sizeof(struct slot);
}

/* All of them may take as much as a quarter of the cache. */
static struct name_index *index_make(struct ext *ext, u32 slots)
{
	u64 most = (u64)ext->cache.limit * ext->block_size / 4;

	if (ext->index_bytes + index_bytes(slots) > most)
		return NULL;
	struct name_index *index = calloc(1, index_bytes(slots));
	if (!index)
		return NULL;
	index->size = slots;
	ext->index_bytes += index_bytes(slots);
	return index;
}

static void index_free(struct ext *ext, struct name_index *index)
{
	ext->index_bytes -= index_bytes(index->size);
	free(index);
}

void dir_index_drop(struct ext_node *dir)
{
	if (dir->index)
		index_free(ext_of(&dir->node), dir->index);
	dir->index = NULL;
	dir->index_refused = false;
}

static void slot_put(struct name_index *index, u32 hash, u32 block)
{
	u32 i = hash & (index->size - 1);

	while (index->slots[i].block != BLOCK_FREE)
		i = (i + 1) & (index->size - 1);
	index->slots[i] = (struct slot){ hash, block };
	index->used++;
}

/* Twice the slots, without those that were removed. */
static bool index_grow(struct ext_node *dir)
{
	struct ext *ext = ext_of(&dir->node);
	struct name_index *old = dir->index, *index = index_make(ext, 2 * old->size);

	if (!index)
		return false;
	for (u32 i = 0; i < old->size; i++)
		if (old->slots[i].block != BLOCK_FREE && old->slots[i].block != BLOCK_REMOVED)
			slot_put(index, old->slots[i].hash, old->slots[i].block);
	dir->index = index;
	index_free(ext, old);
	return true;
}

void dir_index_add(struct ext_node *dir, const char *name, size_t size, u32 block)
{
	if (!dir->index)
		return;
	if (dir->index->used >= dir->index->size / 4 * 3 && !index_grow(dir)) {
		dir_index_drop(dir);
		dir->index_refused = true;
		return;
	}
	slot_put(dir->index, name_hash(name, size), block + 1);
}

void dir_index_remove(struct ext_node *dir, const char *name, size_t size, u32 block)
{
	struct name_index *index = dir->index;
	u32 hash = name_hash(name, size);

	if (!index)
		return;
	for (u32 i = hash & (index->size - 1); index->slots[i].block != BLOCK_FREE;
	     i = (i + 1) & (index->size - 1)) {
		if (index->slots[i].hash == hash && index->slots[i].block == block + 1) {
			index->slots[i].block = BLOCK_REMOVED;
			return;
		}
	}
}

bool dir_index_next(const struct ext_node *dir, const char *name, size_t size, u32 *at, u32 *block)
{
	const struct name_index *index = dir->index;
	u32 hash = name_hash(name, size);

	for (;; (*at)++) {
		const struct slot *slot = &index->slots[(hash + *at) & (index->size - 1)];
		if (slot->block == BLOCK_FREE || *at >= index->size)
			return false;
		if (slot->hash == hash && slot->block != BLOCK_REMOVED) {
			(*at)++;
			*block = slot->block - 1;
			return true;
		}
	}
}

bool dir_index_begin(struct ext_node *dir)
{
	dir->index = index_make(ext_of(&dir->node), SLOTS_FIRST);
	dir->index_refused = !dir->index;
	return dir->index;
}
