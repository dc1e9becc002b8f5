/* SPDX-License-Identifier: MIT */
/* Memory for epolls and watches. Nobody tells us when a file is closed: a watch or an epoll whose
 * file has another serial number, or no user, is no more, and is cleared away when we meet it. */
#include "file/epoll.h"
#include "process/process.h"

enum { DEPTH_MAX = 5 };

/* The whole of AT_EPOLL; touched as it is used. */
static struct tables {
	struct epoll epolls[EPOLLS_MAX];
	struct watch watches[EPOLL_WATCHES];
} * tables;
static u32 epolls_end, watches_end;
static struct watch *watches_free; /* linked by of_file */
static u64 last_serial;

static bool file_alive(const struct file *file, u64 serial)
{
	return file->serial == serial && __atomic_load_n(&file->refs, __ATOMIC_ACQUIRE);
}

/* --- watches --- */

void watch_changed(struct watch *watch) { watch->serial = ++last_serial; }

void watch_queue(struct watch *watch)
{
	if (!list_linked(&watch->ask) && !watch->disabled && watch->bit < EPOLL_BITS)
		list_add_tail(&watch->epoll->ask, &watch->ask);
}

void watch_remove(struct watch *watch)
{
	struct watch **at = &watch->file->watches;

	if (watch->file->serial == watch->file_serial) {
		while (*at != watch)
			at = &(*at)->of_file;
		*at = watch->of_file;
	}
	list_remove(&watch->link);
	list_remove(&watch->ask);
	watch->serial = 0;
	watch->of_file = watches_free;
	watches_free = watch;
}

static void list_sweep(struct list *list)
{
	struct list *at = list->next;

	while (at != list) {
		struct watch *watch = container_of(at, struct watch, link);

		at = at->next;
		if (!file_alive(watch->file, watch->file_serial))
			watch_remove(watch);
	}
}

/* Clear away the watches of closed files. */
static void watches_sweep(void)
{
	for (u32 i = 0; i < epolls_end; i++) {
		struct epoll *epoll = &tables->epolls[i];

		for (u32 bit = 0; epoll->file && bit < EPOLL_BITS; bit++)
			list_sweep(&epoll->watches[bit]);
		if (epoll->file)
			list_sweep(&epoll->local);
	}
}

static struct watch *watch_take(void)
{
	struct watch *watch;

	if (!watches_free && watches_end == EPOLL_WATCHES)
		watches_sweep();
	watch = watches_free;
	if (watch)
		watches_free = watch->of_file;
	else if (watches_end < EPOLL_WATCHES)
		watch = &tables->watches[watches_end++];
	return watch;
}

struct watch *watch_add(struct epoll *epoll, struct file *file, u32 fd)
{
	struct watch *watch = watch_take();
	bool local = file->mode & FILE_SIGNAL;

	if (!watch)
		return NULL;
	*watch = (struct watch){ .epoll = epoll,
		                 .of_file = file->watches,
		                 .file = file,
		                 .file_serial = file->serial,
		                 .fd = fd,
		                 .bit = local ? EPOLL_BITS : epoll->next_bit++ % EPOLL_BITS };
	file->watches = watch;
	list_init(&watch->ask);
	list_add_tail(local ? &epoll->local : &epoll->watches[watch->bit], &watch->link);
	watch_changed(watch);
	return watch;
}

struct watch *watch_find(const struct epoll *epoll, const struct file *file, u32 fd)
{
	struct watch *watch = file->watches;

	while (watch && (watch->epoll != epoll || watch->fd != fd))
		watch = watch->of_file;
	return watch;
}

bool watch_hold(struct watch *watch)
{
	if (file_get_again(watch->file, watch->file_serial))
		return true;
	watch_remove(watch);
	return false;
}

/* --- epolls --- */

static void epoll_clear(struct epoll *epoll)
{
	struct watch *watch;

	for (u32 bit = 0; bit < EPOLL_BITS; bit++) {
		while ((watch = list_first(&epoll->watches[bit], struct watch, link)))
			watch_remove(watch);
	}
	while ((watch = list_first(&epoll->local, struct watch, link)))
		watch_remove(watch);
	if (epoll->event)
		(void)cap_close(epoll->event);
	epoll->event = 0;
	epoll->file = NULL;
}

static struct epoll *epoll_take(void)
{
	if (!tables)
		tables = process_memory(AT_EPOLL, sizeof(*tables));
	if (!tables)
		return NULL;
	for (u32 i = 0; i < epolls_end; i++) {
		struct epoll *epoll = &tables->epolls[i];

		if (epoll->file && !file_alive(epoll->file, epoll->file_serial))
			epoll_clear(epoll);
		if (!epoll->file)
			return epoll;
	}
	return epolls_end < EPOLLS_MAX ? &tables->epolls[epolls_end++] : NULL;
}

static struct epoll *epoll_make(struct file *file)
{
	struct epoll *epoll = epoll_take();

	if (!epoll)
		return NULL;
	*epoll = (struct epoll){ .file = file,
		                 .file_serial = file->serial,
		                 .pid = process_page->pid };
	for (u32 bit = 0; bit < EPOLL_BITS; bit++)
		list_init(&epoll->watches[bit]);
	list_init(&epoll->ask);
	list_init(&epoll->local);
	file->own = (u64)epoll;
	return epoll;
}

struct epoll *epoll_of(struct file *file)
{
	struct epoll *epoll = file->own ? (struct epoll *)file->own : epoll_make(file);

	/* A child has its parent's event, whose bits are the parent's news: it makes its own and
	 * asks about everything. */
	if (epoll && epoll->pid != process_page->pid) {
		if (epoll->event)
			(void)cap_close(epoll->event);
		epoll->event = 0;
		epoll->waiting = 0;
		epoll->pid = process_page->pid;
		for (u32 bit = 0; bit < EPOLL_BITS; bit++)
			list_each (watch, &epoll->watches[bit], struct watch, link)
				watch_queue(watch);
	}
	if (epoll && !epoll->event && event_create(PROCESS_BANK, &epoll->event))
		return NULL;
	return epoll;
}

/* --- nesting --- */

static struct epoll *watched_epoll(const struct watch *watch)
{
	return watch->file->mode & FILE_EPOLL ? (struct epoll *)watch->file->own : NULL;
}

/* How many epolls the longest chain from this one on has; DEPTH_MAX + 1 at most, or if `search` is
 * in it. */
static u32 depth_below(struct epoll *epoll, const struct epoll *search, u32 room)
{
	u32 deepest = 0;

	if (epoll == search || !room)
		return DEPTH_MAX + 1;
	for (u32 bit = 0; bit < EPOLL_BITS; bit++) {
		list_each (watch, &epoll->watches[bit], struct watch, link) {
			struct epoll *inner = watched_epoll(watch);
			u32 depth = inner ? depth_below(inner, search, room - 1) : 0;
			deepest = depth > deepest ? depth : deepest;
		}
	}
	return deepest + 1;
}

static u32 depth_above(const struct epoll *epoll, u32 room)
{
	u32 deepest = 0;

	for (struct watch *watch = epoll->file->watches; watch && room; watch = watch->of_file) {
		u32 depth = depth_above(watch->epoll, room - 1);
		deepest = depth > deepest ? depth : deepest;
	}
	return deepest + 1;
}

bool epoll_too_deep(struct epoll *outer, struct epoll *inner)
{
	return depth_below(inner, outer, DEPTH_MAX) + depth_above(outer, DEPTH_MAX) > DEPTH_MAX;
}
