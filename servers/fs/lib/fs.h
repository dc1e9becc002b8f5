/* SPDX-License-Identifier: MIT */
/* What all file systems share: they answer dir.h and file.h through this library, which walks
 * paths, keeps the open files, checks permissions, crosses attach points and orders what runs at
 * the same time. A file system supplies nodes and a table of operations on them.
 *
 * 	static struct fs fs = { .ops = &my_ops, .root = my_root, ... };
 * 	fs_init(&fs);
 * 	struct server server = { .requests = 64, .fibers = 16 };
 * 	fs_serve_with(&fs, &server);        sets dispatch, no_clients, page_in, in_size
 * 	rt_server_start(&server); supervisor_ready(...); rt_server_loop(&server);
 *
 * Locking. Handlers run on fibers; an operation may wait for a device. The library calls every
 * operation with the lock of each node it names taken (lookup and list: the directory's; read,
 * write, ...: the node's), except release, sync_all and spare. Whoever takes more than one node
 * lock holds fs->change first, so there is no order among them. */
#pragma once

#include "proto/auth.h"
#include "proto/dir.h"
#include "proto/file.h"
#include "rt/fiber.h"
#include "rt/rt.h"

struct file_ops; /* the generated table of file.h's handlers */
extern const struct file_ops
        fs_file_ops; /* the library's own: for devices that replace only some of them */
struct fs;
struct lock_table;
struct node;
struct node_map;
struct open_file;
struct rename;
struct watch;

/* Linux's values, under which files travel (sys/stat.h and fcntl.h have them, too, but only with
 * musl's headers). */
enum {
	MODE_TYPE = 0170000,
	MODE_SOCKET = 0140000,
	MODE_LINK = 0120000,
	MODE_FILE = 0100000,
	MODE_BLOCK = 0060000,
	MODE_DIR = 0040000,
	MODE_CHAR = 0020000,
	MODE_FIFO = 0010000,
	MODE_SETUID = 04000,
	MODE_SETGID = 02000,
	MODE_STICKY = 01000,
	MODE_PERMISSIONS = 07777,
};

enum open_flag {
	OPEN_ACCESS = 3, /* mask: the three following */
	OPEN_READ = 0,
	OPEN_WRITE = 1,
	OPEN_BOTH = 2,
	OPEN_CREATE = 0100,
	OPEN_EXCLUSIVE = 0200,
	OPEN_TRUNCATE = 01000,
	OPEN_APPEND = 02000,
	OPEN_NONBLOCK = 04000,
	OPEN_DIRECT = 040000,
	OPEN_DIRECTORY = 0200000,
	OPEN_NOFOLLOW = 0400000,
	OPEN_NOATIME = 01000000,
	OPEN_PATH = 010000000,
	OPEN_UNNAMED = 020000000, /* O_TMPFILE without its O_DIRECTORY */
};

/* What a node is to its file system is a struct that begins with (or contains) one of these. The
 * library changes the attributes only with the node's lock taken, and calls `store` afterwards. */
struct node {
	struct fs *fs;
	u64 ino;
	u32 mode, nlink, uid, gid;
	u64 rdev, size, blocks; /* blocks of 512 bytes */
	i64 atime_ns, mtime_ns, ctime_ns, btime_ns;

	/* --- the file system sets these if it likes --- */
	const struct file_ops
	        *file_ops; /* instead of the library's: devices (rq->object is the open_file) */

	/* --- the library's own --- */
	struct fiber_lock lock;
	u32 users;                /* references; at 0 `release` is called */
	u32 opens;                /* of them, open files */
	u32 seals;                /* FILE_SEAL_*, of regular files in memory */
	bool linkable;            /* without a name, but may get one (O_TMPFILE) */
	cap_t attached;           /* another server's directory; holds a reference */
	struct lock_table *locks; /* flock and fcntl, or NULL */
	struct node_map *map;     /* the segment clients map, or NULL */
	struct watch *watches;    /* of inotify, or NULL */
};

/* What to make. */
struct node_make {
	u32 mode, uid, gid;
	u64 rdev;
	const char *target; /* of a symbolic link */
	size_t target_size;
};

/* Where the bytes of a read go: a caller's buffer or memory. */
struct sink {
	struct request *rq; /* or NULL: `memory` */
	void *memory;
	size_t offset, size; /* how much is there already, and how much there will be in all */
	size_t skip;         /* bytes of the caller's buffer that are filled already */
};
/* The next bytes. They may be taken when the request is answered: after the last call the data must
 * stay as it is until the operation has returned, and the operation does not wait any more. */
MUST_CHECK err_t sink_put(struct sink *sink, const void *data, size_t size);
MUST_CHECK err_t sink_put_zeros(struct sink *sink, size_t size);

/* Where the bytes of a write come from. */
struct source {
	struct request *rq; /* or NULL: `memory` */
	const void *memory;
	size_t offset, size;
};
MUST_CHECK err_t source_get(struct source *source, void *data, size_t size);

/* Where the entries of a directory go. */
struct list_sink;
/* False: it does not fit any more (do not go on). `next` is the position behind the entry. */
bool list_put(struct list_sink *sink, u64 ino, u32 mode, const char *name, size_t size, u64 next);
/* "." and ".." for directories that do not store them: positions 0 and 1, so that stored entries
 * begin at 2. */
bool list_put_dots(struct list_sink *sink, const struct node *dir, u64 parent_ino, u64 *position);

/* A name is `size` bytes, not zero-terminated, 1 to fs->name_max long, without '/' and zero bytes,
 * never "." or "..". The library has made sure of what each comment says. An operation that is NULL
 * answers E_READONLY if it would change something and E_NOTSUP otherwise. */
struct fs_ops {
	/* The node, with a reference for the caller. E_NOENT. Also called with "..", not at the
	 * root. */
	err_t (*lookup)(struct node *dir, const char *name, size_t size, struct node **node);
	/* --- these set the times of what they change (node_touch) and store it, too --- */

	/* The name does not exist; the new node has nlink 1 (directory: 2, and the parent one
	 * more), all times now, and a reference for the caller. size 0: without a name, nlink 0. */
	err_t (*create)(struct node *dir, const char *name, size_t size,
	                const struct node_make *make, struct node **node);
	/* The name does not exist, `node` is no directory. Changes nlink. */
	err_t (*link)(struct node *dir, const char *name, size_t size, struct node *node);
	/* The name exists and leads to `node`; a directory may be not empty: E_NOTEMPTY. Changes
	 * nlink. */
	err_t (*remove)(struct node *dir, const char *name, size_t size, struct node *node);
	/* See struct rename. */
	err_t (*rename)(const struct rename *rename);

	/* Extends the file if need be; *done bytes were written, even if it fails then. */
	err_t (*write)(struct node *node, u64 offset, size_t size, struct source *source,
	               size_t *done);
	/* Change the size of a regular file; what is beyond a smaller size is zero if it grows
	 * again. */
	err_t (*resize)(struct node *node, u64 size);
	/* Make sure [offset, offset + size) has its blocks; the size grows unless `keep_size`. */
	err_t (*allocate)(struct node *node, u64 offset, u64 size, bool keep_size);

	/* --- these change nothing --- */

	/* [offset, offset + size) lies in the file; all of it is put into the sink. */
	err_t (*read)(struct node *node, u64 offset, size_t size, struct sink *sink);
	/* *offset to the next data (or hole) at or behind it; E_NXIO: none. Without it, all is
	 * data. */
	err_t (*seek)(struct node *node, bool hole, u64 *offset);
	err_t (*readlink)(struct node *node, char *target, size_t size, size_t *length);
	/* Entries from `position` (0: the first) by list_put; *position then stands behind the last
	 * that fitted. */
	err_t (*list)(struct node *dir, u64 *position, struct list_sink *sink);

	/* --- the node as a whole --- */

	/* The attributes in *node have changed. */
	err_t (*store)(struct node *node);
	/* All of the node is on disk when this returns. */
	err_t (*sync)(struct node *node, bool data_only);
	/* All of the file system is. Without a lock. */
	err_t (*sync_all)(struct fs *fs);
	void (*spare)(struct fs *fs); /* optional: memory is short, give back what can be */
	err_t (*statfs)(struct fs *fs, struct file_system_stat *st);

	/* Before a node is opened; *gate set to a gate: the caller gets that instead of an open
	 * file (its copy is moved). May answer any error. Without a lock. */
	err_t (*open)(struct node *node, u32 flags, struct request *rq, cap_t *gate);
	/* The last reference is gone: nlink 0 means that the node ends. Without a lock; may wait;
	 * may be followed by new references if the file system gives out the node again. */
	void (*release)(struct node *node);
};

/* Move old_name in old_dir, which is `node`, to new_name in new_dir. `replaced` (or NULL) is there
 * now: of the same sort, not an ancestor, an empty directory if it is one (to be checked by the
 * file system: E_NOTEMPTY). exchange: both swap places. `node` is no ancestor of new_dir. ".." and
 * link counts are the file system's. */
struct rename {
	struct node *old_dir, *new_dir, *node, *replaced;
	const char *old_name, *new_name;
	size_t old_size, new_size;
	bool exchange;
};

/* One file system that is served. The upper part is set before fs_init. */
struct fs {
	const struct fs_ops *ops;
	struct node *root; /* with a reference */
	void *state;       /* the file system's own */
	u64 dev, type;     /* st_dev, statfs' type */
	u32 block_size;
	u32 name_max, links_max;
	u64 size_max; /* of a file */
	bool readonly;
	bool memory;   /* keeps files in memory: with seals, and without names (dir_memory) */
	bool top;      /* ".." at the root is the root: nothing is above this one */
	cap_t pipe;    /* the pipe server's gate, or 0: FIFOs cannot be opened */
	cap_t socket;  /* the socket server's, for nodes, or 0: nobody can connect to sockets */
	cap_t counter; /* the counter server's, for file systems, or 0: nobody can watch */
	/* Who sent a ticket along (lib/identity); NULL: nobody is told from anybody, and all that
	 * comes through the public gate is allowed. */
	err_t (*accept)(struct request *rq, cap_t ticket, struct auth_identity *identity);
	/* Calls of other interfaces than dir and file at a gate; may be NULL. */
	void (*dispatch)(struct fs *fs, struct request *rq);

	/* --- the library's own --- */
	struct server *server;
	struct fiber_lock change;   /* whoever changes names or takes several nodes' locks */
	struct open_file *top_open; /* what FS_LABEL_PUBLIC stands for */
	struct open_file *system_open;
	struct list opens;
	u32 open_count;
	struct fs_maps *maps;
	struct list channels; /* watch.c */
	struct rt_source sync;
	u32 watch_count, cookie;
};
void fs_init(struct fs *fs);
/* Forget open files and maps as if the server had died (tests). */
void fs_stop(struct fs *fs);
void fs_serve_with(struct fs *fs, struct server *server);
/* Memory is short: spare, and give back pages of mapped files that can be read again. */
void fs_spare(struct fs *fs);
/* Write back what clients changed through mappings, then sync_all. */
MUST_CHECK err_t fs_sync(struct fs *fs);

/* Who acts, as far as permissions go. */
struct identity {
	u32 uid, gid, group_count;
	const u32 *groups; /* supplementary ones */
};
static inline bool identity_is_root(struct identity identity) { return identity.uid == 0; }
/* Is `gid` its group, or one of its groups? */
bool identity_has_group(struct identity identity, u32 gid);

/* What the auth server has said of a client. */
struct credentials {
	u32 users; /* open files */
	struct identity effective, real;
	u32 groups[];
};

/* Labels of gates that stand for no open file: nobody in particular at the root, and the system
 * itself, for the supervisor only. */
enum { FS_LABEL_PUBLIC = 0, FS_LABEL_SYSTEM = 1 };

/* The object behind the gate to an open file or directory; its address is the gate's label. */
struct open_file {
	struct list link;
	struct fs *fs;
	struct node *node;
	struct credentials *credentials; /* NULL: acts as nobody */
	bool privileged;                 /* root has opened it */
	bool told;                       /* that it was opened: its end will be told, too */
	bool unlinked;                   /* `name` has been taken out of `parent` */
	u32 flags;                       /* OPEN_*; OPEN_CREATE and the like are taken off */
	u32 users;                       /* the gate, and handlers that run */
	u64 position;
	struct fiber_lock lock; /* protects position across a read or write */
	/* Where it was opened, kept up to date; of directories only if somebody watches there. */
	struct node *parent;
	char *name;   /* without `parent`: a memory file's, all that file_path says */
	void *cookie; /* of node->file_ops' owner */
};

/* Zero the library's part, one reference. The file system sets the rest. */
void node_init(struct node *node, struct fs *fs);
static inline struct node *node_get(struct node *node)
{
	node->users++;
	return node;
}
void node_put(struct node *node);
static inline bool node_is(const struct node *node, u32 type)
{
	return (node->mode & MODE_TYPE) == type;
}
/* Set times to now (TIME_*) in memory; the caller stores. */
enum time_field { TIME_ACCESS = 1, TIME_MODIFY = 2, TIME_CHANGE = 4, TIME_BIRTH = 8 };
void node_touch(struct node *node, u32 fields);
/* E_ACCESS unless `identity` may do all of `wanted` (4 read, 2 write, 1 execute or search). */
enum { MAY_EXECUTE = 1, MAY_WRITE = 2, MAY_READ = 4 };
MUST_CHECK err_t node_check(const struct node *node, struct identity identity, u32 wanted);
void node_stat(const struct node *node, struct file_stat *st);
