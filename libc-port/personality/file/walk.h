/* SPDX-License-Identifier: MIT */
/* Paths: from a string and a place to start to the server that answers. A walk is one message to
 * a directory, and one more for each time the path leads to another server (proto/dir.h,
 * E_CROSS). */
#pragma once

#include "core/call.h"
#include "file/descriptor.h"
#include "proto/dir.h"

/* Functions with path buffers on the stack that are seldom called: not to be merged into those
 * that often are. */
#define RARE __attribute__((noinline, cold))

/* Where a walk starts. */
struct place {
	cap_t dir;  /* whom to ask: says who we are, if that server knows identities */
	cap_t base; /* where the path starts there; 0: at `dir` itself */
	u16 mount;
	struct file *file; /* to be put when done, or NULL */
};

/* The mount points that this process has crossed: their absolute paths. 0 is the root. A
 * directory's mount number says in which file system it lies, for ".." above that system's root. */
enum { MOUNT_MAX = 16, MOUNT_PATH_MAX = 128 };
extern char mounts[MOUNT_MAX][MOUNT_PATH_MAX];
extern u32 mount_count;

/* --- handle.c: how servers know us (proto/dir.h, "Identities") --- */

/* By mount number: the gate that leads there, as it was given to us, and the one that acts with our
 * identity. Entry 0 is not used: PROCESS_ROOT is its handle. */
struct mount_handle {
	cap_t attached, handle;
	bool plain; /* the server knows no identities: no handle */
};
extern struct mount_handle mount_handles[MOUNT_MAX];

/* A gate to the directory behind `dir` that acts with `identity`. Two messages of ours. */
MUST_CHECK err_t handle_make(cap_t identity, cap_t dir, cap_t *handle);
/* The handle for mount number `mount`, or 0; made through `dir`, a directory of that server, if
 * there is none. */
cap_t handle_find(u16 mount, cap_t dir);
/* A crossing has led to `gate` at mount number `mount`: the handle to go on with, or 0. *taken: the
 * gate is kept. */
cap_t handle_enter(u16 mount, cap_t gate, bool *taken);
/* The handle `dead` of mount number `mount` is of a server that has ended: one at the server that
 * is attached there now, or 0. */
cap_t handle_renew(u16 mount, cap_t dead);
/* We are somebody else from now on. */
void handles_drop(void);
/* Point `place` at an open file itself: an empty path leads to it. */
void place_file(struct place *place, const struct file *file);

/* The working directory. */
struct cwd {
	struct file *file; /* NULL: the root */
	u32 size;
	char path[PATH_MAX];
};
extern struct cwd cwd;

void cwd_rebind(void);

/* Nothing is mounted that we know of, and we are in the root. */
void walk_start(void);

/* The directory that `fd` (AT_FDCWD: the working directory) names for `path`: -EBADF, -ENOTDIR. */
i64 place_find(struct place *place, i32 fd, const char *path);
void place_done(struct place *place);

/* A walk: `m` is the request without path and `out`; afterwards it is the reply. */
struct walk {
	struct msg m;
	u64 words[MSG_WORDS]; /* the request's words, kept for the next server */
	cap_t sent;           /* goes along, or 0; of walks of one path */
	u16 mount;            /* where it ended */
	bool may_wait;        /* interruptible */
	void *data;           /* where the answer's bytes go, if there are any */
	size_t data_size;
	bool data_counted;  /* ... as many as word[1] of the answer says */
	const char *prefix; /* sent before the path, with its zero (dir_symlink) */
};

/* Send it along `path` from `place`. `path` is a buffer of PATH_MAX that the walk uses up. */
err_t walk_path(struct walk *walk, const struct place *place, char *path);

/* The same with two paths. */
err_t walk_two(struct walk *walk, const struct place *place, char *path,
               const struct place *second_place, char *second);

/* The absolute path of `path` found from `place`, put together as text: its length, or a
 * negative number. Buffer of PATH_MAX. */
i64 place_absolute(const struct place *place, const char *path, char *buffer);

/* Join and normalise: "." and ".." and double slashes go. `base` is absolute. The length; the
 * result always begins with '/'. */
i64 path_join(const char *base, const char *path, char *buffer);

/* The links of /proc/self/ (or the same by number) that say what this process knows best. True:
 * `path` was replaced by what the link says, or *fd is a descriptor's number if it is one, else
 * -1. */
bool self_link(char *path, i32 *fd);
/* The path of an open file, or what stands for it ("pipe:[3]"), into a buffer of PATH_MAX. False:
 * there is no such descriptor, or its server does not say. */
bool descriptor_name(u32 fd, char *path);
bool file_name(const struct file *file, char *path);
/* "/proc/self/..." and "/proc/thread-self/..." by their numbers: procfs cannot know who asks; and
 * /dev/fd, /dev/stdin, /dev/stdout and /dev/stderr, which lead there. Those links themselves only
 * if `follow`. True: replaced. */
bool self_name(char *path, bool follow);

/* Copy a path from the program: its length or negative. */
i64 path_fetch(char *path, u64 address);
