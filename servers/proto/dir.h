/* SPDX-License-Identifier: MIT */
/* Paths, relative to a directory: what the gate to a directory answers (an opened directory answers
 * file.h too).
 *
 * `path` is not zero-terminated, at most DIR_PATH_MAX bytes; empty means the directory itself. The
 * server follows names, "." , ".." and its own relative symbolic links. Where the path leaves the
 * server, the reply is E_CROSS with word[1] = enum cross_kind, word[2] = which path of the call (0
 * or 1), and word[3] = the number of bytes of the rest of the path, which it has put into the
 * caller's `out`; word[4] = bytes of the path used so far; the caller goes on elsewhere. Every dir_
 * call therefore lends an `out` of at least DIR_PATH_MAX bytes if it wants to follow. Servers
 * answer so by request_cross() (rt/rt.h); callers go through the personality's path walker.
 *
 * Identities. A gate made by dir_authenticate acts with the identity of whoever asked for it, and
 * so does a directory opened through one with DIR_OPEN_BOUND. All other gates act as nobody in
 * particular: who passes an open directory on passes no authority. A call that takes a path may
 * bring any open file of the same server as the message's last capability (cap[MSG_CAPS - 1]): the
 * path starts there, and the gate only says who asks (E_XDEV: it is another server's). */
#pragma once

#include "proto/file.h"

INTERFACE(dir, 2)

enum { DIR_PATH_MAX = 4096, DIR_NAME_MAX = 255, DIR_LINKS_MAX = 40 };

enum cross_kind {
	CROSS_DOWN = 1, /* another server is attached there: cap[0] is its directory; the rest is
	                   relative to it */
	CROSS_UP = 2, /* ".." above this server's root: the rest is relative to the parent of where
	                 this server is attached */
	CROSS_ROOT = 3, /* an absolute symbolic link: the rest starts at the caller's root */
	CROSS_NODE = 4, /* as CROSS_DOWN, to something that knows no identities and need not be
	                   remembered: whether the caller may has been checked */
};

enum dir_flag {
	DIR_NOFOLLOW = 1,  /* the last component is not followed if it is a symbolic link */
	DIR_DIRECTORY = 2, /* dir_remove: rmdir */
	DIR_NOREPLACE = 4, /* dir_rename */
	DIR_EXCHANGE = 8,
	DIR_REAL = 16, /* dir_access: by the real ids instead of the file system's */
};

/* Flags of dir_open that are no O_*: */
enum {
	DIR_OPEN_EXECUTE = 1 << 29, /* a program to be run: a regular file that may be executed */
	DIR_OPEN_BOUND = 1 << 30,   /* the new gate acts with this gate's identity */
};

/* Of dir_open, beside Linux's flags: the path must lead to a socket (E_CONNREFUSED), which the
 * caller may write to; the answer is its node (socket.h), not a file. */
enum { DIR_OPEN_SOCKET = 1 << 30 };

/* Open with Linux's O_* flags (access mode, CREAT, EXCL, TRUNC, APPEND, DIRECTORY, NOFOLLOW,
 * NONBLOCK, PATH); `mode` for new files. The new gate is charged to the caller. `mode_out` is the
 * file's st_mode. May be held (a FIFO without the other side). */
RPC(1)
err_t dir_open(cap_t dir, u32 flags, u32 mode, const void *path, size_t size, void *rest,
               size_t rest_size, cap_t *file, u32 *mode_out);

/* struct file_stat into `st`. flags: DIR_NOFOLLOW. */
RPC(2)
err_t dir_stat(cap_t dir, u32 flags, const void *path, size_t size, void *st, size_t st_size);

/* Make a directory, regular file, FIFO, socket or device node, as S_IFMT of `mode` says. E_EXISTS.
 */
RPC(3)
err_t dir_make(cap_t dir, u32 mode, u64 rdev, const void *path, size_t size, void *rest,
               size_t rest_size);

/* unlink; with DIR_DIRECTORY rmdir. */
RPC(4)
err_t dir_remove(cap_t dir, u32 flags, const void *path, size_t size, void *rest, size_t rest_size);

/* `paths` = target, zero, path of the new link (which of the call is path 0 for E_CROSS). */
RPC(5) err_t dir_symlink(cap_t dir, const void *paths, size_t size, void *rest, size_t rest_size);

RPC(6)
err_t dir_readlink(cap_t dir, const void *path, size_t size, void *target, size_t target_size,
                   u64 *length);

/* `paths` = old path, zero, new path; the new one is relative to `new_dir` (0: to `dir`), which
 * must be a directory of the same server: E_XDEV. */
RPC(7)
err_t dir_link(cap_t dir, cap_t new_dir, u32 flags, const void *paths, size_t size, void *rest,
               size_t rest_size);
RPC(8)
err_t dir_rename(cap_t dir, cap_t new_dir, u32 flags, const void *paths, size_t size, void *rest,
                 size_t rest_size);

RPC(9)
err_t dir_set(cap_t dir, const struct file_attributes *attributes, const void *path, size_t size,
              void *rest, size_t rest_size);

/* mode: R_OK, W_OK, X_OK or 0. flags: DIR_NOFOLLOW. */
RPC(10)
err_t dir_access(cap_t dir, u32 flags, u32 mode, const void *path, size_t size, void *rest,
                 size_t rest_size);

/* struct file_system_stat of where the path ends. */
RPC(11) err_t dir_statfs(cap_t dir, const void *path, size_t size, void *st, size_t st_size);

/* Attach `target`, a directory (or file) gate of another server, to the node: look-ups cross there
 * from now on. dir_detach ends that. Held by the system's mount authority only, until translators
 * come. */
RPC(12) err_t dir_attach(cap_t dir, cap_t target, const void *path, size_t size);
RPC(13) err_t dir_detach(cap_t dir, const void *path, size_t size);

/* Write everything to disk. */
RPC(14) err_t dir_sync(cap_t dir);

/* A file in memory without a name (memfd_create), open for reading and writing, with the seals
 * FILE_SEAL_*. `paths` = what file_path says of it, zero, path of the directory (path 0 of the
 * call) whose file system keeps it. E_NOTSUP: it does not keep files in memory. */
RPC(15)
err_t dir_memory(cap_t dir, u32 seals, const void *paths, size_t size, void *rest, size_t rest_size,
                 cap_t *file, u32 *mode_out);

/* A new gate to the same directory that acts with the identity of the ticket (auth.h), which must
 * have been made for this very gate: E_PERM. Charged to the caller. */
RPC(16) err_t dir_authenticate(cap_t dir, cap_t ticket, cap_t *handle);

/* Watch the file for an inotify instance (notify.h), whose events NOTIFY_* in `mask` are to be
 * told; flags are among them. If the instance watches it already, the mask is replaced, or added to
 * (NOTIFY_MASK_ADD), or E_EXISTS (NOTIFY_MASK_CREATE). The caller must be allowed to read the file.
 * E_NOTSUP: this server tells no events. E_LIMIT: too many watches. */
RPC(17)
err_t dir_watch(cap_t dir, u32 mask, cap_t instance, const void *path, size_t size, void *rest,
                size_t rest_size, u32 *watch);
