/* SPDX-License-Identifier: MIT */
/* What the gate to an open file answers: regular files, directories, pipes, terminals and devices
 * alike. The open-file object (position, flags) lives in the server and is shared by all who hold
 * the gate, as POSIX wants it after fork. Flags, modes and times have Linux's values. A call that
 * an object does not have answers E_NOTSUP or the error POSIX names. */
#pragma once

#include "proto/proto.h"

INTERFACE(file, 1)

struct file_stat {
	u64 dev, ino;
	u32 mode, nlink, uid, gid;
	u64 rdev, size, blocks; /* blocks of 512 bytes */
	u32 block_size, reserved;
	i64 atime_ns, mtime_ns, ctime_ns, btime_ns; /* since 1970 */
};
_Static_assert(sizeof(struct file_stat) == 96, "file_stat");

struct file_system_stat {
	u64 type, block_size, blocks, blocks_free, blocks_available, files, files_free, id,
	        name_max, flags;
};

enum file_set_mask {
	FILE_SET_MODE = 1,
	FILE_SET_UID = 2,
	FILE_SET_GID = 4,
	FILE_SET_SIZE = 8,
	FILE_SET_ATIME = 16,
	FILE_SET_MTIME = 32,
	FILE_SET_ATIME_NOW = 64,
	FILE_SET_MTIME_NOW = 128,
	FILE_SET_NOFOLLOW = 256, /* of dir_set: a symbolic link itself */
};
struct file_attributes {
	u32 mask, mode; /* mode: the low 12 bits count */
	u32 uid, gid;
	u64 size;
	i64 atime_ns, mtime_ns;
};
_Static_assert(sizeof(struct file_attributes) == 40, "file_attributes");

/* One entry of file_list, padded so that the next is 8-byte aligned (Linux's linux_dirent64). */
struct file_entry {
	u64 ino;
	i64 next;    /* position behind this entry, for file_seek */
	u16 size;    /* of this entry, padding included */
	u8 type;     /* DT_* */
	char name[]; /* zero-terminated */
};

/* Set in what dir_open tells as the mode of a file that a client need not ask to read or write,
 * wherever that is: writes take everything, reads find the end, or zeroes. */
#define FILE_EMPTY 0x10000000u
#define FILE_ZEROS 0x08000000u

enum { FILE_POSITION = -1 }; /* as offset: at the open file's position, which moves */
enum file_io_flag {
	FILE_IO_NONBLOCK =
	        1, /* answer E_AGAIN instead of holding, whatever the open file's flags say */
	FILE_IO_KEEP = 2, /* of a pipe: what is read stays in it; not held either */
};

/* Read up to `size` bytes. Fewer at the end of file, or if no more is there now (pipes, terminals);
 * 0 is end of file. Pipes and terminals hold the request until there is something, or answer
 * E_AGAIN (O_NONBLOCK); E_INTR when cancelled. */
RPC(1) err_t file_read(cap_t file, i64 offset, u32 flags, void *buf, size_t size, u64 *count);

/* Write. With O_APPEND at the end, whatever the offset. E_NOSPACE, E_FBIG, E_PIPE; held as reading
 * is. */
RPC(2)
err_t file_write(cap_t file, i64 offset, u32 flags, const void *buf, size_t size, u64 *count);

/* Move the position (whence: SEEK_SET, CUR, END, DATA, HOLE). E_SPIPE, E_INVAL, E_NXIO. */
RPC(3) err_t file_seek(cap_t file, i64 offset, u32 whence, i64 *position);

/* struct file_stat into `st`. */
RPC(4) err_t file_stat(cap_t file, void *st, size_t size);

RPC(5) err_t file_set(cap_t file, const struct file_attributes *attributes);

/* Everything written is on disk when this answers. data_only: fdatasync. */
RPC(6) err_t file_sync(cap_t file, bool data_only);

/* Directory entries from the position on, as many as fit; `count` bytes, 0 at the end. E_INVAL: not
 * even one fits. */
RPC(7) err_t file_list(cap_t file, void *buf, size_t size, u64 *count);

/* Which of `mask` (POLL*) hold now. If none does, or `mask` has bit 31 (EPOLLET), and `event` is
 * not 0: signal `bits` of `event` once when that may have changed (one registration an open file
 * and event; a new one replaces the old; the server closes the capability after signalling). */
RPC(8) err_t file_poll(cap_t file, u32 mask, u64 bits, cap_t event, u32 *ready);

/* The segment that holds the file's contents (page cache; the server is its keeper) with ACCESS_*
 * rights, and the file's size. Writes through a shared mapping reach the file. E_ACCESS as open
 * flags say; E_NOTSUP: cannot be mapped. */
RPC(9) err_t file_map(cap_t file, u32 access, cap_t *segment, u64 *size);

/* Change the flags in `mask` (O_APPEND, O_NONBLOCK) to those of `value`; all flags of the open
 * file, access mode included, are the result. */
RPC(10) err_t file_flags(cap_t file, u32 mask, u32 value, u32 *flags);

/* struct file_system_stat. */
RPC(11) err_t file_statfs(cap_t file, void *st, size_t size);

/* Reserve space; mode as fallocate(2), 0 and FALLOC_FL_KEEP_SIZE at least. */
RPC(12) err_t file_allocate(cap_t file, u32 mode, u64 offset, u64 size);

enum { FILE_LOCK_OPEN = -1 };

/* Locks. owner: 0 for flock, FILE_LOCK_OPEN for the open file's own record locks (OFD), else a
 * number that stands for the process (POSIX record locks); flock and record locks do not meet. type
 * F_RDLCK, F_WRLCK, F_UNLCK; size 0: to the end. wait: held until possible. E_AGAIN, E_DEADLK. */
RPC(13) err_t file_lock(cap_t file, u64 owner, u32 type, u64 start, u64 size, bool wait);

/* A device's own requests (ioctl number and argument), for those that no other interface has. */
RPC(14)
err_t file_control(cap_t file, u64 request, u64 argument, const void *in, size_t in_size, void *out,
                   size_t out_size, u64 *result);

/* The absolute path inside this file system under which the file was opened or the directory is
 * found now; without a leading mount point. */
RPC(15) err_t file_path(cap_t file, void *path, size_t size, u64 *length);

/* What stopped or broke a lock owner: all POSIX locks of `owner` on this file end (close, exit). */
RPC(16) err_t file_unlock_all(cap_t file, u64 owner);

/* Extended attributes on an open file: get (E_NODATA, E_RANGE), set, list, remove. name and value
 * are one buffer: name, zero, value. */
RPC(17)
err_t file_attribute_get(cap_t file, const void *name, size_t name_size, void *value, size_t size,
                         u64 *count);
RPC(18) err_t file_attribute_set(cap_t file, u32 flags, const void *name_value, size_t size);
RPC(19) err_t file_attribute_list(cap_t file, void *names, size_t size, u64 *count);

/* A record lock that would be in the way of this one (F_GETLK); type F_UNLCK: none. */
struct file_lock_found {
	u64 owner; /* FILE_LOCK_OPEN, or the process */
	u64 start, size;
	u32 type, reserved;
};
_Static_assert(sizeof(struct file_lock_found) == 32, "file_lock_found");
RPC(20)
err_t file_lock_query(cap_t file, u64 owner, u32 type, u64 start, u64 size,
                      struct file_lock_found *found);

/* Seals: what can never again be done to a file, whoever has it open (Linux's F_SEAL_*). Doing it
 * all the same is E_PERM. Files that are not in memory have none: E_NOTSUP. */
enum file_seals {
	FILE_SEAL_SEAL = 1, /* adding seals */
	FILE_SEAL_SHRINK = 2,
	FILE_SEAL_GROW = 4,
	FILE_SEAL_WRITE = 8,
	FILE_SEAL_FUTURE_WRITE = 16, /* but through mappings that are there */
	FILE_SEALS_ALL = 31,
};
RPC(21) err_t file_seals(cap_t file, u32 *seals);

/* Add seals. E_PERM: not open for writing, or FILE_SEAL_SEAL; E_BUSY: FILE_SEAL_WRITE while a
 * shared mapping can be written. */
RPC(22) err_t file_seal(cap_t file, u32 seals);
