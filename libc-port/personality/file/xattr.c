/* SPDX-License-Identifier: MIT */
/* Extended attributes: no file system keeps any. As on Linux, such a file has none to list, and
 * none can be asked for or set (EOPNOTSUPP), after all that is wrong with the call itself. */
#include "core/user.h"
#include "file/target.h"

enum { XATTR_NAME_SIZE = 256, XATTR_VALUE_MAX = 65536 };

static i64 check_name(u64 name)
{
	char text[XATTR_NAME_SIZE];
	i64 size = user_string(text, name, sizeof(text));

	if (size == 0 || size == -ENAMETOOLONG)
		return -ERANGE;
	return size < 0 ? size : -EOPNOTSUPP;
}

static i64 check_value(u64 name, u64 value, u64 size, u32 flags)
{
	enum { XATTR_CREATE = 1, XATTR_REPLACE = 2 };

	if (flags & ~(u32)(XATTR_CREATE | XATTR_REPLACE))
		return -EINVAL;
	i64 result = check_name(name);
	if (result != -EOPNOTSUPP)
		return result;
	if (size > XATTR_VALUE_MAX)
		return -E2BIG;
	return size && !user_touch(value, size, false) ? -EFAULT : -EOPNOTSUPP;
}

/* 0 if the path leads to a file; `how` is AT_SYMLINK_NOFOLLOW or 0. */
static i64 find_path(u64 path, u32 how) { return access_at((u64)AT_FDCWD, path, 0, how); }

static i64 find_descriptor(u64 fd)
{
	struct file *file = descriptor_get((u32)fd);

	if (!file)
		return -EBADF;
	file_put(file);
	return 0;
}

static i64 first(i64 found, i64 otherwise) { return found ? found : otherwise; }

static i64 set_path(const struct thread_regs *a, u32 how)
{
	i64 result = check_value(a->rsi, a->rdx, a->r10, (u32)a->r8);
	return result == -EOPNOTSUPP ? first(find_path(a->rdi, how), result) : result;
}

i64 posix_setxattr(const struct thread_regs *a) { return set_path(a, 0); }
i64 posix_lsetxattr(const struct thread_regs *a) { return set_path(a, AT_SYMLINK_NOFOLLOW); }

i64 posix_fsetxattr(const struct thread_regs *a)
{
	return first(find_descriptor(a->rdi), check_value(a->rsi, a->rdx, a->r10, (u32)a->r8));
}

i64 posix_getxattr(const struct thread_regs *a)
{
	return first(find_path(a->rdi, 0), check_name(a->rsi));
}

i64 posix_lgetxattr(const struct thread_regs *a)
{
	return first(find_path(a->rdi, AT_SYMLINK_NOFOLLOW), check_name(a->rsi));
}

i64 posix_fgetxattr(const struct thread_regs *a)
{
	return first(find_descriptor(a->rdi), check_name(a->rsi));
}

i64 posix_listxattr(const struct thread_regs *a) { return find_path(a->rdi, 0); }
i64 posix_llistxattr(const struct thread_regs *a) { return find_path(a->rdi, AT_SYMLINK_NOFOLLOW); }
i64 posix_flistxattr(const struct thread_regs *a) { return find_descriptor(a->rdi); }

i64 posix_removexattr(const struct thread_regs *a)
{
	return first(find_path(a->rdi, 0), check_name(a->rsi));
}

i64 posix_lremovexattr(const struct thread_regs *a)
{
	return first(find_path(a->rdi, AT_SYMLINK_NOFOLLOW), check_name(a->rsi));
}

i64 posix_fremovexattr(const struct thread_regs *a)
{
	return first(find_descriptor(a->rdi), check_name(a->rsi));
}
