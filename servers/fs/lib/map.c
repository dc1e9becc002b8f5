/* SPDX-License-Identifier: MIT */
/* The segments through which clients map files. The library is their keeper: a page that a client
 * touches is read into a staging page and moved in. Once a page is in the segment, what stands
 * there is the truth: reads take it from there, writes go to the file system first and are then
 * copied there, and what clients changed goes back to the file system before that matters (sync,
 * write, resize).
 *
 * The library looks at a segment's pages through one window in its own address space, and only at
 * pages that are there: nobody else takes pages out, so it never waits for itself. */
#include "fs/lib/internal.h"

#include <stdlib.h>
#include <string.h>

#include "abi/thread.h"

enum {
	CLUSTER_PAGES = 8, /* read at one fault, aligned */
	WINDOW_PAGES = 64, /* as many as segment_resident tells at once */
	WINDOW_SIZE = WINDOW_PAGES * PAGE_SIZE,
	MAPS_KEPT = 48, /* that nobody uses now */
};

struct node_map {
	struct list link;  /* in fs_maps */
	struct node *node; /* with a reference */
	cap_t segment;
	u64 size;      /* of the segment */
	bool writable; /* somebody may have changed pages */
};

struct fs_maps {
	struct list maps; /* the one that was asked for last is the last */
	u32 count;
	bool busy; /* somebody walks the list and may wait: nothing is taken out of it */
	struct fiber_lock staging_lock;
	cap_t staging_segment;
	char *staging;
	char *page; /* for comparing, under staging_lock */
	vaddr_t window;
	const struct node_map *shown; /* what the window shows, and from where on */
	u64 shown_offset;
};

err_t map_start(struct fs *fs)
{
	struct fs_maps *maps = calloc(1, sizeof(*maps));

	if (!maps)
		return E_FUNDS;
	list_init(&maps->maps);
	fiber_lock_init(&maps->staging_lock);
	fs->maps = maps;
	return OK;
}

/* What only servers whose files are mapped need. */
static err_t maps_prepare(struct fs_maps *maps)
{
	if (!maps->page)
		maps->page = malloc(PAGE_SIZE);
	if (!maps->staging)
		maps->staging = rt_pages(CLUSTER_PAGES * PAGE_SIZE, SEGMENT_COMMITTED,
		                         &maps->staging_segment);
	if (!maps->window)
		maps->window = rt_address_take(WINDOW_SIZE);
	return maps->page && maps->staging && maps->window ? OK : E_FUNDS;
}

/* Bit i: page i of the window that begins at `start` is there. */
static u64 map_resident(const struct node_map *map, u64 start)
{
	u64 bits = 0;

	if (start >= map->size || segment_resident(map->segment, start, &bits))
		return 0;
	u64 pages = (map->size - start) / PAGE_SIZE;
	return pages < WINDOW_PAGES ? bits & ((1ull << pages) - 1) : bits;
}

/* Where the segment's bytes from `start` (window-aligned) can be seen; NULL: no funds. Valid until
 * the fiber waits. */
static char *map_show(struct node_map *map, u64 start)
{
	struct fs_maps *maps = map->node->fs->maps;

	if (maps->shown == map && maps->shown_offset == start)
		return (char *)maps->window;
	u64 size = u64_min(map->size - start, WINDOW_SIZE);
	maps->shown = NULL;
	if (task_unmap(0, maps->window, WINDOW_SIZE) ||
	    task_map(0, map->segment, start, maps->window, size, ACCESS_READ | ACCESS_WRITE))
		return NULL;
	maps->shown = map;
	maps->shown_offset = start;
	return (char *)maps->window;
}

static void map_hide(const struct node_map *map)
{
	struct fs_maps *maps = map->node->fs->maps;

	if (maps->shown == map && task_unmap(0, maps->window, WINDOW_SIZE) == OK)
		maps->shown = NULL;
}

/* --- reading and writing of files that are mapped --- */

static err_t map_read_run(struct node *node, u64 offset, size_t size, bool resident,
                          struct sink *sink)
{
	if (!resident)
		return node->fs->ops->read(node, offset, size, sink);
	const char *window = map_show(node->map, offset - offset % WINDOW_SIZE);
	return window ? sink_put(sink, window + offset % WINDOW_SIZE, size) : E_FUNDS;
}

err_t map_read(struct node *node, u64 offset, size_t size, struct sink *sink)
{
	err_t error = OK;

	while (size > 0 && !error) {
		u64 start = offset - offset % WINDOW_SIZE;
		u64 bits = map_resident(node->map, start);
		unsigned page = (unsigned)((offset - start) / PAGE_SIZE);
		bool resident = bits >> page & 1;
		u64 end = page_round_down(offset) + PAGE_SIZE;
		while (end < offset + size && end - start < WINDOW_SIZE &&
		       (bits >> (end - start) / PAGE_SIZE & 1) == resident)
			end += PAGE_SIZE;
		size_t run = u64_min(size, end - offset);
		error = map_read_run(node, offset, run, resident, sink);
		offset += run;
		size -= run;
	}
	return error;
}

static bool map_has_page(const struct node_map *map, u64 offset)
{
	u64 start = offset - offset % WINDOW_SIZE;

	return map_resident(map, start) >> (offset - start) / PAGE_SIZE & 1;
}

/* Bring [offset, offset + size) of one page that is there up to date. It may go while the file is
 * read. */
static err_t map_refresh(struct node *node, u64 offset, size_t size)
{
	struct fs_maps *maps = node->fs->maps;
	struct sink sink = { .memory = maps->page, .size = size };
	err_t error = node->fs->ops->read(node, offset, size, &sink);

	if (error || !map_has_page(node->map, offset))
		return error;
	char *window = map_show(node->map, offset - offset % WINDOW_SIZE);
	if (!window)
		return E_FUNDS;
	memcpy(window + offset % WINDOW_SIZE, maps->page, size);
	return OK;
}

/* Copy what was just written to the file system to the pages that are there. */
void map_written(struct node *node, u64 offset, size_t size)
{
	struct fs_maps *maps = node->fs->maps;

	while (size > 0) {
		size_t part = u64_min(size, PAGE_SIZE - offset % PAGE_SIZE);
		if (map_has_page(node->map, offset)) {
			fiber_lock_take(&maps->staging_lock);
			if (map_refresh(node, offset, part))
				rt_log("a mapped page of node %lu is out of date",
				       (unsigned long)node->ino);
			fiber_lock_give(&maps->staging_lock);
		}
		offset += part;
		size -= part;
	}
}

/* Does the page at `offset` differ from the file? Then write it. Under staging_lock. */
static err_t map_write_page(struct node *node, u64 offset, size_t size)
{
	struct fs_maps *maps = node->fs->maps;
	char *mine = maps->staging;
	struct sink sink = { .memory = maps->page, .size = size };
	err_t error = node->fs->ops->read(node, offset, size, &sink);

	if (error)
		return error;
	const char *window = map_show(node->map, offset - offset % WINDOW_SIZE);
	if (!window)
		return E_FUNDS;
	if (memcmp(window + offset % WINDOW_SIZE, maps->page, size) == 0)
		return OK;
	memcpy(mine, window + offset % WINDOW_SIZE,
	       size); /* the write may wait, and the window move on */
	size_t done;
	struct source source = { .memory = mine, .size = size };
	return node->fs->ops->write(node, offset, size, &source, &done);
}

err_t map_write_back(struct node *node, u64 offset, u64 size)
{
	struct fs_maps *maps = node->fs->maps;
	u64 end = u64_min(node->size, size > UINT64_MAX - offset ? UINT64_MAX : offset + size);
	err_t error = OK;

	if (!node->map->writable || !node->fs->ops->write || offset >= end)
		return OK;
	fiber_lock_take(&maps->staging_lock);
	for (u64 at = page_round_down(offset); at < end && !error; at += PAGE_SIZE) {
		u64 start = at - at % WINDOW_SIZE;
		u64 bits = map_resident(node->map, start);
		if (bits == 0)
			at = start + WINDOW_SIZE - PAGE_SIZE;
		else if (bits >> (at - start) / PAGE_SIZE & 1)
			error = map_write_page(node, at, u64_min(PAGE_SIZE, node->size - at));
	}
	fiber_lock_give(&maps->staging_lock);
	return error;
}

/* Zero the bytes of a page that is there from `offset` to its end. */
static void map_zero_tail(struct node_map *map, u64 offset)
{
	u64 start = offset - offset % WINDOW_SIZE;

	if (offset % PAGE_SIZE == 0 ||
	    !(map_resident(map, start) >> (offset - start) / PAGE_SIZE & 1))
		return;
	char *window = map_show(map, start);
	if (window)
		memset(window + (offset - start), 0, PAGE_SIZE - offset % PAGE_SIZE);
}

void map_resized(struct node *node, u64 old_size)
{
	struct node_map *map = node->map;
	u64 size = page_round_up(node->size ? node->size : 1);

	map_zero_tail(map, u64_min(old_size, node->size));
	if (size == map->size)
		return;
	map_hide(map);
	if (segment_resize(map->segment, size) == OK)
		map->size = size;
	else if (size < map->size &&
	         segment_flush(map->segment, size, map->size - size, FLUSH_DISCARD))
		rt_log("cannot cut the segment of node %lu", (unsigned long)node->ino);
}

/* --- faults --- */

/* Read [offset, offset + size), rounded up to pages, into the staging pages. */
static err_t stage(struct node *node, u64 offset, size_t size)
{
	struct fs_maps *maps = node->fs->maps;
	size_t inside = u64_min(size, node->size - offset);
	struct sink sink = { .memory = maps->staging, .size = inside };
	err_t error = node->fs->ops->read(node, offset, inside, &sink);

	if (!error)
		memset(maps->staging + inside, 0, size - inside);
	return error;
}

/* Bring the empty pages around `offset` in. */
static err_t map_fill(struct node_map *map, u64 offset)
{
	struct node *node = map->node;
	struct fs_maps *maps = node->fs->maps;
	u64 window = offset - offset % WINDOW_SIZE, moved;
	u64 bits = map_resident(map, window);
	unsigned page = (unsigned)((offset - window) / PAGE_SIZE);
	unsigned first = page, end = page + 1;
	unsigned low = page - page % CLUSTER_PAGES, high = low + CLUSTER_PAGES;

	if (bits >> page & 1)
		return OK; /* another fault brought it */
	while (first > low && !(bits >> (first - 1) & 1))
		first--;
	while (end < high && !(bits >> end & 1) && window + end * PAGE_SIZE < node->size)
		end++;
	u64 start = window + first * (u64)PAGE_SIZE;
	size_t size = (end - first) * (size_t)PAGE_SIZE;
	err_t error = stage(node, start, size);
	if (error)
		return error;
	return segment_move(maps->staging_segment, 0, map->segment, start, size, &moved);
}

static err_t map_bring(struct node *node, const struct node_map *map, u64 offset)
{
	struct fs_maps *maps = node->fs->maps;
	err_t error = E_RANGE;

	fiber_lock_take(&node->lock);
	if (node->map == map && offset < page_round_up(node->size)) {
		fiber_lock_take(&maps->staging_lock);
		error = map_fill(node->map, page_round_down(offset));
		fiber_lock_give(&maps->staging_lock);
	}
	fiber_lock_give(&node->lock);
	return error;
}

/* The map may go while we wait, with the last client that uses it. */
static void map_fail(struct node *node, const struct node_map *map, u64 offset, err_t why)
{
	fiber_lock_take(&node->lock);
	if (node->map == map && segment_fail(map->segment, page_round_down(offset), why))
		rt_log("cannot say that a page is not there");
	fiber_lock_give(&node->lock);
}

void map_page_in(struct server *server, u64 label, u64 offset, u32 access, bool evicted, u64 token)
{
	const struct node_map *map = (const struct node_map *)label;
	struct node *node = map->node;
	(void)server, (void)access, (void)evicted, (void)token;

	node_get(node);
	err_t error = map_bring(node, map, offset);
	if (error == E_FUNDS) {
		fs_spare(node->fs);
		error = map_bring(node, map, offset);
	}
	if (error)
		map_fail(node, map, offset, error);
	node_put(node);
}

/* --- mapping --- */

static err_t map_create(struct node *node)
{
	struct fs_maps *maps = node->fs->maps;
	struct node_map *map = calloc(1, sizeof(*map));
	err_t error = maps_prepare(maps);

	if (!map || error)
		goto out;
	map->size = page_round_up(node->size ? node->size : 1);
	error = segment_create(RT_BANK, map->size, 0, &map->segment);
	if (error)
		goto out;
	error = segment_keeper(map->segment, node->fs->server->port, (u64)map);
	if (error) {
		err_t closed = cap_close(map->segment);
		(void)closed; /* it was just made */
		goto out;
	}
	map->node = node_get(node);
	list_add_tail(&maps->maps, &map->link);
	maps->count++;
	node->map = map;
	return OK;
out:
	free(map);
	return error ? error : E_FUNDS;
}

/* Does anybody but us still use the segment: map it, hold a capability for it or have a copy of
 * it? */
static bool map_is_used(struct node_map *map)
{
	u64 references;

	map_hide(map);
	return segment_read(map->segment, SEGMENT_REFERENCES, &references) || references > 1;
}

bool map_has_writers(struct node *node)
{
	struct node_map *map = node->map;

	if (!map || !map->writable)
		return false;
	if (!map_is_used(map) && map_write_back(node, 0, UINT64_MAX) == OK)
		map->writable = false;
	return map->writable;
}

static err_t map_check(const struct open_file *open, u32 access)
{
	const struct node *node = open->node;

	if (access == 0 || access & ~(u32)(ACCESS_READ | ACCESS_WRITE | ACCESS_EXEC))
		return E_INVAL;
	if (!node_is(node, MODE_FILE))
		return node_is(node, MODE_DIR) ? E_ISDIR : E_NOTSUP;
	if (!open_reads(open) || ((access & ACCESS_WRITE) && !open_writes(open)))
		return E_ACCESS;
	if ((access & ACCESS_WRITE) && node->seals & (FILE_SEAL_WRITE | FILE_SEAL_FUTURE_WRITE))
		return E_PERM;
	return node->fs->ops->read ? OK : E_NOTSUP;
}

err_t fs_file_map(struct request *rq, u32 access, cap_t *segment, u64 *size)
{
	struct open_file *open = rq->object;
	struct node *node = open->node;
	err_t error = map_check(open, access);

	if (error)
		return error;
	fiber_lock_take(&node->lock);
	if (!node->map)
		error = map_create(node);
	/* Where a seal may ask for it, know of writers that are gone before others come. */
	else if (node->fs->memory && !(node->seals & FILE_SEAL_SEAL))
		(void)map_has_writers(node);
	if (!error) {
		cap_t copy;
		error = cap_copy(0, node->map->segment, access | RIGHT_COPY, 0, &copy);
		if (!error) {
			node->map->writable |= (access & ACCESS_WRITE) != 0;
			list_remove(&node->map->link);
			list_add_tail(&node->fs->maps->maps, &node->map->link);
			*segment = copy | CAP_MOVE;
			*size = node->size;
			node_accessed(node, open->flags);
		}
	}
	fiber_lock_give(&node->lock);
	return error;
}

err_t map_sync(struct fs *fs)
{
	err_t first_error = OK;
	bool was_busy = fs->maps->busy;

	fs->maps->busy = true;
	list_each (map, &fs->maps->maps, struct node_map, link) {
		struct node *node = map->node;
		if (!map->writable)
			continue;
		fiber_lock_take(&node->lock);
		err_t error = map_write_back(node, 0, UINT64_MAX);
		fiber_lock_give(&node->lock);
		if (!first_error)
			first_error = error;
	}
	fs->maps->busy = was_busy;
	return first_error;
}

static void map_destroy(struct node_map *map)
{
	struct node *node = map->node;
	err_t error;

	fiber_lock_take(&node->lock);
	error = map_write_back(node, 0, UINT64_MAX);
	if (error)
		rt_log("what was written through a mapping of node %lu is lost: %s",
		       (unsigned long)node->ino, rt_error_text(error));
	map_hide(map);
	list_remove(&map->link);
	node->fs->maps->count--;
	node->map = NULL;
	error = cap_destroy(map->segment);
	fiber_lock_give(&node->lock);
	free(map);
	node_put(node);
}

/* Is it time for this one? What may be mapped again soon is kept. */
static bool map_is_due(struct node_map *map, bool all)
{
	struct fs_maps *maps = map->node->fs->maps;
	bool ended = map->node->nlink == 0 || map->writable || maps->count > MAPS_KEPT;

	return map->node->opens == 0 && (all || ended) && !map_is_used(map);
}

void map_reap(struct fs *fs, bool all)
{
	struct node_map *found;

	if (!fs->maps || fs->maps->busy)
		return;
	fs->maps->busy = true;
	do {
		found = NULL;
		list_each (map, &fs->maps->maps, struct node_map, link) {
			if (map_is_due(map, all)) {
				found = map;
				break;
			}
		}
		if (found)
			map_destroy(found);
	} while (found);
	fs->maps->busy = false;
}

void fs_spare(struct fs *fs)
{
	if (fs->ops->spare)
		fs->ops->spare(fs);
	map_reap(fs, true);
	if (!fs->maps)
		return;
	list_each (map, &fs->maps->maps, struct node_map, link) {
		if (map->writable)
			continue;
		map_hide(map);
		err_t error = segment_flush(map->segment, 0, map->size, FLUSH_DISCARD);
		(void)error; /* then it keeps its pages */
	}
}

void map_stop(struct fs *fs)
{
	struct fs_maps *maps = fs->maps;
	struct node_map *map;

	while ((map = list_first(&maps->maps, struct node_map, link))) {
		map_hide(map);
		list_remove(&map->link);
		map->node->map = NULL;
		err_t closed = cap_close(map->segment);
		(void)closed; /* clients may have it still */
		free(map);
	}
	if (maps->staging)
		rt_pages_free(maps->staging, CLUSTER_PAGES * PAGE_SIZE);
	free(maps->page);
	free(maps);
	fs->maps = NULL;
}
