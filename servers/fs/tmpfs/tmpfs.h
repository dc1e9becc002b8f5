/* SPDX-License-Identifier: MIT */
/* A file system in memory: nodes, names and contents come from the server's heap, and so from its
 * bank. */
#pragma once

#include "fs/lib/fs.h"

/* The contents of a file: a tree of pages, as high as the largest page number needs. What is not
 * there is zero. */
struct pages {
	void *root; /* height 0: page 0 itself; else a table of 512 */
	u32 height;
	u64 count; /* data pages */
};

struct tmp_node {
	struct node node;
	struct tmp_node *parent; /* of a directory; the root's is itself */
	struct list entries;     /* of a directory, by position */
	u64 next_position;
	struct pages pages; /* of a file */
	char *target;       /* of a link */
};

/* A name. */
struct tmp_entry {
	struct list link; /* in its directory */
	struct tmp_entry *hash_next;
	struct tmp_node *dir, *node;
	u64 position; /* for list */
	u32 size;
	char name[];
};

struct tmpfs {
	struct fs fs;
	u64 limit, used; /* data and table pages */
	u64 next_ino;
	u32 nodes;
	struct tmp_entry **hash; /* names of all directories */
	u32 hash_size, entry_count;
};

static inline struct tmpfs *tmpfs_of(const struct node *node)
{
	return container_of(node->fs, struct tmpfs, fs);
}
static inline struct tmp_node *tmp_of(struct node *node)
{
	return container_of(node, struct tmp_node, node);
}
static inline u64 tmp_min(u64 a, u64 b) { return a < b ? a : b; }

extern const struct fs_ops tmpfs_ops;

/* An empty file system whose contents may take `limit` pages; root directory with `mode`. */
MUST_CHECK err_t tmpfs_start(struct tmpfs *tmpfs, u64 limit, u32 mode);
/* All memory back (tests). */
void tmpfs_end(struct tmpfs *tmpfs);

/* --- pages.c --- */

/* The page's 4096 bytes, or NULL. */
char *pages_find(const struct pages *pages, u64 index);
/* The same, made (zeroed) if it is not there. E_NOSPACE. */
MUST_CHECK err_t pages_make(struct tmpfs *tmpfs, struct pages *pages, u64 index, char **page);
/* Free all pages from `index` on. */
void pages_cut(struct tmpfs *tmpfs, struct pages *pages, u64 index);

/* --- contents.c --- */

err_t tmpfs_read(struct node *node, u64 offset, size_t size, struct sink *sink);
err_t tmpfs_write(struct node *node, u64 offset, size_t size, struct source *source, size_t *done);
err_t tmpfs_resize(struct node *node, u64 size);
err_t tmpfs_allocate(struct node *node, u64 offset, u64 size, bool keep_size);
err_t tmpfs_seek(struct node *node, bool hole, u64 *offset);

/* --- archive.c --- */

/* Unpack a tar archive (ustar) into the root. */
MUST_CHECK err_t archive_unpack(struct tmpfs *tmpfs, const char *archive, size_t size);
