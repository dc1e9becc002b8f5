/* SPDX-License-Identifier: MIT */
/* memfd_create: a file in memory without a name, which the file system at /dev/shm keeps. Its seals
 * are that server's affair. */
#include "core/text.h"
#include "core/user.h"
#include "file/walk.h"
#include "proto/process.h"

enum { MFD_CLOEXEC = 1, MFD_ALLOW_SEALING = 2, MFD_HUGETLB = 4, MFD_NAME_MAX = 249 };
enum { MFD_HUGE_SHIFT = 26, DIR_MEMORY = 15 };

/* "memfd:NAME (deleted)", as /proc shows it below its root. */
static i64 memory_name(char *name, size_t size, u64 from)
{
	char given[MFD_NAME_MAX + 1];
	struct text text = { name, name + size - 1 };
	i64 length = user_string(given, from, sizeof(given));

	if (length < 0)
		return length == -ENAMETOOLONG ? -EINVAL : length;
	text_put(&text, "memfd:");
	text_put(&text, given);
	text_put(&text, " (deleted)");
	*text.at = 0;
	return 0;
}

RARE i64 posix_memfd_create(const struct thread_regs *a)
{
	const struct place place = { .dir = PROCESS_ROOT };
	char name[MFD_NAME_MAX + 32], path[PATH_MAX] = "/dev/shm";
	struct walk walk = { .prefix = name };
	u32 flags = (u32)a->rsi, known = MFD_CLOEXEC | MFD_ALLOW_SEALING;

	if (flags & MFD_HUGETLB)
		known |= MFD_HUGETLB | 0x3fu << MFD_HUGE_SHIFT;
	if (flags & ~known)
		return -EINVAL;
	i64 result = memory_name(name, sizeof(name), a->rdi);
	if (result || flags & MFD_HUGETLB)
		return result ? result : -ENOSYS;
	walk.m.word[0] = CALL(2, DIR_MEMORY);
	walk.m.word[1] = flags & MFD_ALLOW_SEALING ? 0 : FILE_SEAL_SEAL;
	err_t error = walk_path(&walk, &place, path);
	if (error)
		return error == E_NOENT || error == E_NOTSUP ? -ENOSYS : error_result(error);
	struct file *file = file_create(walk.m.cap[0], (u32)walk.m.word[1], O_RDWR, 0);
	return descriptor_add(file, 0, flags & MFD_CLOEXEC);
}
