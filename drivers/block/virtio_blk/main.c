/* SPDX-License-Identifier: MIT */
/* The virtio block driver: start, and the calls of proto/block.h. */
#include "disk.h"
#include "lib/driver.h"
#include "proto/block_server.h"
#include "proto/supervisor.h"

enum { REQUESTS = 8 };

static struct disk *disk_of(const struct request *rq) { return rq->server->state; }

static struct part *part_of(const struct request *rq)
{
	struct part *part = rq->label < DISK_PARTS ? &disk_of(rq)->parts[rq->label] : NULL;

	return part && part->used ? part : NULL;
}

static err_t block_tell_info(struct request *rq, struct block_info *info)
{
	const struct part *part = part_of(rq);

	if (!part)
		return E_DEAD;
	*info = disk_of(rq)->info;
	info->sectors = part->sectors;
	return OK;
}

static err_t block_take_ring(struct request *rq, u64 pages, u64 bits, cap_t segment, cap_t event,
                             cap_t *doorbell)
{
	struct part *part = part_of(rq);

	if (!part)
		return E_DEAD;
	if (!segment || !event)
		return E_CAP;
	err_t error = client_attach(disk_of(rq), part, pages, bits, segment, event, doorbell);
	if (error)
		return error;
	rq->msg.cap[0] = rq->msg.cap[1] = 0; /* they are the client's now */
	disk_work(disk_of(rq));              /* looks at the new ring, and tells it that we sleep */
	return OK;
}

static err_t block_make_part(struct request *rq, u64 sector, u64 sectors, cap_t *gate)
{
	const struct part *whole = part_of(rq);
	struct disk *disk = disk_of(rq);
	u32 free = 1;
	cap_t made;

	if (!whole)
		return E_DEAD;
	if (!sectors || !range_fits(sector, sectors, whole->sectors))
		return E_RANGE;
	while (free < DISK_PARTS && disk->parts[free].used)
		free++;
	if (free == DISK_PARTS)
		return E_LIMIT;
	err_t error = request_gate(rq, free, &made);
	if (error)
		return error;
	disk->parts[free] =
	        (struct part){ .used = true, .sector = whole->sector + sector, .sectors = sectors };
	*gate = made | CAP_MOVE;
	return OK;
}

/* The table is that of the whole disk, as it was when the driver started. */
static err_t block_find_partition(struct request *rq, u32 number, struct block_partition *partition)
{
	const struct disk *disk = disk_of(rq);

	if (rq->label)
		return E_NOENT;
	if (disk->gpt_error)
		return disk->gpt_error;
	if (!number || number > disk->gpt.count || !disk->gpt.partition[number - 1].sectors)
		return E_NOENT;
	*partition = disk->gpt.partition[number - 1];
	return OK;
}

static const struct block_ops ops = {
	.block_info = block_tell_info,
	.block_attach = block_take_ring,
	.block_part = block_make_part,
	.block_partition = block_find_partition,
};

static void dispatch(struct server *server, struct request *rq)
{
	(void)server;
	block_serve(&ops, rq);
}

static void no_clients(struct server *server, u64 label)
{
	struct disk *disk = server->state;

	if (label >= DISK_PARTS || !disk->parts[label].used)
		return;
	if (disk->parts[label].client)
		client_detach(disk->parts[label].client);
	disk->parts[label].used = label == 0;
}

int main(void)
{
	static struct disk disk;
	static struct server server = { .dispatch = dispatch,
		                        .no_clients = no_clients,
		                        .requests = REQUESTS };

	server.state = &disk;
	err_t error = rt_server_start(&server);
	if (!error)
		error = disk_open(&disk);
	if (!error)
		error = disk_serve(&disk, &server);
	if (error)
		driver_fail("start: %s", rt_error_text(error));
	rt_log("%lu sectors%s, %u requests at once%s", disk.info.sectors,
	       disk.info.readonly ? ", read-only" : "", DISK_SLOTS,
	       disk.gpt_error ? ", no partition table" : "");
	(void)supervisor_ready(rt_cap_need("supervisor"));
	rt_server_loop(&server);
}
