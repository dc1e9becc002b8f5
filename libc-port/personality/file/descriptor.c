/* SPDX-License-Identifier: MIT */
/* The descriptor table and what leads to it: dup, close, close-on-exec. */
#include "file/descriptor.h"

#include "core/lock.h"
#include "core/text.h"
#include "file/walk.h"
#include "memory/map.h"
#include "process/process.h"
#include "proto/file.h"

/* Few programs open many files: what does not fit into the image gets memory of its own when it
 * is needed. */
enum { SMALL = 48 };
static struct descriptor descriptors_small[SMALL];
static struct file files_small[SMALL];
struct descriptor *descriptors = descriptors_small;
static struct file *files_more; /* from number SMALL on */
static u32 descriptor_room = SMALL, files_room = SMALL;

u32 descriptor_end, files_end;
static u32 files_start; /* below, all are in use (a hint) */
static u64 files_serial;

struct descriptor *descriptor_at(u32 fd) { return &descriptors[fd]; }
struct file *file_at(u32 i) { return i < SMALL ? &files_small[i] : &files_more[i - SMALL]; }

/* Make room for numbers up to DESCRIPTOR_MAX. Once; with process_lock held. */
static bool descriptors_grow(u32 fd)
{
	if (fd < descriptor_room)
		return true;
	if (fd >= DESCRIPTOR_MAX)
		return false;
	void *more = process_memory(AT_DESCRIPTORS, DESCRIPTOR_MAX * sizeof(struct descriptor));
	if (!more)
		return false;
	memcpy(more, descriptors_small, sizeof(descriptors_small));
	descriptors = more;
	descriptor_room = DESCRIPTOR_MAX;
	return true;
}

static bool files_grow(u32 i)
{
	if (i < files_room)
		return true;
	if (i >= DESCRIPTOR_MAX)
		return false;
	files_more = process_memory(AT_FILES, (DESCRIPTOR_MAX - SMALL) * sizeof(struct file));
	if (files_more)
		files_room = DESCRIPTOR_MAX;
	return files_more;
}

static struct file *descriptor_file(u32 fd)
{
	return fd < descriptor_end ? descriptors[fd].file : NULL;
}

struct file *descriptor_get(u32 fd)
{
	lock_take(&process_lock);
	struct file *file = descriptor_file(fd);
	if (file)
		file_get(file);
	lock_give(&process_lock);
	return file;
}

void file_get(struct file *file) { __atomic_add_fetch(&file->refs, 1, __ATOMIC_RELAXED); }

bool file_get_again(struct file *file, u64 serial)
{
	u32 refs = __atomic_load_n(&file->refs, __ATOMIC_ACQUIRE);

	if (file->serial != serial)
		return false;
	while (refs && !__atomic_compare_exchange_n(&file->refs, &refs, refs + 1, false,
	                                            __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		;
	return refs;
}

void file_put(struct file *file)
{
	cap_t cap = file->cap;

	if (__atomic_sub_fetch(&file->refs, 1, __ATOMIC_ACQ_REL))
		return;
	(void)cap_close(cap);
	files_start = 0;
}

struct file *file_create(cap_t cap, u32 mode, u32 flags, u16 mount)
{
	struct file *file = NULL;
	u32 i;

	lock_take(&process_lock);
	for (i = files_start; i < files_end && __atomic_load_n(&file_at(i)->refs, __ATOMIC_ACQUIRE);
	     i++)
		;
	files_start = i;
	if (files_grow(i)) {
		file = file_at(i);
		*file = (struct file){
			.cap = cap,
			.refs = 1,
			.mode = mode,
			.flags = flags,
			.mount = mount,
			.position = FILE_POSITION,
			.serial = ++files_serial,
		};
		if (i == files_end)
			files_end = i + 1;
	}
	lock_give(&process_lock);
	if (!file)
		(void)cap_close(cap);
	return file;
}

static void descriptor_fill(u32 fd, struct file *file, bool cloexec)
{
	descriptors[fd] = (struct descriptor){ file, cloexec };
	if (fd >= descriptor_end)
		descriptor_end = fd + 1;
}

u32 descriptor_limit(void)
{
	u64 limit = limit_soft(RLIMIT_NOFILE);

	return limit < DESCRIPTOR_MAX ? (u32)limit : DESCRIPTOR_MAX;
}

i64 descriptor_add(struct file *file, u32 from, bool cloexec)
{
	if (!file)
		return -EMFILE;
	lock_take(&process_lock);
	u32 fd = from;
	while (descriptor_file(fd))
		fd++;
	bool room = fd < descriptor_limit() && descriptors_grow(fd);
	if (room)
		descriptor_fill(fd, file, cloexec);
	lock_give(&process_lock);
	if (room)
		return fd;
	file_put(file);
	return from >= descriptor_limit() ? -EINVAL : -EMFILE;
}

/* Whatever closes a descriptor ends the process's record locks on the file (POSIX). */
static void file_close(struct file *file)
{
	if (file->locked)
		(void)file_unlock_all(file->cap, main_thread.id);
	file_put(file);
}

static struct file *descriptor_take(u32 fd)
{
	struct file *file = descriptor_file(fd);

	if (file)
		descriptors[fd] = (struct descriptor){ 0 };
	while (descriptor_end && !descriptors[descriptor_end - 1].file)
		descriptor_end--;
	return file;
}

i64 descriptor_set(u32 fd, struct file *file, bool cloexec)
{
	struct file *old = NULL;

	lock_take(&process_lock);
	bool room = fd < descriptor_limit() && descriptors_grow(fd);
	if (room) {
		old = descriptor_take(fd);
		descriptor_fill(fd, file, cloexec);
	}
	lock_give(&process_lock);
	if (!room)
		file_put(file);
	else if (old)
		file_close(old);
	return room ? (i64)fd : -EBADF;
}

i64 descriptor_close(u32 fd)
{
	lock_take(&process_lock);
	struct file *old = descriptor_take(fd);
	lock_give(&process_lock);
	if (!old)
		return -EBADF;
	file_close(old);
	return 0;
}

void descriptor_recount(void)
{
	for (u32 i = 0; i < files_end; i++) {
		if (file_at(i)->refs)
			file_at(i)->refs = 1; /* so that none is freed while others still count */
	}
	for (u32 fd = 0; fd < descriptor_end; fd++) {
		if (descriptors[fd].file)
			descriptors[fd].file->refs++;
	}
	for (u32 i = 0; i < memory.count; i++) {
		if (memory.list[i].file)
			memory.list[i].file->refs++;
	}
	if (cwd.file)
		cwd.file->refs++;
	for (u32 i = 0; i < files_end; i++) {
		if (file_at(i)->refs)
			file_put(file_at(i));
	}
}

bool descriptor_cloexec(u32 fd)
{
	lock_take(&process_lock);
	bool cloexec = descriptor_file(fd) && descriptors[fd].cloexec;
	lock_give(&process_lock);
	return cloexec;
}

void descriptor_set_cloexec(u32 fd, bool cloexec)
{
	lock_take(&process_lock);
	if (descriptor_file(fd))
		descriptors[fd].cloexec = cloexec;
	lock_give(&process_lock);
}

bool descriptor_restore(u32 fd, struct file *file)
{
	if (!descriptors_grow(fd))
		return false;
	descriptor_fill(fd, file, false);
	file_get(file);
	return true;
}

struct file *file_restore(u32 i)
{
	if (!files_grow(i))
		return NULL;
	if (i >= files_end)
		files_end = i + 1;
	files_serial = i + 1;
	return file_at(i);
}

i64 posix_close(const struct thread_regs *a) { return descriptor_close((u32)a->rdi); }

i64 posix_dup(const struct thread_regs *a)
{
	struct file *file = descriptor_get((u32)a->rdi);

	return file ? descriptor_add(file, 0, false) : -EBADF;
}

static i64 dup_to(u32 old, u32 new, bool cloexec)
{
	struct file *file = descriptor_get(old);

	return file ? descriptor_set(new, file, cloexec) : -EBADF;
}

i64 posix_dup2(const struct thread_regs *a)
{
	u32 old = (u32)a->rdi, new = (u32)a->rsi;

	if (old != new)
		return dup_to(old, new, false);
	struct file *file = descriptor_get(old);
	if (!file)
		return -EBADF;
	file_put(file);
	return new;
}

i64 posix_dup3(const struct thread_regs *a)
{
	if (a->rdx & ~(u64)O_CLOEXEC || (u32)a->rdi == (u32)a->rsi)
		return -EINVAL;
	return dup_to((u32)a->rdi, (u32)a->rsi, a->rdx != 0);
}

enum { CLOSE_RANGE_UNSHARE = 2, CLOSE_RANGE_CLOEXEC = 4 };

i64 posix_close_range(const struct thread_regs *a)
{
	u32 first = (u32)a->rdi, last = (u32)a->rsi;

	if (first > last || a->rdx & ~6ull)
		return -EINVAL;
	for (u32 fd = first; fd <= last && fd < descriptor_end; fd++) {
		if (!(a->rdx & CLOSE_RANGE_CLOEXEC))
			(void)descriptor_close(fd);
		else
			descriptor_set_cloexec(fd, true);
	}
	return 0;
}
