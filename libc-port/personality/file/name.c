/* SPDX-License-Identifier: MIT */
/* Making, removing and renaming names. */
#include "core/text.h"
#include "core/user.h"
#include "file/target.h"
#include "process/process.h"

enum { DIR_MAKE = 3, DIR_REMOVE = 4, DIR_SYMLINK = 5, DIR_LINK = 7, DIR_RENAME = 8 };

static i64 make_at(u64 fd, u64 path, u32 mode, u64 rdev)
{
	struct target target;
	struct walk walk = { 0 };
	i64 result = target_find(&target, fd, path, 0);

	if (result)
		return result;
	walk.m.word[0] = CALL(2, DIR_MAKE);
	walk.m.word[1] = mode & ~process_umask;
	walk.m.word[2] = rdev;
	return target_walk(&target, &walk);
}

i64 posix_mkdir(const struct thread_regs *a)
{
	return make_at((u64)AT_FDCWD, a->rdi, S_IFDIR | (a->rsi & 01777), 0);
}

i64 posix_mkdirat(const struct thread_regs *a)
{
	return make_at(a->rdi, a->rsi, S_IFDIR | (a->rdx & 01777), 0);
}

static i64 node_at(u64 fd, u64 path, u32 mode, u64 rdev)
{
	if (!(mode & S_IFMT))
		mode |= S_IFREG;
	if (S_IS(mode, S_IFDIR))
		return -EPERM;
	return make_at(fd, path, mode & (S_IFMT | 07777), rdev);
}

i64 posix_mknod(const struct thread_regs *a)
{
	return node_at((u64)AT_FDCWD, a->rdi, (u32)a->rsi, a->rdx);
}

i64 posix_mknodat(const struct thread_regs *a)
{
	return node_at(a->rdi, a->rsi, (u32)a->rdx, a->r10);
}

static i64 remove_at(u64 fd, u64 path, u32 flags)
{
	struct target target;
	struct walk walk = { 0 };
	i64 result = target_find(&target, fd, path, 0);

	if (result)
		return result;
	walk.m.word[0] = CALL(2, DIR_REMOVE);
	walk.m.word[1] = flags;
	return target_walk(&target, &walk);
}

i64 posix_unlink(const struct thread_regs *a) { return remove_at((u64)AT_FDCWD, a->rdi, 0); }

i64 posix_rmdir(const struct thread_regs *a)
{
	return remove_at((u64)AT_FDCWD, a->rdi, DIR_DIRECTORY);
}

i64 posix_unlinkat(const struct thread_regs *a)
{
	if (a->rdx & ~(u64)AT_REMOVEDIR)
		return -EINVAL;
	return remove_at(a->rdi, a->rsi, a->rdx ? DIR_DIRECTORY : 0);
}

/* The link's text is no path to be followed: it goes before the path in one buffer, and stays
 * when that changes servers. */
static i64 symlink_at(u64 text, u64 fd, u64 path)
{
	struct target target;
	char content[PATH_MAX];
	i64 size = user_string(content, text, PATH_MAX);
	struct walk walk = { .prefix = content };

	if (size <= 0)
		return size ? size : -ENOENT;
	i64 result = target_find(&target, fd, path, 0);
	if (result)
		return result;
	walk.m.word[0] = CALL(2, DIR_SYMLINK);
	return target_walk(&target, &walk);
}

i64 posix_symlink(const struct thread_regs *a) { return symlink_at(a->rdi, (u64)AT_FDCWD, a->rsi); }
i64 posix_symlinkat(const struct thread_regs *a) { return symlink_at(a->rdi, a->rsi, a->rdx); }

struct two {
	u64 fd, path, second_fd, second_path;
	u32 call, flags, how;
};

static RARE i64 two_at(const struct two *two)
{
	struct target first, second;
	struct walk walk = { 0 };
	i64 result = target_find(&first, two->fd, two->path, two->how);

	if (result)
		return result;
	result = target_find(&second, two->second_fd, two->second_path, 0);
	if (!result) {
		walk.m.word[0] = CALL(2, two->call);
		walk.m.word[1] = two->flags;
		result = first.file || second.file
		                 ? -EXDEV
		                 : error_result(walk_two(&walk, &first.place, first.path,
		                                         &second.place, second.path));
		target_done(&second);
	}
	target_done(&first);
	return result;
}

static i64 link_at(u64 fd, u64 path, u64 new_fd, u64 new_path, u64 flags)
{
	if (flags & ~(u64)(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	bool follow = flags & AT_SYMLINK_FOLLOW;
	return two_at(&(struct two){
	        fd, path, new_fd, new_path, DIR_LINK, follow ? 0 : DIR_NOFOLLOW,
	        (follow ? TARGET_FOLLOW : 0) | (flags & AT_EMPTY_PATH ? TARGET_EMPTY : 0) });
}

i64 posix_link(const struct thread_regs *a)
{
	return link_at((u64)AT_FDCWD, a->rdi, (u64)AT_FDCWD, a->rsi, 0);
}

i64 posix_linkat(const struct thread_regs *a)
{
	return link_at(a->rdi, a->rsi, a->rdx, a->r10, a->r8);
}

enum { RENAME_NOREPLACE = 1, RENAME_EXCHANGE = 2 };

static i64 rename_at(u64 fd, u64 path, u64 new_fd, u64 new_path, u64 flags)
{
	if (flags & ~3ull || flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	return two_at(&(struct two){ fd, path, new_fd, new_path, DIR_RENAME,
	                             (flags & RENAME_NOREPLACE ? DIR_NOREPLACE : 0) |
	                                     (flags & RENAME_EXCHANGE ? DIR_EXCHANGE : 0),
	                             0 });
}

i64 posix_rename(const struct thread_regs *a)
{
	return rename_at((u64)AT_FDCWD, a->rdi, (u64)AT_FDCWD, a->rsi, 0);
}

i64 posix_renameat(const struct thread_regs *a)
{
	return rename_at(a->rdi, a->rsi, a->rdx, a->r10, 0);
}

i64 posix_renameat2(const struct thread_regs *a)
{
	return rename_at(a->rdi, a->rsi, a->rdx, a->r10, a->r8);
}

i64 posix_umask(const struct thread_regs *a)
{
	u32 old = process_umask;

	process_umask = a->rdi & 0777;
	return old;
}
