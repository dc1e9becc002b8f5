/* SPDX-License-Identifier: MIT */
/* Trees of pages. Tables count as pages, too, and go when they are empty. */
#include <stdlib.h>
#include <string.h>

#include "tmpfs.h"

enum { TABLE_SHIFT = 9, TABLE_SIZE = 1 << TABLE_SHIFT };
_Static_assert(TABLE_SIZE * sizeof(void *) == PAGE_SIZE, "a table is a page");

static void *page_take(struct tmpfs *tmpfs)
{
	void *page = tmpfs->used < tmpfs->limit ? calloc(1, PAGE_SIZE) : NULL;

	tmpfs->used += page != NULL;
	return page;
}

static void page_give(struct tmpfs *tmpfs, void *page)
{
	free(page);
	tmpfs->used--;
}

static u64 reach(u32 height) { return 1ull << (TABLE_SHIFT * height); }

static void **slot(void *table, u64 index, u32 level)
{
	return (void **)table + (index >> (TABLE_SHIFT * (level - 1)) & (TABLE_SIZE - 1));
}

char *pages_find(const struct pages *pages, u64 index)
{
	void *at = index < reach(pages->height) ? pages->root : NULL;

	for (u32 level = pages->height; level > 0 && at; level--)
		at = *slot(at, index, level);
	return at;
}

err_t pages_make(struct tmpfs *tmpfs, struct pages *pages, u64 index, char **page)
{
	while (index >= reach(pages->height)) {
		void **table = pages->root ? page_take(tmpfs) : NULL;
		if (pages->root && !table)
			return E_NOSPACE;
		if (table)
			table[0] = pages->root;
		pages->root = table;
		pages->height++;
	}
	void **at = &pages->root;
	for (u32 level = pages->height; level > 0; level--) {
		if (!*at && !(*at = page_take(tmpfs)))
			return E_NOSPACE;
		at = slot(*at, index, level);
	}
	if (!*at) {
		*at = page_take(tmpfs);
		if (!*at)
			return E_NOSPACE;
		pages->count++;
	}
	*page = *at;
	return OK;
}

/* Free what is at or behind `index` (counted from the subtree's start) of the subtree; recursion as
 * deep as the tree is high: at most 5. */
static void subtree_cut(struct tmpfs *tmpfs, struct pages *pages, void **root, u32 height,
                        u64 index)
{
	if (!*root)
		return;
	if (height == 0) {
		if (index > 0)
			return;
		pages->count--;
	} else {
		void **table = *root;
		u64 span = reach(height - 1), first = index / span;
		bool empty = true;
		for (u64 i = first; i < TABLE_SIZE; i++)
			subtree_cut(tmpfs, pages, &table[i], height - 1,
			            i == first ? index % span : 0);
		for (u64 i = 0; i < TABLE_SIZE && i <= first; i++)
			empty &= !table[i];
		if (!empty)
			return;
	}
	page_give(tmpfs, *root);
	*root = NULL;
}

void pages_cut(struct tmpfs *tmpfs, struct pages *pages, u64 index)
{
	if (index < reach(pages->height))
		subtree_cut(tmpfs, pages, &pages->root, pages->height, index);
	if (!pages->root)
		pages->height = 0;
}
