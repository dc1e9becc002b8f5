/* SPDX-License-Identifier: MIT */
/* ext: serves the file system on a partition of the disk behind the gate "block".
 *
 * Arguments: partition=N (without it: the first one whose GPT type is a Linux one, or the whole
 * disk if it has no partitions), readonly, below (there is a file system above this one, so that
 * ".." leads out at the root). */
#include <stdlib.h>
#include <string.h>

#include "disk_ring.h"
#include "ext.h"
#include "lib/identity/identity.h"
#include "proto/supervisor.h"

enum {
	PARTITIONS_MAX = 128,
	CACHE_MIN = 96,
	CACHE_MAX = 8192,
	FLUSH_S = 5,
	ORPHANS_S = 60,
	SPARE_S = 5
};
enum { BIT_FLUSH = 1, BIT_MEMORY = 2 };

struct options {
	u32 partition;
	bool readonly, below;
};

static struct ext ext;
static struct disk *disk;
static struct rt_source source; /* its event: BIT_* */
static bool flush_due;          /* the timer runs */
static bool flushing;
static bool watching; /* for memory to be short */
static u64 spared_at;
static u64 low_pages; /* memory is short when less than this is left below our limit */

/* --- finding the partition --- */

static bool type_is_linux(const u64 type[2])
{
	static const u64 linux_types[][2] = {
		{ 0x477284830fc63daf,
		  0xe47d47d8693d798e }, /* 0FC63DAF-8483-4772-8E79-3D69D8477DE4: files */
		{ 0x4db1e8cd4f68bce3,
		  0x09b784f9cafbe796 }, /* 4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709: x86-64 root */
	};

	for (size_t i = 0; i < COUNT_OF(linux_types); i++)
		if (type[0] == linux_types[i][0] && type[1] == linux_types[i][1])
			return true;
	return false;
}

/* The partition to serve; sectors 0: the whole disk. */
static void partition_find(cap_t block, const struct options *options,
                           struct block_partition *found)
{
	u32 seen = 0;

	if (options->partition) {
		err_t error = block_partition(block, options->partition, found);
		if (error == E_CORRUPT)
			rt_fail("partition %u: the partition table is damaged, or the disk is cut "
			        "short",
			        options->partition);
		if (error)
			rt_fail("partition %u: %s", options->partition, rt_error_text(error));
		return;
	}
	for (u32 i = 1; i <= PARTITIONS_MAX; i++) {
		if (block_partition(block, i, found))
			continue;
		seen++;
		if (type_is_linux(found->type))
			return;
	}
	if (seen)
		rt_fail("none of the disk's %u partitions is for Linux files", seen);
	*found = (struct block_partition){ 0 };
}

static void partition_open(const struct options *options)
{
	cap_t block = rt_cap_need("block");
	struct block_partition found;

	partition_find(block, options, &found);
	err_t error = disk_open(block, found.sector, found.sectors, &disk);
	if (error)
		rt_fail("cannot open the disk: %s", rt_error_text(error));
}

/* --- writing back by and by, and giving memory back --- */

static void flush(void *argument)
{
	err_t error = fs_sync(&ext.fs);
	(void)argument;

	if (error)
		rt_log("writing back: %s", rt_error_text(error));
	flushing = false;
}

/* Be told once when memory is short. Not again at once: it may stay short whatever we give. */
static void watch_memory(void)
{
	watching = bank_watermark(RT_BANK, low_pages, source.event, BIT_MEMORY) == OK;
}

static void spare(void *argument)
{
	(void)argument;
	fs_spare(&ext.fs);
}

static void ext_event(struct rt_source *event_source, u64 bits)
{
	(void)event_source;
	if (bits & BIT_MEMORY) {
		fiber_run(spare, NULL);
		watching = false;
		spared_at = rt_now();
	}
	if (!(bits & BIT_FLUSH))
		return;
	flush_due = false;
	if (flushing)
		return;
	flushing = true; /* it may be over when fiber_run returns */
	if (!fiber_run(flush, NULL))
		flushing = false;
}

/* Before each wait: if something is to be written, it will be, a little later. */
static void ext_idle(struct server *server)
{
	(void)server;
	if (!watching && rt_now() - spared_at > SPARE_S * 1000000000ull)
		watch_memory();
	if (flush_due || flushing || ext.fs.readonly ||
	    (ext.marked_valid && ext.cache.dirty_count == 0))
		return;
	if (!ext.was_valid && ext.cache.dirty_count == 0)
		return;
	/* Files that were unlinked while mapped are looked after now and then. */
	bool only_orphans = !list_empty(&ext.orphans) && ext.cache.dirty_count == 0;
	u64 seconds = only_orphans ? ORPHANS_S : FLUSH_S;
	flush_due = event_timer(source.event, BIT_FLUSH, rt_now() + seconds * 1000000000ull) == OK;
}

static void events_start(struct server *server)
{
	source.handler = ext_event;
	err_t error = event_create(RT_BANK, &source.event);
	if (!error)
		error = rt_source_add(server, &source);
	if (error)
		rt_log("nothing is written back by itself: %s", rt_error_text(error));
}

/* --- starting --- */

static struct options options_read(int argc, char **argv)
{
	struct options options = { 0 };

	for (int i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "partition=", 10))
			options.partition = (u32)strtoul(argv[i] + 10, NULL, 10);
		else if (!strcmp(argv[i], "readonly"))
			options.readonly = true;
		else if (!strcmp(argv[i], "below"))
			options.below = true;
		else
			rt_fail("unknown argument: %s", argv[i]);
	}
	return options;
}

/* Files that clients have mapped and the cache are to take half of the memory that there is for us,
 * the cache an eighth of it. */
static u32 memory_plan(void)
{
	u64 limit, pages;

	if (bank_read(RT_BANK, BANK_LIMIT, &limit) || bank_read(RT_BANK, BANK_AVAILABLE, &pages))
		return CACHE_MIN;
	low_pages = limit - pages / 2;
	pages /= 8;
	return pages < CACHE_MIN ? CACHE_MIN : pages > CACHE_MAX ? CACHE_MAX : (u32)pages;
}

int main(int argc, char **argv)
{
	static struct server server = {
		.requests = 64, .fibers = 16, .idle = ext_idle, .idle_kind = IDLE_APART
	};
	struct options options = options_read(argc, argv);
	const char *why;

	partition_open(&options);
	err_t error = ext_mount(&ext, disk, memory_plan(), options.readonly, &why);
	if (error)
		rt_fail("cannot mount: %s", why ? why : rt_error_text(error));
	ext.fs.top = !options.below;
	ext.fs.pipe = rt_cap("pipe");
	ext.fs.socket = rt_cap("socket");
	ext.fs.counter = rt_cap("counter");
	ext.fs.accept = identity_accept;
	fs_init(&ext.fs);
	fs_serve_with(&ext.fs, &server);
	error = rt_server_start(&server);
	if (!error)
		error = disk_serve(disk, &server);
	if (error)
		rt_fail("cannot start: %s", rt_error_text(error));
	events_start(&server);
	error = supervisor_ready(rt_cap("supervisor"));
	if (error)
		rt_log("the supervisor does not answer: %s", rt_error_text(error));
	rt_server_loop(&server);
}
