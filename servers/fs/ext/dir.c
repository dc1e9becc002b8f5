/* SPDX-License-Identifier: MIT */
/* Directories: blocks full of entries, each of which says where the next one begins. Hashed
 * directories are read in the same way (what belongs to the hash looks like unused entries), and
 * lose their hash when a name is added. */
#include "dir_index.h"

#include <string.h>

enum { INDEX_BLOCKS = 2 }; /* directories of at least so many blocks get an index */

static u32 entry_need(size_t name_size) { return (u32)(DIRENT_HEAD + name_size + 3) & ~3u; }

static struct ext_dirent *entry_at(const struct buffer *buffer, u32 offset)
{
	return (struct ext_dirent *)(void *)(buffer->data + offset);
}

/* Does the entry at `offset` lie in its block? */
static bool entry_valid(const struct ext *ext, const struct buffer *buffer, u32 offset)
{
	const struct ext_dirent *e = entry_at(buffer, offset);

	if (offset + DIRENT_HEAD > ext->block_size || e->size < DIRENT_HEAD || e->size % 4 ||
	    e->size > ext->block_size - offset)
		return false;
	return e->ino == 0 || (entry_need(e->name_size) <= e->size && e->name_size > 0);
}

static u32 dir_blocks(const struct ext_node *dir)
{
	return (u32)(dir->node.size >> ext_of(&dir->node)->block_shift);
}

/* Block `index` of the directory. */
static err_t dir_block(struct ext_node *dir, u32 index, struct buffer **buffer)
{
	struct ext *ext = ext_of(&dir->node);
	struct ext_run run;
	err_t error = ext_map_find(dir, index, 8, &run);

	if (error)
		return error;
	if (run.physical == 0 || run.unwritten)
		return ext_corrupt(ext, dir->node.ino, "a directory with a hole");
	if (run.count > 1 && !cache_has(&ext->cache, run.physical))
		cache_prefetch(&ext->cache, run.physical,
		               (u32)ext_min(run.count, dir_blocks(dir) - index));
	return cache_get(&ext->cache, run.physical, BUFFER_READ, buffer);
}

static err_t dir_damaged(struct ext_node *dir)
{
	return ext_corrupt(ext_of(&dir->node), dir->node.ino, "a directory's entries are damaged");
}

/* --- finding --- */

u32 dir_entry_ino(const struct ext_slot *slot) { return entry_at(slot->buffer, slot->offset)->ino; }

/* E_NOENT: not in this block. */
static err_t block_find(struct ext_node *dir, const char *name, size_t size, struct ext_slot *slot)
{
	const struct ext *ext = ext_of(&dir->node);

	slot->previous = 0;
	for (u32 offset = 0; offset < ext->block_size;) {
		if (!entry_valid(ext, slot->buffer, offset))
			return dir_damaged(dir);
		const struct ext_dirent *e = entry_at(slot->buffer, offset);
		if (e->ino && e->name_size == size && e->name[0] == name[0] &&
		    !memcmp(e->name, name, size)) {
			slot->offset = offset;
			return OK;
		}
		slot->previous = offset;
		offset += e->size;
	}
	return E_NOENT;
}

/* Look for the name in block `index`; OK: slot->buffer is to be put. */
static err_t dir_find_in(struct ext_node *dir, u32 index, const char *name, size_t size,
                         struct ext_slot *slot)
{
	err_t error = dir_block(dir, index, &slot->buffer);

	if (error)
		return error;
	slot->index = index;
	error = block_find(dir, name, size, slot);
	if (error)
		cache_put(&ext_of(&dir->node)->cache, slot->buffer);
	return error;
}

static err_t block_index(struct ext_node *dir, const struct buffer *buffer, u32 index)
{
	const struct ext *ext = ext_of(&dir->node);

	for (u32 offset = 0; offset < ext->block_size;) {
		if (!entry_valid(ext, buffer, offset))
			return E_CORRUPT;
		const struct ext_dirent *e = entry_at(buffer, offset);
		if (e->ino)
			dir_index_add(dir, e->name, e->name_size, index);
		offset += e->size;
	}
	return OK;
}

/* Make the index of a directory that is worth one. If that fails it is done without. */
static void dir_index(struct ext_node *dir)
{
	u32 blocks = dir_blocks(dir);
	err_t error = OK;

	if (dir->index || dir->index_refused || blocks < INDEX_BLOCKS || !dir_index_begin(dir))
		return;
	for (u32 index = 0; index < blocks && !error; index++) {
		struct buffer *buffer;
		error = dir_block(dir, index, &buffer);
		if (error)
			break;
		error = block_index(dir, buffer, index);
		cache_put(&ext_of(&dir->node)->cache, buffer);
	}
	if (error) {
		dir_index_drop(dir);
		dir->index_refused = true;
	}
}

err_t dir_find(struct ext_node *dir, const char *name, size_t size, struct ext_slot *slot)
{
	u32 blocks = dir_blocks(dir), at = 0, index;
	err_t error = E_NOENT;

	dir_index(dir);
	if (dir->index) {
		while (error == E_NOENT && dir_index_next(dir, name, size, &at, &index))
			error = dir_find_in(dir, index, name, size, slot);
		return error;
	}
	for (index = 0; index < blocks && error == E_NOENT; index++)
		error = dir_find_in(dir, index, name, size, slot);
	return error;
}

err_t ext_lookup(struct node *node, const char *name, size_t size, struct node **found)
{
	struct ext_node *dir = ext_node_of(node);
	struct ext_slot slot;

	if (node->nlink == 0)
		return E_NOENT;
	u32 ino = dir_recall(dir, name, size);
	if (ino)
		return ext_node_get(ext_of(node), ino, false, found);
	err_t error = dir_find(dir, name, size, &slot);
	if (error)
		return error == E_NOENT && name[0] == '.' && size <= 2 &&
		                       (size == 1 || name[1] == '.')
		               ? dir_damaged(dir)
		               : error;
	ino = dir_entry_ino(&slot);
	cache_put(&ext_of(node)->cache, slot.buffer);
	error = ext_node_get(ext_of(node), ino, false, found);
	if (!error)
		dir_remember(dir, name, size, ino);
	return error;
}

/* --- adding --- */

/* The file type as directory entries tell it: DT_* are Linux's, these are ext2's. */
static u8 entry_type(const struct ext_node *x)
{
	if (!ext_of(&x->node)->filetype)
		return 0;
	switch (x->node.mode & MODE_TYPE) {
	case MODE_FILE:
		return 1;
	case MODE_DIR:
		return 2;
	case MODE_CHAR:
		return 3;
	case MODE_BLOCK:
		return 4;
	case MODE_FIFO:
		return 5;
	case MODE_SOCKET:
		return 6;
	case MODE_LINK:
		return 7;
	}
	return 0;
}

static u32 type_mode(u8 type)
{
	static const u32 modes[8] = { 0,          MODE_FILE, MODE_DIR,    MODE_CHAR,
		                      MODE_BLOCK, MODE_FIFO, MODE_SOCKET, MODE_LINK };

	return modes[type & 7];
}

static void entry_set(struct ext_dirent *e, u32 size, const char *name, size_t name_size,
                      const struct ext_node *x)
{
	e->ino = (u32)x->node.ino;
	e->size = (u16)size;
	e->name_size = (u8)name_size;
	e->type = entry_type(x);
	memcpy(e->name, name, name_size);
}

/* Put the entry behind one that is larger than it needs to be; *done says whether there was one. */
static err_t block_add(struct ext_node *dir, struct buffer *buffer, const char *name, size_t size,
                       const struct ext_node *x, bool *done)
{
	const struct ext *ext = ext_of(&dir->node);
	u32 need = entry_need(size);

	*done = false;
	for (u32 offset = 0; offset < ext->block_size;) {
		if (!entry_valid(ext, buffer, offset))
			return dir_damaged(dir);
		struct ext_dirent *e = entry_at(buffer, offset);
		u32 used = e->ino ? entry_need(e->name_size) : 0;
		if (e->size - used >= need) {
			u32 room = e->size - used;
			if (used)
				e->size = (u16)used;
			entry_set(entry_at(buffer, offset + used), room, name, size, x);
			*done = true;
			return OK;
		}
		offset += e->size;
	}
	return OK;
}

/* One more block, whose only entry is the new one. */
static err_t dir_grow(struct ext_node *dir, const char *name, size_t size, const struct ext_node *x)
{
	struct ext *ext = ext_of(&dir->node);
	u32 index = dir_blocks(dir);
	struct buffer *buffer;
	u64 block;
	bool fresh;

	if (dir->node.size >= (1ull << 31) - ext->block_size)
		return E_NOSPACE;
	err_t error = ext_map_make(dir, index, &block, &fresh);
	if (error)
		return error;
	error = cache_get(&ext->cache, block, BUFFER_ZERO, &buffer);
	if (error) {
		err_t cut = ext_map_cut(dir, index);
		(void)cut; /* the first error is the one that counts */
		return error;
	}
	entry_set(entry_at(buffer, 0), ext->block_size, name, size, x);
	cache_dirty(&ext->cache, buffer, BUFFER_METADATA);
	cache_put(&ext->cache, buffer);
	dir->node.size += ext->block_size;
	return OK;
}

err_t dir_add(struct ext_node *dir, const char *name, size_t size, const struct ext_node *x)
{
	struct ext *ext = ext_of(&dir->node);
	u32 blocks = dir_blocks(dir);
	bool done = false;

	if (dir->flags & INODE_INDEX) {
		dir->flags &= ~(u32)INODE_INDEX;
		dir->free_hint = 0;
	}
	for (u32 index = dir->free_hint; index < blocks; index++) {
		struct buffer *buffer;
		err_t error = dir_block(dir, index, &buffer);
		if (error)
			return error;
		error = block_add(dir, buffer, name, size, x, &done);
		if (done)
			cache_dirty(&ext->cache, buffer, BUFFER_METADATA);
		cache_put(&ext->cache, buffer);
		if (done) {
			dir->free_hint = index;
			dir_index_add(dir, name, size, index);
		}
		if (error || done)
			return error;
	}
	err_t error = dir_grow(dir, name, size, x);
	if (!error) {
		dir->free_hint = blocks;
		dir_index_add(dir, name, size, blocks);
	}
	return error;
}

err_t dir_start(struct ext_node *dir, const struct ext_node *parent)
{
	struct ext *ext = ext_of(&dir->node);
	struct buffer *buffer;
	u64 block;
	bool fresh;
	err_t error = ext_map_make(dir, 0, &block, &fresh);

	if (error)
		return error;
	error = cache_get(&ext->cache, block, BUFFER_ZERO, &buffer);
	if (error) {
		err_t cut = ext_map_cut(dir, 0);
		(void)cut; /* the first error is the one that counts */
		return error;
	}
	u32 first = entry_need(1);
	entry_set(entry_at(buffer, 0), first, ".", 1, dir);
	entry_set(entry_at(buffer, first), ext->block_size - first, "..", 2, parent);
	cache_dirty(&ext->cache, buffer, BUFFER_METADATA);
	cache_put(&ext->cache, buffer);
	dir->node.size = ext->block_size;
	return OK;
}

/* --- taking out and changing --- */

void dir_take(struct ext_node *dir, struct ext_slot *slot)
{
	struct ext_dirent *e = entry_at(slot->buffer, slot->offset);

	dir_index_remove(dir, e->name, e->name_size, slot->index);
	dir_forget(dir, e->name, e->name_size);
	if (slot->previous != slot->offset)
		entry_at(slot->buffer, slot->previous)->size =
		        (u16)(entry_at(slot->buffer, slot->previous)->size + e->size);
	else
		e->ino = 0;
	if (slot->index < dir->free_hint)
		dir->free_hint = slot->index;
	cache_dirty(&ext_of(&dir->node)->cache, slot->buffer, BUFFER_METADATA);
	cache_put(&ext_of(&dir->node)->cache, slot->buffer);
}

void dir_change(struct ext_node *dir, struct ext_slot *slot, const struct ext_node *x)
{
	struct ext_dirent *e = entry_at(slot->buffer, slot->offset);

	dir_forget(dir, e->name, e->name_size);
	e->ino = (u32)x->node.ino;
	e->type = entry_type(x);
	cache_dirty(&ext_of(&dir->node)->cache, slot->buffer, BUFFER_METADATA);
	cache_put(&ext_of(&dir->node)->cache, slot->buffer);
}

/* --- going through --- */

static bool entry_is_dots(const struct ext_dirent *e)
{
	return e->name[0] == '.' && (e->name_size == 1 || (e->name_size == 2 && e->name[1] == '.'));
}

static err_t block_check_empty(struct ext_node *dir, const struct buffer *buffer)
{
	const struct ext *ext = ext_of(&dir->node);

	for (u32 offset = 0; offset < ext->block_size;) {
		if (!entry_valid(ext, buffer, offset))
			return dir_damaged(dir);
		const struct ext_dirent *e = entry_at(buffer, offset);
		if (e->ino && !entry_is_dots(e))
			return E_NOTEMPTY;
		offset += e->size;
	}
	return OK;
}

err_t dir_check_empty(struct ext_node *dir)
{
	u32 blocks = dir_blocks(dir);
	err_t error = OK;

	for (u32 index = 0; index < blocks && !error; index++) {
		struct buffer *buffer;
		error = dir_block(dir, index, &buffer);
		if (error)
			return error;
		error = block_check_empty(dir, buffer);
		cache_put(&ext_of(&dir->node)->cache, buffer);
	}
	return error;
}

/* The first entry at or behind `within`: entries may have been joined since the position was
 * told. */
static err_t block_list(struct ext_node *dir, const struct buffer *buffer, u32 within, u64 base,
                        u64 *position, struct list_sink *sink, bool *full)
{
	const struct ext *ext = ext_of(&dir->node);

	for (u32 offset = 0; offset < ext->block_size;) {
		if (!entry_valid(ext, buffer, offset))
			return dir_damaged(dir);
		const struct ext_dirent *e = entry_at(buffer, offset);
		u64 next = base + offset + e->size;
		if (e->ino && offset >= within) {
			*full = !list_put(sink, e->ino, type_mode(e->type), e->name, e->name_size,
			                  next);
			if (*full)
				return OK;
		}
		if (offset >= within)
			*position = next;
		offset += e->size;
	}
	*position = base + ext->block_size;
	return OK;
}

err_t ext_list(struct node *node, u64 *position, struct list_sink *sink)
{
	const struct ext *ext = ext_of(node);
	struct ext_node *dir = ext_node_of(node);
	bool full = false;
	err_t error = OK;

	while (*position < node->size && !full && !error) {
		u32 index = (u32)(*position >> ext->block_shift);
		u32 within = (u32)(*position & (ext->block_size - 1));
		struct buffer *buffer;
		error = dir_block(dir, index, &buffer);
		if (error)
			break;
		error = block_list(dir, buffer, within, (u64)index << ext->block_shift, position,
		                   sink, &full);
		cache_put(&ext_of(node)->cache, buffer);
	}
	return error;
}
