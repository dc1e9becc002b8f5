/* SPDX-License-Identifier: MIT */
#include "fake_fs.h"
#include "proto/pipe.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void must(bool condition, const char *what)
{
	if (condition)
		return;
	printf("# fake: %s\n", what);
	abort();
}

void rt_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("# rt_fail: ");
	vprintf(format, args);
	printf("\n");
	abort();
}

/* --- the disk --- */

struct disk {
	int fd;
	u64 size, writes;
	long left;
	bool delayed;
	u64 seed;
	struct list pending;
};

struct disk *fake_disk_open(const char *path)
{
	struct disk *disk = calloc(1, sizeof(*disk));
	struct stat st;

	disk->fd = open(path, O_RDWR);
	must(disk->fd >= 0 && fstat(disk->fd, &st) == 0, "no image");
	disk->size = (u64)st.st_size;
	disk->left = -1;
	list_init(&disk->pending);
	return disk;
}

void fake_disk_close(struct disk *disk)
{
	close(disk->fd);
	free(disk);
}

void fake_disk_fail_after(struct disk *disk, long count) { disk->left = count; }
u64 fake_disk_writes(const struct disk *disk) { return disk->writes; }
u64 disk_sectors(const struct disk *disk) { return disk->size / BLOCK_SECTOR; }
bool disk_readonly(const struct disk *disk) { return disk == NULL; }
void fake_disk_delay(struct disk *disk, u64 seed)
{
	disk->delayed = true;
	disk->seed = seed;
}

void disk_wait(struct disk *disk, struct fiber_queue *queue)
{
	if (fiber_active())
		fiber_wait(queue);
	else
		must(fake_disk_run(disk), "waiting for a disk that has nothing to do");
}

static bool transfer_fails(struct disk *disk)
{
	if (disk->left < 0)
		return false;
	if (disk->left == 0)
		return true;
	disk->left--;
	return false;
}

static err_t transfer(struct disk *disk, u32 operation, u64 offset, void *data, u32 size)
{
	if (operation == BLOCK_FLUSH)
		return OK;
	must(range_fits(offset, size, disk->size), "beyond the disk");
	if (transfer_fails(disk))
		return E_IO;
	disk->writes += operation == BLOCK_WRITE;
	ssize_t done = operation == BLOCK_READ ? pread(disk->fd, data, size, (off_t)offset)
	                                       : pwrite(disk->fd, data, size, (off_t)offset);
	must(done == (ssize_t)size, "the image cannot be read or written");
	return OK;
}

static err_t io_run(struct disk *disk, struct disk_io *io)
{
	err_t error = OK;

	for (u32 i = 0; i < io->count && !error; i++)
		error = transfer(disk, io->operation,
		                 io->sector * BLOCK_SECTOR + (u64)i * io->piece_size, io->pieces[i],
		                 io->piece_size);
	return error;
}

static bool io_meets(const struct disk_io *a, const struct disk_io *b)
{
	u64 a_end = a->sector + a->count * a->piece_size / BLOCK_SECTOR;
	u64 b_end = b->sector + b->count * b->piece_size / BLOCK_SECTOR;

	return a->sector < b_end && b->sector < a_end;
}

/* A real disk may do two transfers of one block in any order: the server must not ask for that. */
static void io_check(const struct disk *disk, const struct disk_io *io)
{
	list_each (other, &disk->pending, struct disk_io, link)
		must(!io_meets(other, io), "two transfers of one block at the same time");
}

/* Writes take their data now or when they are done, as it happens; `pages` remembers which. */
void disk_submit(struct disk *disk, struct disk_io *io)
{
	must(io->count * io->piece_size <= DISK_TRANSFER_MAX && io->count <= DISK_PIECES_MAX,
	     "too large");
	if (!disk->delayed) {
		io->done(io, io_run(disk, io));
		return;
	}
	io_check(disk, io);
	disk->seed = disk->seed * 6364136223846793005ull + 1442695040888963407ull;
	io->pages = io->operation == BLOCK_WRITE && disk->seed >> 63;
	if (io->pages)
		must(io_run(disk, io) == OK, "a delayed disk does not fail");
	list_add_tail(&disk->pending, &io->link);
}

bool fake_disk_run(struct disk *disk)
{
	u32 count = 0;

	list_each (io, &disk->pending, struct disk_io, link)
		count++;
	if (!count)
		return false;
	disk->seed = disk->seed * 6364136223846793005ull + 1442695040888963407ull;
	u32 chosen = (u32)(disk->seed >> 33) % count;
	struct list *at = disk->pending.next;
	while (chosen--)
		at = at->next;
	struct disk_io *io = container_of(at, struct disk_io, link);
	list_remove(at);
	if (!io->pages)
		must(io_run(disk, io) == OK, "a delayed disk does not fail");
	io->done(io, OK);
	return true;
}

err_t disk_transfer(struct disk *disk, u32 operation, u64 sector, void *data, u32 size)
{
	return transfer(disk, operation, sector * BLOCK_SECTOR, data, size);
}

/* --- gates of our own --- */

err_t gate_identify(cap_t port, cap_t gate, u64 *label)
{
	(void)port;
	if (gate < 100 || gate >= 100 + FAKE_CAPS)
		return E_XDEV;
	*label = fake_label(gate);
	return OK;
}

err_t pipe_node(cap_t pipe, u64 dev, u64 ino, u32 mode, u32 uid, u32 gid, cap_t *node)
{
	(void)pipe, (void)dev, (void)ino, (void)mode, (void)uid, (void)gid;
	*node = FAKE_EVENT_FIRST; /* closing it is allowed */
	return OK;
}
