/* SPDX-License-Identifier: MIT */
/* The descriptor table and what leads to it: dup, close, close-on-exec. */
#include "file/descriptor.h"

#include "core/lock.h"
#include "memory/map.h"

struct descriptor descriptors[DESCRIPTOR_MAX];
struct file files[DESCRIPTOR_MAX];
u32 descriptor_limit = DESCRIPTOR_DEFAULT;
u32 descriptor_end, files_end;
static u32 files_start; /* below, all are in use (a hint) */

struct file *descriptor_get(u32 fd)
{
	struct file *file = NULL;

	if (fd >= DESCRIPTOR_MAX)
		return NULL;
	lock_take(&process_lock);
	if (descriptors[fd].file) {
		file = &files[descriptors[fd].file - 1];
		file_get(file);
	}
	lock_give(&process_lock);
	return file;
}

void file_get(struct file *file) { __atomic_add_fetch(&file->refs, 1, __ATOMIC_RELAXED); }

void file_put(struct file *file)
{
	cap_t cap = file->cap;

	if (__atomic_sub_fetch(&file->refs, 1, __ATOMIC_ACQ_REL))
		return;
	(void)cap_close(cap);
	if ((u32)(file - files) < files_start)
		files_start = (u32)(file - files);
}

struct file *file_create(cap_t cap, u32 mode, u32 flags, u16 mount)
{
	struct file *file = NULL;

	lock_take(&process_lock);
	for (u32 i = files_start; i < DESCRIPTOR_MAX && !file; i++) {
		if (!__atomic_load_n(&files[i].refs, __ATOMIC_ACQUIRE)) {
			file = &files[i];
			files_start = i + 1;
			if (files_end <= i)
				files_end = i + 1;
			*file = (struct file){ .cap = cap, .refs = 1, .mode = mode, .flags = flags,
					       .mount = mount };
		}
	}
	if (!file)
		files_start = 0;
	lock_give(&process_lock);
	if (!file)
		(void)cap_close(cap);
	return file;
}

static void descriptor_fill(u32 fd, struct file *file, bool cloexec)
{
	descriptors[fd].file = (u16)(file - files + 1);
	descriptors[fd].cloexec = cloexec;
	if (fd >= descriptor_end)
		descriptor_end = fd + 1;
}

i64 descriptor_add(struct file *file, u32 from, bool cloexec)
{
	if (!file)
		return -EMFILE;
	lock_take(&process_lock);
	u32 fd = from;
	while (fd < descriptor_limit && descriptors[fd].file)
		fd++;
	if (fd < descriptor_limit)
		descriptor_fill(fd, file, cloexec);
	lock_give(&process_lock);
	if (fd < descriptor_limit)
		return fd;
	file_put(file);
	return from >= descriptor_limit ? -EINVAL : -EMFILE;
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
	struct file *file = descriptors[fd].file ? &files[descriptors[fd].file - 1] : NULL;

	descriptors[fd] = (struct descriptor){ 0 };
	while (descriptor_end && !descriptors[descriptor_end - 1].file)
		descriptor_end--;
	return file;
}

i64 descriptor_set(u32 fd, struct file *file, bool cloexec)
{
	if (fd >= descriptor_limit) {
		file_put(file);
		return -EBADF;
	}
	lock_take(&process_lock);
	struct file *old = descriptor_take(fd);
	descriptor_fill(fd, file, cloexec);
	lock_give(&process_lock);
	if (old)
		file_close(old);
	return fd;
}

i64 descriptor_close(u32 fd)
{
	struct file *old = NULL;

	if (fd < DESCRIPTOR_MAX) {
		lock_take(&process_lock);
		old = descriptor_take(fd);
		lock_give(&process_lock);
	}
	if (!old)
		return -EBADF;
	file_close(old);
	return 0;
}

void descriptor_recount(void)
{
	for (u32 i = 0; i < files_end; i++) {
		if (files[i].refs)
			files[i].refs = 1; /* so that none is freed below while others still count */
	}
	for (u32 fd = 0; fd < descriptor_end; fd++) {
		if (descriptors[fd].file)
			files[descriptors[fd].file - 1].refs++;
	}
	for (u32 i = 0; i < memory.count; i++) {
		if (memory.list[i].file)
			memory.list[i].file->refs++;
	}
	for (u32 i = 0; i < files_end; i++) {
		if (files[i].refs)
			file_put(&files[i]);
	}
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
		else if (descriptors[fd].file)
			descriptors[fd].cloexec = true;
	}
	return 0;
}
