/* SPDX-License-Identifier: MIT */
/* inotify. An instance is an open file of the counter server: reading it gives Linux's struct
 * inotify_event's, poll tells whether there are any. File systems keep the watches; each writes
 * what happens into a ring of memory that it shares with the counter server for each instance, so
 * that whoever changes a file waits for nobody. */
#pragma once

#include "proto/proto.h"

INTERFACE(notify, 26)

enum {
	NOTIFY_EVENTS_MAX = 1024, /* in a ring */
	NOTIFY_DATA_SIZE = 65536, /* their bytes; a power of two */
	NOTIFY_SIZE = NOTIFY_DATA_SIZE + 4096,
	NOTIFY_NAME_MAX = 255,
	NOTIFY_ROOM = 512, /* for what says that there is no more room, and the end of a watch */
};

/* Linux's inotify bits. */
enum notify_bit {
	NOTIFY_ACCESS = 1,
	NOTIFY_MODIFY = 2,
	NOTIFY_ATTRIB = 4,
	NOTIFY_CLOSE_WRITE = 8,
	NOTIFY_CLOSE_NOWRITE = 16,
	NOTIFY_OPEN = 32,
	NOTIFY_MOVED_FROM = 64,
	NOTIFY_MOVED_TO = 128,
	NOTIFY_CREATE = 256,
	NOTIFY_DELETE = 512,
	NOTIFY_DELETE_SELF = 1024,
	NOTIFY_MOVE_SELF = 2048,
	NOTIFY_EVENTS = 4095,
	NOTIFY_UNMOUNT = 0x2000,
	NOTIFY_OVERFLOW = 0x4000,
	NOTIFY_IGNORED = 0x8000,
	NOTIFY_ONLY_DIR = 0x01000000,
	NOTIFY_DONT_FOLLOW = 0x02000000,
	NOTIFY_EXCL_UNLINK = 0x04000000,
	NOTIFY_MASK_CREATE = 0x10000000,
	NOTIFY_MASK_ADD = 0x20000000,
	NOTIFY_IS_DIR = 0x40000000,
	NOTIFY_ONE_SHOT = 0x80000000,
	NOTIFY_KNOWN = 0xf700efff, /* all of these */
};

/* What has happened. The name follows, padded to a multiple of 8. */
struct notify_record {
	u64 time; /* the kernel's clock: rings are read in its order */
	i32 watch;
	u32 mask, cookie, name_size;
};
_Static_assert(sizeof(struct notify_record) == 24, "notify_record");

/* The start of the shared memory; the records lie behind its first page, in a ring. Positions count
 * bytes and wrap around. */
struct notify_ring {
	/* The file system's. */
	u32 tail, written; /* written: records ever */
	u32 synced;
	u32 reserved[13];
	/* The reader's. */
	u32 head, taken;
	u32 sync;   /* changes when the file system is to say that it is up to date (`synced`) */
	u32 wanted; /* somebody waits: the file system clears it and signals `news` */
};
_Static_assert(sizeof(struct notify_ring) == 80, "notify_ring");

/* --- the server's own gate --- */

/* An instance; flags: O_NONBLOCK. The gate is charged to the caller. */
RPC(1) err_t notify_create(cap_t counters, u32 flags, cap_t *file);

/* --- an instance --- */

/* End a watch: NOTIFY_IGNORED will be its last event. E_INVAL: there is none. */
RPC(2) err_t notify_remove(cap_t file, u32 watch);

/* --- the gate that file systems have --- */

/* The ring between the caller and `instance` (E_INVAL: it is none), and its number, which no other
 * ever has. `sync` is an event of the caller's, always the same: when it is signalled, the caller
 * copies `sync` to `synced` in all its rings, behind what it has been told before. */
RPC(3)
err_t notify_ring(cap_t counters, cap_t instance, cap_t sync, u64 *id, cap_t *ring, cap_t *news);

/* A new watch; `gate` is the caller's, moved: it is closed when the watch ends otherwise than by
 * the caller's own NOTIFY_IGNORED, or after that. E_LIMIT. */
RPC(4) err_t notify_watch(cap_t counters, cap_t instance, u64 ring, cap_t gate, u32 *watch);
