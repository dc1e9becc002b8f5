/* SPDX-License-Identifier: MIT */
/* inotify: who watches a node, and telling them. A watch belongs to an inotify instance of the
 * counter server: that holds a gate to it, and the watch ends when the gate is closed. Events go
 * into memory that is shared with the counter server, one ring for each instance that watches here
 * (proto/notify.h): telling one costs no message, needs no memory and waits for nobody. A ring that
 * is full says so. */
#include "fs/lib/internal.h"

#include <stdlib.h>
#include <string.h>

#include "proto/notify.h"

enum { WATCHES_MAX = 8192 };

/* The ring to one instance. */
struct channel {
	struct list link;
	u64 id;
	u32 watches;
	cap_t news;
	struct notify_ring *ring;
	/* The last event, and where it begins: an equal one that follows is left out while nobody
	 * has read it. */
	struct notify_record last;
	char last_name[DIR_NAME_MAX];
	u32 last_at;
};

struct watch {
	struct watch *next; /* of the same node */
	struct node *node;  /* NULL: it has ended, the gate is still there */
	struct channel *channel;
	i32 number;
	u32 mask;
};

static void ignore(err_t error) { (void)error; }

/* --- rings --- */

/* The position behind it. */
static u32 ring_put(struct channel *channel, u32 position, const void *from, size_t size)
{
	u8 *data = (u8 *)channel->ring + PAGE_SIZE;
	u32 at = position % NOTIFY_DATA_SIZE;
	size_t first = u64_min(size, NOTIFY_DATA_SIZE - at);

	memcpy(data + at, from, first);
	memcpy(data, (const u8 *)from + first, size - first);
	return position + (u32)size;
}

/* Room for a record of this size; what ends a watch, and what says that something is missing, may
 * take the last of it. */
static bool ring_fits(const struct channel *channel, const struct notify_record *record, u32 size)
{
	const struct notify_ring *ring = channel->ring;
	u32 used = ring->tail - __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
	u32 count = ring->written - __atomic_load_n(&ring->taken, __ATOMIC_ACQUIRE);

	if (record->mask & (NOTIFY_OVERFLOW | NOTIFY_IGNORED))
		return used <= NOTIFY_DATA_SIZE - size;
	return used <= NOTIFY_DATA_SIZE - NOTIFY_ROOM - size && count < NOTIFY_EVENTS_MAX;
}

static bool ring_same(const struct channel *channel, const struct notify_record *record,
                      const char *name)
{
	const struct notify_record *last = &channel->last;
	u32 head = __atomic_load_n(&channel->ring->head, __ATOMIC_SEQ_CST);
	bool unread =
	        (i32)(channel->last_at - head) >= 0 && channel->last_at != channel->ring->tail;

	return unread && last->watch == record->watch && last->mask == record->mask &&
	       last->name_size == record->name_size &&
	       !memcmp(channel->last_name, name, record->name_size);
}

static void channel_wake(struct channel *channel)
{
	if (__atomic_exchange_n(&channel->ring->wanted, 0, __ATOMIC_SEQ_CST))
		ignore(event_signal(channel->news, 1));
}

static void channel_put(struct channel *channel, struct notify_record record, const char *name)
{
	static const char zeros[8];
	struct notify_ring *ring = channel->ring;
	u32 padding = -record.name_size & 7, at = ring->tail;

	if (ring_same(channel, &record, name))
		return;
	if (!ring_fits(channel, &record, (u32)sizeof(record) + record.name_size + padding)) {
		if (!(record.mask & (NOTIFY_OVERFLOW | NOTIFY_IGNORED)))
			channel_put(channel,
			            (struct notify_record){ .watch = -1, .mask = NOTIFY_OVERFLOW },
			            "");
		return;
	}
	record.time = rt_now();
	channel->last = record;
	channel->last_at = at;
	memcpy(channel->last_name, name, record.name_size);
	at = ring_put(channel, at, &record, sizeof(record));
	at = ring_put(channel, at, name, record.name_size);
	at = ring_put(channel, at, zeros, padding);
	__atomic_store_n(&ring->written, ring->written + 1, __ATOMIC_RELAXED);
	__atomic_store_n(&ring->tail, at, __ATOMIC_SEQ_CST); /* the reader goes by it */
	channel_wake(channel);
}

static struct channel *channel_find(struct fs *fs, u64 id)
{
	list_each (channel, &fs->channels, struct channel, link)
		if (channel->id == id)
			return channel;
	return NULL;
}

/* Takes `news` over if it succeeds. */
static err_t channel_create(struct fs *fs, u64 id, cap_t segment, cap_t news,
                            struct channel **created)
{
	struct channel *channel = calloc(1, sizeof(*channel));

	if (!channel)
		return E_FUNDS;
	channel->ring = rt_map(segment, 0, NOTIFY_SIZE, ACCESS_READ | ACCESS_WRITE);
	if (!channel->ring) {
		free(channel);
		return E_FUNDS;
	}
	channel->id = id;
	channel->news = news;
	channel->last_at = channel->ring->tail;
	list_add_tail(&fs->channels, &channel->link);
	*created = channel;
	return OK;
}

static void channel_release(struct channel *channel)
{
	if (channel->watches)
		return;
	rt_unmap(channel->ring, NOTIFY_SIZE);
	ignore(cap_close(channel->news));
	list_remove(&channel->link);
	free(channel);
}

/* The instances want to know that we have handled what the kernel told us until now. */
static void channels_sync(struct rt_source *source, u64 bits)
{
	struct fs *fs = source->cookie;

	(void)bits;
	list_each (channel, &fs->channels, struct channel, link) {
		u32 sync = __atomic_load_n(&channel->ring->sync, __ATOMIC_ACQUIRE);
		if (sync == channel->ring->synced)
			continue;
		__atomic_store_n(&channel->ring->synced, sync, __ATOMIC_RELEASE);
		ignore(event_signal(channel->news, 1));
	}
}

/* The ring to the instance. channel_release when done: it stays while there are watches. */
static err_t channel_open(struct fs *fs, cap_t instance, struct channel **channel)
{
	cap_t segment, news;
	u64 id;
	err_t error = OK;

	if (!fs->sync.event) {
		fs->sync.handler = channels_sync;
		fs->sync.cookie = fs;
		error = event_create(RT_BANK, &fs->sync.event);
		if (!error)
			error = rt_source_add(fs->server, &fs->sync);
	}
	if (!error)
		error = notify_ring(fs->counter, instance, fs->sync.event, &id, &segment, &news);
	if (error)
		return error;
	*channel = channel_find(fs, id);
	if (!*channel)
		error = channel_create(fs, id, segment, news, channel);
	if (error || (*channel)->news != news)
		ignore(cap_close(news));
	ignore(cap_close(segment)); /* the mapping stays */
	return error;
}

/* --- watches --- */

static struct watch *watch_find(const struct node *node, const struct channel *channel)
{
	struct watch *watch = node->watches;

	while (watch && watch->channel != channel)
		watch = watch->next;
	return watch;
}

static err_t watch_create(struct fs *fs, struct node *node, cap_t instance, struct channel *channel,
                          struct watch **created)
{
	struct watch *watch = fs->watch_count < WATCHES_MAX ? calloc(1, sizeof(*watch)) : NULL;
	cap_t gate;
	u32 number;

	if (!watch)
		return E_LIMIT;
	err_t error = gate_create(fs->server->port, RT_BANK, (u64)watch | FS_LABEL_WATCH, &gate);
	if (error) {
		free(watch);
		return E_LIMIT;
	}
	fs->watch_count++;
	watch->channel = channel;
	channel->watches++;
	error = notify_watch(fs->counter, instance, channel->id, gate, &number);
	ignore(cap_close(
	        gate)); /* the last one, if there was an error: watch_gate_closed follows */
	if (error)
		return error;
	watch->number = (i32)number;
	watch->node = node_get(node);
	watch->next = node->watches;
	node->watches = watch;
	*created = watch;
	return OK;
}

err_t watch_add(struct node *node, cap_t instance, u32 mask, u32 *number)
{
	const u32 kept = NOTIFY_EVENTS | NOTIFY_EXCL_UNLINK | NOTIFY_ONE_SHOT;
	struct channel *channel;
	err_t error = channel_open(node->fs, instance, &channel);

	if (error)
		return error;
	struct watch *watch = watch_find(node, channel);
	if (!watch)
		error = watch_create(node->fs, node, instance, channel, &watch);
	else if (mask & NOTIFY_MASK_CREATE)
		error = E_EXISTS;
	channel_release(channel);
	if (error)
		return error;
	watch->mask = (mask & kept) | (mask & NOTIFY_MASK_ADD ? watch->mask : 0);
	*number = (u32)watch->number;
	return OK;
}

/* It watches the node no more; its gate may still be there. */
static void watch_leave(struct watch *watch)
{
	struct node *node = watch->node;
	struct watch **at = &node->watches;

	while (*at != watch)
		at = &(*at)->next;
	*at = watch->next;
	watch->node = NULL;
	node_put(node);
}

void watch_gate_closed(struct fs *fs, u64 label)
{
	struct watch *watch = (struct watch *)(label - FS_LABEL_WATCH);
	struct channel *channel = watch->channel;
	if (watch->node)
		watch_leave(watch);
	free(watch);
	fs->watch_count--;
	channel->watches--;
	channel_release(channel);
}

static void watch_end(struct watch *watch)
{
	channel_put(watch->channel,
	            (struct notify_record){ .watch = watch->number, .mask = NOTIFY_IGNORED }, "");
	watch_leave(watch);
}

static void watches_tell(const struct node *node, u32 excluded, struct notify_record record,
                         const char *name)
{
	struct watch *next;

	for (struct watch *watch = node->watches; watch; watch = next) {
		next = watch->next;
		if (!(watch->mask & record.mask & NOTIFY_EVENTS) || watch->mask & excluded)
			continue;
		record.watch = watch->number;
		channel_put(watch->channel, record, name);
		if (watch->mask & NOTIFY_ONE_SHOT)
			watch_end(watch);
	}
}

void watch_tell_node(const struct node *node, u32 event)
{
	const u32 self = NOTIFY_DELETE_SELF | NOTIFY_MOVE_SELF;

	if (node_is(node, MODE_DIR) && !(event & self))
		event |= NOTIFY_IS_DIR;
	watches_tell(node, 0, (struct notify_record){ .mask = event }, "");
}

void watch_tell_entry(const struct node *dir, const struct node *node, struct name name, u32 event,
                      u32 cookie)
{
	struct notify_record record = { .mask = event,
		                        .cookie = cookie,
		                        .name_size = (u32)name.size };

	if (node_is(node, MODE_DIR))
		record.mask |= NOTIFY_IS_DIR;
	watches_tell(dir, 0, record, name.text);
}

void watch_tell_open(const struct open_file *open, u32 event)
{
	const struct node *node = open->node;

	if (open->parent && open->parent->watches) {
		struct notify_record record = { .mask = event,
			                        .name_size = (u32)strlen(open->name) };
		if (node_is(node, MODE_DIR))
			record.mask |= NOTIFY_IS_DIR;
		watches_tell(open->parent, open->unlinked ? NOTIFY_EXCL_UNLINK : 0, record,
		             open->name);
	}
	if (node->watches)
		watch_tell_node(node, event);
}

u32 watch_cookie(struct fs *fs)
{
	/* Begins elsewhere in each file system, since one instance may watch several. */
	if (!fs->cookie)
		fs->cookie = (u32)fs->dev << 20;
	if (!++fs->cookie)
		fs->cookie = 1;
	return fs->cookie;
}

void watch_tell_end(struct node *node)
{
	if (node->nlink || node->opens)
		return;
	struct node *held = node_get(node);
	watch_tell_node(held, NOTIFY_DELETE_SELF);
	while (held->watches)
		watch_end(held->watches);
	node_put(held);
}
