/* SPDX-License-Identifier: MIT */
/* The contents of files in memory. */
#include <string.h>

#include "tmpfs.h"

static void count_blocks(struct node *node)
{
	node->blocks = tmp_of(node)->pages.count * (PAGE_SIZE / 512);
}

err_t tmpfs_read(struct node *node, u64 offset, size_t size, struct sink *sink)
{
	err_t error = OK;

	while (size > 0 && !error) {
		size_t within = offset % PAGE_SIZE, part = tmp_min(size, PAGE_SIZE - within);
		const char *page = pages_find(&tmp_of(node)->pages, offset / PAGE_SIZE);
		error = page ? sink_put(sink, page + within, part) : sink_put_zeros(sink, part);
		offset += part;
		size -= part;
	}
	return error;
}

/* What a write that failed has put behind the end must not show when the file grows. */
static void clean_tail(struct node *node)
{
	char *page = pages_find(&tmp_of(node)->pages, node->size / PAGE_SIZE);

	if (page && node->size % PAGE_SIZE)
		memset(page + node->size % PAGE_SIZE, 0, PAGE_SIZE - node->size % PAGE_SIZE);
	pages_cut(tmpfs_of(node), &tmp_of(node)->pages, (node->size + PAGE_SIZE - 1) / PAGE_SIZE);
	count_blocks(node);
}

err_t tmpfs_write(struct node *node, u64 offset, size_t size, struct source *source, size_t *done)
{
	err_t error = OK;

	*done = 0;
	while (*done < size && !error) {
		u64 at = offset + *done;
		size_t within = at % PAGE_SIZE, part = tmp_min(size - *done, PAGE_SIZE - within);
		char *page;
		error = pages_make(tmpfs_of(node), &tmp_of(node)->pages, at / PAGE_SIZE, &page);
		if (!error)
			error = source_get(source, page + within, part);
		if (error)
			break;
		*done += part;
		if (at + part > node->size)
			node->size = at + part;
	}
	if (error)
		clean_tail(node);
	count_blocks(node);
	if (*done)
		node_touch(node, TIME_MODIFY | TIME_CHANGE);
	return error;
}

err_t tmpfs_resize(struct node *node, u64 size)
{
	bool smaller = size < node->size;

	node->size = size;
	if (smaller)
		clean_tail(node);
	node_touch(node, TIME_MODIFY | TIME_CHANGE);
	return OK;
}

err_t tmpfs_allocate(struct node *node, u64 offset, u64 size, bool keep_size)
{
	u64 end = offset + size;
	err_t error = OK;

	if (keep_size && end > node->size)
		return E_NOTSUP;
	for (u64 at = offset / PAGE_SIZE; at * PAGE_SIZE < end && !error; at++) {
		char *page;
		error = pages_make(tmpfs_of(node), &tmp_of(node)->pages, at, &page);
	}
	if (error)
		clean_tail(node);
	else if (end > node->size)
		node->size = end;
	count_blocks(node);
	node_touch(node, TIME_MODIFY | TIME_CHANGE);
	return error;
}

err_t tmpfs_seek(struct node *node, bool hole, u64 *offset)
{
	const struct pages *pages = &tmp_of(node)->pages;

	for (u64 at = *offset; at < node->size; at = (at / PAGE_SIZE + 1) * PAGE_SIZE) {
		if (!pages_find(pages, at / PAGE_SIZE) == hole) {
			*offset = at;
			return OK;
		}
		if (!hole && pages->count == 0)
			break;
	}
	return E_NXIO;
}
