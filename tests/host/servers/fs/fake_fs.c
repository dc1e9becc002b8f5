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

/* --- fibers: there is one, and it never waits --- */

void fiber_queue_init(struct fiber_queue *queue) { list_init(&queue->waiting); }
void fiber_wait(struct fiber_queue *queue) { (void)queue, must(false, "nothing to wait for"); }
void fiber_wake_one(struct fiber_queue *queue) { (void)queue; }
void fiber_wake_all(struct fiber_queue *queue) { (void)queue; }
bool fiber_active(void) { return false; }
void fiber_lock_init(struct fiber_lock *lock) { lock->owner = NULL; }

void fiber_lock_take(struct fiber_lock *lock)
{
	must(!lock->owner, "a lock is taken twice");
	lock->owner = (struct fiber *)lock;
}

void fiber_lock_give(struct fiber_lock *lock)
{
	must(lock->owner, "a lock is given that is not taken");
	lock->owner = NULL;
}

/* --- the disk --- */

struct disk {
	int fd;
	u64 size, writes;
	long left;
};

struct disk *fake_disk_open(const char *path)
{
	struct disk *disk = calloc(1, sizeof(*disk));
	struct stat st;

	disk->fd = open(path, O_RDWR);
	must(disk->fd >= 0 && fstat(disk->fd, &st) == 0, "no image");
	disk->size = (u64)st.st_size;
	disk->left = -1;
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
void disk_wait(struct disk *disk, struct fiber_queue *queue) { (void)disk, fiber_wait(queue); }

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

void disk_submit(struct disk *disk, struct disk_io *io)
{
	err_t error = OK;

	must(io->count * io->piece_size <= DISK_TRANSFER_MAX && io->count <= DISK_PIECES_MAX,
	     "too large");
	for (u32 i = 0; i < io->count && !error; i++)
		error = transfer(disk, io->operation,
		                 io->sector * BLOCK_SECTOR + (u64)i * io->piece_size, io->pieces[i],
		                 io->piece_size);
	io->done(io, error);
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
