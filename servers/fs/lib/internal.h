/* SPDX-License-Identifier: MIT */
/* What the files of the library share with each other only. */
#pragma once

#include "fs/lib/fs.h"
#include "proto/dir_server.h"
#include "proto/file_server.h"
#include "proto/notify.h"

enum { INTERFACE_FILE = 1, INTERFACE_DIR = 2 };

extern const struct dir_ops fs_dir_ops;
extern const struct file_ops fs_file_ops;

static inline u64 u64_min(u64 a, u64 b) { return a < b ? a : b; }

/* A name in a directory. */
struct name {
	const char *text;
	size_t size;
};

/* --- open.c --- */

/* An open file for `node` (takes a reference of its own), with one user; NULL without memory.
 * `name` in `parent` may be NULL. */
struct open_file *open_create(struct fs *fs, struct node *node, u32 flags, struct node *parent,
                              const char *name, size_t name_size);
void open_put(struct open_file *open);
static inline bool open_reads(const struct open_file *open)
{
	return !(open->flags & OPEN_PATH) && (open->flags & OPEN_ACCESS) != OPEN_WRITE;
}
static inline bool open_writes(const struct open_file *open)
{
	return !(open->flags & OPEN_PATH) && (open->flags & OPEN_ACCESS) != OPEN_READ;
}

/* What was opened as `name` in `dir` is `new_name` in `new_dir` now, or nowhere (NULL). */
void opens_move(struct node *node, struct node *dir, struct name name, struct node *new_dir,
                struct name new_name);

/* --- identity.c: who asks --- */

struct identity open_identity(const struct open_file *open);
/* What the generated dispatcher is given for dir.h: rq->object is the gate's open file, who acts;
 * this is where its paths start, the open file that came along or the gate's own. */
struct open_file *request_base(const struct request *rq);
/* Take a base that came along: E_XDEV. request_base_end when the request is over. */
MUST_CHECK err_t request_base_begin(struct request *rq);
void request_base_end(struct open_file *base);
/* The open file behind a gate of ours: E_XDEV. */
MUST_CHECK err_t open_of_gate(struct fs *fs, struct request *rq, cap_t gate,
                              struct open_file **open);
struct open_file *open_of_label(struct fs *fs, u64 label);
MUST_CHECK err_t credentials_create(const struct auth_identity *from, struct credentials **made);
void open_bind(struct open_file *open, struct credentials *credentials);
void credentials_put(struct credentials *credentials);
err_t fs_dir_authenticate(struct request *rq, cap_t ticket, cap_t *handle);

/* --- walk.c: paths --- */

enum walk_flag {
	WALK_FOLLOW = 1, /* a symbolic link at the end */
	WALK_ABSENT = 2, /* the last name need not exist: then node is NULL */
	WALK_STAY = 4,   /* do not cross to what is attached at the end */
};
enum walk_last { LAST_NAME, LAST_DOT, LAST_DOTDOT, LAST_NONE };

struct walk {
	struct fs *fs;
	struct identity identity;
	u32 flags;
	u32 links;        /* symbolic links followed */
	const char *text; /* what is left of the path begins at `at` */
	char *inserted;   /* `text`, once a link's text is in it; NULL: it is the caller's */
	size_t size, at;
	size_t original,
	        original_left; /* size of the caller's path, and how much of it ends `text` */
	/* --- results --- */
	struct node *node;   /* where it ends, or NULL */
	struct node *parent; /* with LAST_NAME: the directory of `name`; otherwise NULL */
	const char *name;    /* in `text` */
	size_t name_size;
	enum walk_last last;
	bool slash; /* the path ends with one */
	u32 cross_kind;
	cap_t cross_gate;
};

/* A request's path, or two: few are too long for the stack. */
struct path {
	char *text;
	char store[256];
};

/* Copy the caller's lent `in` (`limit` bytes at most: E_NAMETOOLONG), and a zero behind it.
 * path_free then; it is all right on one that could not be fetched. */
MUST_CHECK err_t path_fetch(struct request *rq, size_t limit, struct path *path);
void path_free(struct path *path);
/* Walk `path`, which stays until walk_end, from `start` on behalf of `identity`. E_CROSS: answer
 * with walk_cross. walk_end in any case; it is all right on a zeroed walk. */
MUST_CHECK err_t walk(struct walk *w, struct open_file *start, struct identity identity, u32 flags,
                      const char *path, size_t size);
void walk_end(struct walk *w);
/* Answer the request for a walk that said E_CROSS on path `which`. */
err_t walk_cross(struct request *rq, const struct walk *w, u32 which);
/* E_CROSS becomes the answer that it means; other errors stay. */
static inline err_t walk_error(struct request *rq, const struct walk *w, u32 which, err_t error)
{
	return error == E_CROSS ? walk_cross(rq, w, which) : error;
}
/* The directory above `dir`, which is not the root. */
MUST_CHECK err_t walk_up(struct node *dir, struct node **parent);

/* --- dir_names.c, dir_move.c, dir_open.c: handlers --- */

err_t fs_dir_open(struct request *rq, u32 flags, u32 mode, cap_t *file, u32 *mode_out);
err_t fs_dir_memory(struct request *rq, u32 seals, cap_t *file, u32 *mode_out);
err_t fs_dir_make(struct request *rq, u32 mode, u64 rdev);
err_t fs_dir_symlink(struct request *rq);
err_t fs_dir_remove(struct request *rq, u32 flags);
err_t fs_dir_link(struct request *rq, cap_t new_dir, u32 flags);
err_t fs_dir_rename(struct request *rq, cap_t new_dir, u32 flags);

/* May `identity` put names into `dir`? */
MUST_CHECK err_t dir_check_add(const struct node *dir, struct identity identity);
/* May it take `node`'s name out of it? */
MUST_CHECK err_t dir_check_remove(const struct node *dir, const struct node *node,
                                  struct identity identity);
/* Make a node at the end of the walk; new->mode is complete, owner and group are set here. */
MUST_CHECK err_t dir_create(struct walk *w, struct node_make *make, struct node **node);

/* --- attributes.c --- */

MUST_CHECK err_t node_set(struct node *node, struct identity identity,
                          const struct file_attributes *attributes);
/* The contents change: what is set-id is so for what was in the file before. Root may. With the
 * node's lock; the caller stores. */
void node_drop_setid(struct node *node, bool privileged);
/* What of that is told to those who watch: NOTIFY_*, or 0. */
u32 attributes_event(u32 mask);
/* A read has happened. */
void node_accessed(struct node *node, u32 open_flags);

/* --- io.c: with the node's lock --- */

MUST_CHECK err_t node_read(struct node *node, u64 offset, size_t size, struct sink *sink);
MUST_CHECK err_t node_write(struct node *node, u64 offset, size_t size, struct source *source,
                            size_t *done);
MUST_CHECK err_t node_resize(struct node *node, u64 size);
/* E_PERM if a seal forbids this size. */
MUST_CHECK err_t seal_check_size(const struct node *node, u64 size);
err_t fs_file_read(struct request *rq, i64 offset, u32 flags, u64 *count);
err_t fs_file_write(struct request *rq, i64 offset, u32 flags, u64 *count);

/* --- list.c --- */

err_t fs_file_list(struct request *rq, u64 *count);
/* The name under which `node` stands in `dir` (both directories). E_NOENT. */
MUST_CHECK err_t list_find(struct node *dir, u64 ino, char name[DIR_NAME_MAX], size_t *size);
err_t fs_file_path(struct request *rq, u64 *length);

/* --- lock.c --- */

err_t fs_file_lock(struct request *rq, u64 owner, u32 type, u64 start, u64 size, bool wait);
err_t fs_file_lock_query(struct request *rq, u64 owner, u32 type, u64 start, u64 size,
                         struct file_lock_found *found);
err_t fs_file_unlock_all(struct request *rq, u64 owner);
/* All locks that were set through this open file end. */
void lock_open_closed(struct open_file *open);

/* --- watch.c: inotify; events are NOTIFY_* of proto/notify.h --- */

/* Watch `node` for `instance`. E_EXISTS, E_LIMIT, E_INVAL: it is none. */
MUST_CHECK err_t watch_add(struct node *node, cap_t instance, u32 mask, u32 *number);
/* A watch's gate has its address and this bit for its label. */
enum { FS_LABEL_WATCH = 1 };
static inline bool label_is_watch(u64 label)
{
	return label > FS_LABEL_SYSTEM && label & FS_LABEL_WATCH;
}
/* The last copy of it is gone. */
void watch_gate_closed(struct fs *fs, u64 label);
/* A number that two events have in common. */
u32 watch_cookie(struct fs *fs);

/* Tell those who watch; the functions below ask first whether anybody does. */
void watch_tell_node(const struct node *node, u32 event);
void watch_tell_entry(const struct node *dir, const struct node *node, struct name name, u32 event,
                      u32 cookie);
void watch_tell_open(const struct open_file *open, u32 event);
void watch_tell_end(struct node *node);

/* Of the node itself. */
static inline void tell_node(const struct node *node, u32 event)
{
	if (node->watches)
		watch_tell_node(node, event);
}
/* Of a name in a directory, which leads to `node`. */
static inline void tell_entry(const struct node *dir, const struct node *node, struct name name,
                              u32 event, u32 cookie)
{
	if (dir->watches)
		watch_tell_entry(dir, node, name, event, cookie);
}
/* Of an open file: to those who watch it, or where it was opened. */
static inline void tell_open(const struct open_file *open, u32 event)
{
	if (open->node->watches || (open->parent && open->parent->watches))
		watch_tell_open(open, event);
}
/* The same of what a walk has found. */
static inline void tell_walk(const struct walk *w, u32 event)
{
	if (w->parent)
		tell_entry(w->parent, w->node, (struct name){ w->name, w->name_size }, event, 0);
	tell_node(w->node, event);
}
/* A name or an open file has gone: perhaps the node has. */
static inline void tell_end(struct node *node)
{
	if (node->watches)
		watch_tell_end(node);
}

/* --- map.c --- */

MUST_CHECK err_t map_start(struct fs *fs);
/* Forget all maps, whoever uses them, and write nothing back (tests). */
void map_stop(struct fs *fs);
err_t fs_file_map(struct request *rq, u32 access, cap_t *segment, u64 *size);
void map_page_in(struct server *server, u64 label, u64 offset, u32 access, bool evicted, u64 token);
/* With the node's lock; the node has a map. Mapped pages hold what is true of the file. */
MUST_CHECK err_t map_read(struct node *node, u64 offset, size_t size, struct sink *sink);
MUST_CHECK err_t map_write_back(struct node *node, u64 offset, u64 size);
void map_written(struct node *node, u64 offset, size_t size);
void map_resized(struct node *node, u64 old_size);
/* With the node's lock: can somebody write to the pages? What nobody can any more is forgotten. */
bool map_has_writers(struct node *node);
/* Write back all maps of the file system. Takes the nodes' locks. */
MUST_CHECK err_t map_sync(struct fs *fs);
/* Give up maps that nobody uses any more and that are of no use to keep; or all. */
void map_reap(struct fs *fs, bool all);
