/* SPDX-License-Identifier: MIT */
/* Where names have led lately: a table of fixed size, in which a new name takes an old one's place.
 * Only names that exist are in it, so that nothing is to be done when one is added. */
#include "ext.h"

#include <string.h>

static u32 name_hash(const struct ext_node *dir, const char *name, size_t size)
{
	u32 hash = (u32)dir->number;

	for (size_t i = 0; i < size; i++)
		hash = hash * 31 + (u8)name[i];
	return hash ^ hash >> 15;
}

static struct ext_recalled *place(const struct ext_node *dir, u32 hash)
{
	return &ext_of(&dir->node)->recalled[hash % EXT_RECALLED];
}

/* The entry of this very name, or NULL. */
static struct ext_recalled *find(const struct ext_node *dir, const char *name, size_t size)
{
	u32 hash = name_hash(dir, name, size);
	struct ext_recalled *r = place(dir, hash);

	if (r->hash != hash || r->dir != dir->number || r->size != size ||
	    memcmp(r->name, name, size) != 0)
		return NULL;
	return r;
}

u32 dir_recall(const struct ext_node *dir, const char *name, size_t size)
{
	const struct ext_recalled *r = find(dir, name, size);

	return r ? r->ino : 0;
}

void dir_remember(const struct ext_node *dir, const char *name, size_t size, u32 ino)
{
	u32 hash = name_hash(dir, name, size);
	struct ext_recalled *r = place(dir, hash);

	if (size > EXT_RECALL_NAME)
		return;
	*r = (struct ext_recalled){
		.dir = dir->number, .hash = hash, .ino = ino, .size = (u8)size
	};
	memcpy(r->name, name, size);
}

void dir_forget(const struct ext_node *dir, const char *name, size_t size)
{
	struct ext_recalled *r = find(dir, name, size);

	if (r)
		r->dir = 0;
}
