/* SPDX-License-Identifier: MIT */
#include "segments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGES_MAX = 1024 };

struct segment {
	bool used;
	int fd;
	u64 size, label;
	u32 references;
	bool kept, resident[PAGES_MAX];
	err_t failed;
	char *client; /* the whole segment, as clients see it */
};

u32 segments_pages_max;
static struct segment segments[16];
static struct segment *caps[SEGMENT_CAPS];
/* The server's window. */
static struct segment *window;
static u64 window_addr, window_offset, window_size;

static void must(bool condition, const char *what)
{
	if (condition)
		return;
	printf("# segments: %s\n", what);
	abort();
}

static struct segment *find(cap_t cap)
{
	u32 i = (cap & ~CAP_MOVE) - SEGMENT_CAP_FIRST;

	must(i < SEGMENT_CAPS && caps[i], "no such segment");
	return caps[i];
}

static cap_t cap_for(struct segment *segment)
{
	for (u32 i = 0; i < SEGMENT_CAPS; i++) {
		if (!caps[i]) {
			caps[i] = segment;
			segment->references++;
			return SEGMENT_CAP_FIRST + i;
		}
	}
	must(false, "too many capabilities");
	return 0;
}

/* What is not resident must not be touched by its keeper. */
static void window_refresh(void)
{
	for (u64 at = 0; window && at < window_size; at += PAGE_SIZE) {
		u64 offset = window_offset + at;
		int access =
		        window->resident[offset / PAGE_SIZE] ? PROT_READ | PROT_WRITE : PROT_NONE;
		void *place = (void *)(window_addr + at);
		must(mmap(place, PAGE_SIZE, access, MAP_SHARED | MAP_FIXED, window->fd,
		          (off_t)offset) == place,
		     "no window");
	}
}

static void segment_drop(struct segment *segment)
{
	if (--segment->references)
		return;
	munmap(segment->client, PAGES_MAX * PAGE_SIZE);
	close(segment->fd);
	*segment = (struct segment){ 0 };
}

err_t segment_create(cap_t bank, u64 size, u32 flags, cap_t *out)
{
	(void)bank, (void)flags;
	for (size_t i = 0; i < COUNT_OF(segments); i++) {
		struct segment *s = &segments[i];
		if (s->used)
			continue;
		*s = (struct segment){ .used = true, .size = size };
		s->fd = memfd_create("segment", 0);
		must(ftruncate(s->fd, PAGES_MAX * PAGE_SIZE) == 0, "no memory");
		s->client = mmap(NULL, PAGES_MAX * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		                 s->fd, 0);
		*out = cap_for(s);
		return OK;
	}
	return E_FUNDS;
}

err_t segment_keeper(cap_t segment, cap_t port, u64 label)
{
	(void)port;
	find(segment)->kept = true;
	find(segment)->label = label;
	return OK;
}

static void page_clear(struct segment *s, u64 index)
{
	s->resident[index] = false;
	memset(s->client + index * PAGE_SIZE, 0, PAGE_SIZE);
}

err_t segment_resize(cap_t cap, u64 size)
{
	struct segment *s = find(cap);

	for (u64 at = size; at < s->size; at += PAGE_SIZE)
		page_clear(s, at / PAGE_SIZE);
	s->size = size;
	must(window != s || window_offset + window_size <= size, "the window is beyond the end");
	return OK;
}

err_t segment_flush(cap_t cap, u64 offset, u64 size, u32 flags)
{
	must(flags == FLUSH_DISCARD, "what flush?");
	for (u64 at = offset; at < offset + size; at += PAGE_SIZE)
		page_clear(find(cap), at / PAGE_SIZE);
	window_refresh();
	return OK;
}

err_t segment_resident(cap_t cap, u64 offset, u64 *bits)
{
	const struct segment *s = find(cap);

	*bits = 0;
	for (u64 i = 0; i < 64 && offset + i * PAGE_SIZE < s->size; i++)
		*bits |= (u64)s->resident[offset / PAGE_SIZE + i] << i;
	return OK;
}

static u32 pages_resident(void)
{
	u32 count = 0;

	for (size_t i = 0; i < COUNT_OF(segments); i++)
		for (u32 page = 0; segments[i].used && page < PAGES_MAX; page++)
			count += segments[i].resident[page];
	return count;
}

err_t segment_move(cap_t from, u64 from_offset, cap_t to, u64 to_offset, u64 size, u64 *moved)
{
	struct segment *source = find(from), *target = find(to);

	must(range_fits(to_offset, size, target->size), "moved beyond the end");
	if (segments_pages_max && pages_resident() + size / PAGE_SIZE > segments_pages_max)
		return E_FUNDS;
	for (u64 at = 0; at < size; at += PAGE_SIZE) {
		u64 index = (to_offset + at) / PAGE_SIZE;
		must(!target->resident[index], "moved onto a page that is there");
		memcpy(target->client + index * PAGE_SIZE, source->client + from_offset + at,
		       PAGE_SIZE);
		memset(source->client + from_offset + at, 0, PAGE_SIZE);
		target->resident[index] = true;
	}
	*moved = size;
	window_refresh();
	return OK;
}

err_t segment_fail(cap_t cap, u64 offset, u32 error)
{
	(void)offset;
	find(cap)->failed = error;
	return OK;
}

err_t segment_read(cap_t cap, u32 figure, u64 *value)
{
	must(figure == SEGMENT_REFERENCES, "what figure?");
	*value = find(cap)->references;
	return OK;
}

err_t cap_copy(cap_t task, cap_t cap, u32 rights, u32 slot, cap_t *copy)
{
	(void)task, (void)rights, (void)slot;
	*copy = cap_for(find(cap));
	return OK;
}

void rt_pages_free(void *pages, size_t size)
{
	(void)size;
	for (u32 i = 0; i < SEGMENT_CAPS; i++)
		if (caps[i] && caps[i]->client == pages)
			client_close(SEGMENT_CAP_FIRST + i);
}

err_t cap_destroy(cap_t cap)
{
	must(find(cap)->references == 1, "destroyed while in use");
	client_close(cap);
	return OK;
}

vaddr_t rt_address_take(size_t size)
{
	return (vaddr_t)mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

void *rt_pages(size_t size, u32 flags, cap_t *segment)
{
	(void)size;
	err_t error = segment_create(0, PAGES_MAX * PAGE_SIZE, flags, segment);

	return error ? NULL : find(*segment)->client;
}

err_t task_map(cap_t task, cap_t segment, u64 offset, u64 addr, u64 size, u32 flags)
{
	(void)task, (void)flags;
	must(!window, "two windows");
	window = find(segment);
	window->references++;
	window_addr = addr;
	window_offset = offset;
	window_size = size;
	must(range_fits(offset, size, window->size), "the window is beyond the end");
	window_refresh();
	return OK;
}

err_t task_unmap(cap_t task, u64 addr, u64 size)
{
	(void)task;
	must(mmap((void *)addr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
	             (void *)addr,
	     "cannot unmap");
	if (window)
		segment_drop(window);
	window = NULL;
	return OK;
}

/* --- clients --- */

char *client_touch(cap_t cap, u64 offset, err_t *error)
{
	struct segment *s = find(cap);

	*error = E_RANGE;
	if (offset >= s->size)
		return NULL;
	if (!s->resident[offset / PAGE_SIZE]) {
		s->failed = OK;
		fake.server.page_in(&fake.server, s->label, offset, 1, false, 0);
		*error = s->failed;
		if (s->failed)
			return NULL;
		must(s->resident[offset / PAGE_SIZE], "neither moved in nor failed");
	}
	*error = OK;
	return s->client + offset;
}

void client_close(cap_t cap)
{
	struct segment *s = find(cap);

	caps[(cap & ~CAP_MOVE) - SEGMENT_CAP_FIRST] = NULL;
	segment_drop(s);
}

u32 segments_there(void)
{
	u32 count = 0;

	for (size_t i = 0; i < COUNT_OF(segments); i++)
		count += segments[i].used;
	return count;
}

u32 segment_resident_pages(cap_t cap)
{
	u32 count = 0;

	for (u32 i = 0; i < PAGES_MAX; i++)
		count += find(cap)->resident[i];
	return count;
}
