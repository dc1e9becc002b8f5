/* SPDX-License-Identifier: MIT */
/* Clients and their rings (proto/block.h). The ring is the client's memory: each entry is copied,
 * then checked, then used; the counts that matter are kept here; and all accesses are guarded,
 * because the memory goes when the client is killed. */
#include "abi/thread.h"
#include "disk.h"
#include "lib/guard.h"

#include <stdlib.h>

enum { SECTORS_PER_PAGE = PAGE_SIZE / BLOCK_SECTOR };

/* --- coming and going --- */

static void on_doorbell(struct rt_source *source, u64 bits)
{
	struct client *client = source->cookie;

	(void)bits;
	disk_work(client->disk);
}

static err_t ring_map(struct client *client)
{
	/* Pinned first: then the page stays, and touching it cannot wait for a keeper. */
	if (!client_address(client, 0))
		return E_INVAL;
	client->ring = rt_map(client->segment, 0, PAGE_SIZE, ACCESS_READ | ACCESS_WRITE);
	return client->ring ? OK : E_FUNDS;
}

static err_t doorbell_make(struct client *client, cap_t *copy)
{
	err_t error = event_create(RT_BANK, &client->doorbell.event);

	if (error)
		return error;
	client->doorbell.handler = on_doorbell;
	client->doorbell.cookie = client;
	error = cap_copy(0, client->doorbell.event, RIGHT_USE | RIGHT_COPY, 0, copy);
	if (!error) {
		error = rt_source_add(client->disk->server, &client->doorbell);
		if (error)
			(void)cap_close(*copy);
	}
	if (error)
		(void)cap_close(client->doorbell.event);
	return error;
}

static err_t client_create(struct disk *disk, struct part *part, u64 pages, cap_t segment,
                           struct client **created)
{
	u64 size;
	err_t error = segment_read(segment, SEGMENT_SIZE, &size);

	if (error)
		return error;
	if (pages < 2 || pages > CLIENT_PAGES_MAX || pages > size / PAGE_SIZE)
		return E_RANGE;
	if (disk->client_count == DISK_CLIENTS)
		return E_LIMIT;
	struct client *client = calloc(1, sizeof(*client) + pages * sizeof(client->address[0]));
	if (!client)
		return E_FUNDS;
	client->disk = disk;
	client->part = part;
	client->segment = segment;
	client->pages = (u32)pages;
	client->sector = part->sector;
	client->sectors = part->sectors;
	*created = client;
	return OK;
}

err_t client_attach(struct disk *disk, struct part *part, u64 pages, u64 bits, cap_t segment,
                    cap_t event, cap_t *doorbell)
{
	struct client *client;
	cap_t copy;
	err_t error = client_create(disk, part, pages, segment, &client);

	if (error)
		return error;
	if ((error = ring_map(client)))
		goto free;
	if ((error = doorbell_make(client, &copy)))
		goto unmap;

	client->event = event;
	client->bits = bits;
	if (part->client)
		client_detach(part->client);
	part->client = client;
	list_add_tail(&disk->clients, &client->link);
	disk->client_count++;
	*doorbell = copy | CAP_MOVE;
	return OK;

unmap:
	rt_unmap(client->ring, PAGE_SIZE);
free:
	free(client);
	return error;
}

/* Nothing of the client's is at the device any more. */
static void client_free(struct client *client)
{
	list_remove(&client->link);
	client->disk->client_count--;
	rt_unmap(client->ring, PAGE_SIZE);
	(void)cap_close(client->event);
	(void)cap_close(client->segment);
	free(client);
}

void client_detach(struct client *client)
{
	rt_source_remove(client->disk->server, &client->doorbell);
	(void)cap_close(client->doorbell.event);
	client->part->client = NULL;
	client->part = NULL;
	client->broken = true;
	if (!client->in_flight)
		client_free(client);
}

void client_release(struct client *client)
{
	client->in_flight--;
	if (!client->in_flight && !client->part)
		client_free(client);
}

u64 client_address(struct client *client, u32 page)
{
	u64 *address = &client->address[page];

	/* The client has to have touched the page: it pays for it. */
	if (!*address && segment_address(client->segment, client->disk->virtio.dma,
	                                 (u64)page * PAGE_SIZE, address))
		*address = 0;
	return *address;
}

bool client_alive(const struct client *client)
{
	u64 info;

	return client->part && cap_info(client->segment, &info) == OK;
}

void clients_check(struct disk *disk)
{
	struct list *next;

	for (struct list *at = disk->clients.next; at != &disk->clients; at = next) {
		struct client *client = container_of(at, struct client, link);
		next = at->next;
		if (client->part && !client_alive(client))
			client_detach(client);
	}
}

/* --- the ring --- */

static bool ring_load(const u32 *from, u32 *value)
{
	bool ok = guard_copy(value, from, sizeof(*value));

	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return ok;
}

/* What was written before is seen before; what is read after is read after. */
static bool ring_store(u32 *to, u32 value)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
	bool ok = guard_copy(to, &value, sizeof(value));
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return ok;
}

static void ring_broken(struct client *client)
{
	if (!client->broken)
		rt_log("a client's ring makes no sense or is gone");
	client->broken = true;
}

void client_complete(struct client *client, u32 tag, err_t error)
{
	struct block_completion completion = { .tag = tag, .error = error };
	struct block_ring *ring = client->ring;

	if (!client->part)
		return;
	if (!guard_copy(&ring->completions[client->completed % BLOCK_RING_ENTRIES], &completion,
	                sizeof(completion)) ||
	    !ring_store(&ring->completed, ++client->completed))
		ring_broken(client);
	client->signal = true;
}

static void client_signal(struct client *client)
{
	u32 sleeping;

	client->signal = false;
	if (client->part && ring_load(&client->ring->client_sleeping, &sleeping) && sleeping)
		(void)event_signal(client->event, client->bits);
}

static err_t request_check(const struct client *client, const struct block_request *request)
{
	const struct block_info *info = &client->disk->info;
	u32 unit = info->sector_size / BLOCK_SECTOR;

	if (request->operation == BLOCK_FLUSH)
		return OK;
	if (request->operation != BLOCK_READ && request->operation != BLOCK_WRITE)
		return E_NOSYS;
	if (!request->sectors || request->sectors > BLOCK_PAGES_MAX * SECTORS_PER_PAGE ||
	    !range_fits(request->sector, request->sectors, client->sectors))
		return E_RANGE;
	if (request->sector % unit || request->sectors % unit)
		return E_INVAL;
	/* Page 0 is the ring. */
	u32 pages = (request->sectors + SECTORS_PER_PAGE - 1) / SECTORS_PER_PAGE;
	if (!request->page || !range_fits(request->page, pages, client->pages))
		return E_RANGE;
	return request->operation == BLOCK_WRITE && info->readonly ? E_READONLY : OK;
}

/* One request, which has been copied out of the ring. A slot is free. */
static void request_start(struct client *client, struct block_request *request)
{
	struct disk *disk = client->disk;
	err_t error = request_check(client, request);

	/* A device that has no cache has nothing to flush. */
	if (error || (request->operation == BLOCK_FLUSH && !disk->info.flush)) {
		client_complete(client, request->tag, error);
		return;
	}
	request->sector += client->sector;
	client->in_flight++;
	(void)slot_take(disk, client, request);
}

/* Say whether the client has to ring the doorbell. */
static bool sleeping_set(struct client *client, bool sleeping)
{
	if (client->sleeping == sleeping)
		return true;
	client->sleeping = sleeping;
	return ring_store(&client->ring->driver_sleeping, sleeping);
}

/* How far the client has submitted. If that is no further than we have come, it knows that it has
 * to ring. */
static bool ring_submitted(struct client *client, u32 *submitted)
{
	if (!ring_load(&client->ring->submitted, submitted))
		return false;
	if (*submitted != client->taken)
		return sleeping_set(client, false);
	/* Look again: the client may have looked at the flag just before. */
	return sleeping_set(client, true) && ring_load(&client->ring->submitted, submitted);
}

/* True if there is a request in the ring. */
static bool client_waiting(struct client *client)
{
	u32 submitted;

	if (client->broken)
		return false;
	/* It may not have more under way than there are places for completions. */
	if (!ring_submitted(client, &submitted) ||
	    submitted - client->completed > BLOCK_RING_ENTRIES) {
		ring_broken(client);
		return false;
	}
	return submitted != client->taken;
}

/* Take one request of the client's; false if there is none. */
static bool client_take(struct client *client)
{
	struct block_request request;

	if (!client_waiting(client))
		return false;
	if (!guard_copy(&request, &client->ring->requests[client->taken % BLOCK_RING_ENTRIES],
	                sizeof(request))) {
		ring_broken(client);
		return false;
	}
	client->taken++;
	request_start(client, &request);
	return true;
}

void disk_work(struct disk *disk)
{
	bool more = true;

	/* In turn, so that none keeps the others out. */
	while (more && !list_empty(&disk->free)) {
		more = false;
		list_each (client, &disk->clients, struct client, link)
			if (!list_empty(&disk->free))
				more |= client_take(client);
	}
	disk_send(disk);
	list_each (client, &disk->clients, struct client, link)
		if (client->signal)
			client_signal(client);
}
