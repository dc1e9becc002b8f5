/* SPDX-License-Identifier: MIT */
/* The descriptor table. An entry leads to a struct file, which holds the gate to the open-file
 * object; dup shares the struct, fork copies everything, and calls in progress count as users,
 * so that close() in another thread does not pull the gate away. */
#pragma once

#include "core/call.h"
#include "core/lock.h"
#include "proto/dir.h"

enum { DESCRIPTOR_MAX = 4096 };

struct file {
	cap_t cap;
	u32 refs;           /* 0: free; atomic */
	u32 mode;           /* st_mode when it was opened: the type counts */
	u32 flags;          /* O_* when it was opened */
	u16 mount;          /* of a directory: which file system it lies in (walk.h) */
	u16 number;         /* inherit.c: its place in the list for the next program */
	bool bound;         /* a directory whose gate acts with our identity; in no descriptor */
	bool locked;        /* fcntl locks were taken through it */
	bool sought;        /* the server's position may be another than 0 */
	i64 position;       /* position.h; FILE_POSITION: the server's */
	struct lock moving; /* whoever moves it */
	u64 serial;         /* which of all that this struct has stood for */
	u64 own;            /* FILE_SIGNAL: the mask; FILE_EPOLL: the struct epoll (0: none yet) */
	struct watch *watches; /* of epoll (epoll.c) */
};

/* In `mode`, above Linux's bits: what the process itself answers for. */
enum file_own { FILE_EPOLL = 1 << 17, FILE_SIGNAL = 1 << 18 };

struct descriptor {
	struct file *file; /* NULL: free */
	bool cloexec;
};

/* RLIMIT_NOFILE, soft: the lowest number that cannot be given. */
u32 descriptor_limit(void);
/* The table, for core/view.c; others use the functions below. */
extern struct descriptor *descriptors;
/* One above the highest descriptor in use. */
extern u32 descriptor_end;
/* One above the highest struct file that was ever in use. */
extern u32 files_end;

/* By number: the entry (`fd` below descriptor_end), the struct (`i` below files_end). With
 * process_lock held, or alone. */
struct descriptor *descriptor_at(u32 fd);
struct file *file_at(u32 i);

/* The file behind `fd`, with one more user (file_put when done), or NULL. */
struct file *descriptor_get(u32 fd);

void file_get(struct file *file);
/* One more user of the file that had this serial number, with process_lock held. False: it is
 * closed. */
bool file_get_again(struct file *file, u64 serial);
void file_put(struct file *file);

/* A struct for an open file, with one user; takes the capability over. NULL: too many (the
 * capability is closed). */
struct file *file_create(cap_t cap, u32 mode, u32 flags, u16 mount);

/* The lowest free number from `from` on for `file`, whose reference it takes over (also on
 * failure): -EMFILE, -EINVAL. */
i64 descriptor_add(struct file *file, u32 from, bool cloexec);

/* Put `file` at `fd`, closing what was there. Takes the reference over. */
i64 descriptor_set(u32 fd, struct file *file, bool cloexec);

i64 descriptor_close(u32 fd);

/* FD_CLOEXEC of `fd`, which is open. */
bool descriptor_cloexec(u32 fd);
void descriptor_set_cloexec(u32 fd, bool cloexec);

/* For inherit.c: entry `fd` leads to `file`, which gets one more user; struct `i` is there to be
 * filled. False, NULL: no room. */
bool descriptor_restore(u32 fd, struct file *file);
struct file *file_restore(u32 i);

/* After fork in a process with more threads: references of calls in progress are gone with their
 * threads. */
void descriptor_recount(void);

static inline bool file_is(const struct file *file, u32 type) { return S_IS(file->mode, type); }
