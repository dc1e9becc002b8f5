/* SPDX-License-Identifier: MIT */
/* Inodes: between the table on disk and nodes in memory. Nodes without users stay for a while;
 * those without links end with their last user. */
#include <stdlib.h>
#include <string.h>

#include "dir_index.h"

enum { XATTR_MAGIC = 0xea020000 };

/* --- times and devices --- */

static i64 time_take(u32 seconds, u32 extra)
{
	i64 s = (i64)(i32)seconds + ((i64)(extra & 3) << 32), most = INT64_MAX / 1000000000 - 1;

	if (s > most)
		s = most; /* the year 2262 is as far as nanoseconds go */
	return s * 1000000000 + (extra >> 2) % 1000000000u;
}

static void time_give(i64 time_ns, bool wide, u32 *seconds, u32 *extra)
{
	i64 s = time_ns / 1000000000, ns = time_ns % 1000000000;

	if (ns < 0)
		s--, ns += 1000000000;
	i64 most = INT32_MAX + (wide ? 3ll << 32 : 0);
	if (s < INT32_MIN || s > most)
		s = s < 0 ? INT32_MIN : most, ns = 0;
	*seconds = (u32)s;
	*extra = (u32)((s - (i32)s) >> 32 & 3) | (u32)ns << 2;
}

/* Linux's two ways to write a device's number on disk; rdev is as programs see it. */
static u64 device_take(const u32 block[])
{
	u32 major, minor;

	if (block[0]) {
		major = block[0] >> 8 & 0xff;
		minor = block[0] & 0xff;
	} else {
		major = block[1] >> 8 & 0xfff;
		minor = (block[1] & 0xff) | (block[1] >> 12 & 0xfff00);
	}
	return (u64)(major & 0xfff) << 8 | (minor & 0xff) | (u64)(minor & ~0xffu) << 12;
}

static void device_give(u64 rdev, u32 block[])
{
	u32 major = (u32)(rdev >> 8) & 0xfff, minor = (u32)((rdev & 0xff) | (rdev >> 12 & 0xfff00));

	block[0] = block[1] = 0;
	if (major < 256 && minor < 256)
		block[0] = major << 8 | minor;
	else
		block[1] = (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
}

/* --- the table --- */

/* The inode's place, in the buffer of its block. */
static err_t inode_get(struct ext *ext, u32 ino, struct buffer **buffer, struct ext_inode **raw)
{
	const struct ext_group *group = &ext->groups[(ino - 1) / ext->inodes_per_group];
	u64 offset = (u64)((ino - 1) % ext->inodes_per_group) * ext->inode_size;
	u64 block = group->inode_table + (offset >> ext->block_shift);
	err_t error = cache_get(&ext->cache, block, BUFFER_READ, buffer);

	if (!error)
		*raw = (struct ext_inode *)((*buffer)->data + offset % ext->block_size);
	return error;
}

/* Does the inode have the fields beyond 128 bytes up to `end`? */
static bool inode_has(const struct ext *ext, const struct ext_inode *raw, size_t end)
{
	return ext->inode_size >= end && ext->inode_size > EXT_GOOD_OLD_INODE_SIZE &&
	       (size_t)EXT_GOOD_OLD_INODE_SIZE + raw->extra_isize >= end;
}
#define INODE_HAS(ext, raw, field)                                                                 \
	inode_has(ext, raw, offsetof(struct ext_inode, field) + sizeof((raw)->field))

static void inode_take_times(const struct ext *ext, const struct ext_inode *raw, struct node *node)
{
	bool wide = INODE_HAS(ext, raw, atime_extra), birth = INODE_HAS(ext, raw, crtime_extra);

	node->atime_ns = time_take(raw->atime, wide ? raw->atime_extra : 0);
	node->mtime_ns = time_take(raw->mtime, wide ? raw->mtime_extra : 0);
	node->ctime_ns = time_take(raw->ctime, wide ? raw->ctime_extra : 0);
	node->btime_ns = birth ? time_take(raw->crtime, raw->crtime_extra) : node->ctime_ns;
}

static void inode_take(struct ext *ext, const struct ext_inode *raw, struct ext_node *x)
{
	struct node *node = &x->node;
	u32 unit = raw->flags & INODE_HUGE_FILE ? ext->block_size / 512 : 1;

	node->mode = raw->mode;
	node->nlink = raw->links;
	node->uid = raw->uid | (u32)raw->uid_high << 16;
	node->gid = raw->gid | (u32)raw->gid_high << 16;
	node->size = raw->size;
	if (node_is(node, MODE_FILE))
		node->size |= (u64)raw->size_high << 32;
	node->blocks = (raw->blocks | (u64)raw->blocks_high << 32) * unit;
	node->rdev = 0;
	if (node_is(node, MODE_CHAR) || node_is(node, MODE_BLOCK))
		node->rdev = device_take(raw->block);
	inode_take_times(ext, raw, node);
	x->flags = raw->flags;
	x->generation = raw->generation;
	x->dtime = raw->dtime;
	x->file_acl = raw->file_acl;
	x->file_acl_high = raw->file_acl_high;
	memcpy(x->block, raw->block, sizeof(x->block));
}

static err_t inode_check(struct ext *ext, const struct ext_node *x, bool orphan)
{
	const struct node *node = &x->node;
	u64 most = node_is(node, MODE_DIR) ? (1ull << 31) : ext->fs.size_max;

	switch (node->mode & MODE_TYPE) {
	case MODE_FILE:
	case MODE_DIR:
	case MODE_LINK:
	case MODE_FIFO:
	case MODE_SOCKET:
	case MODE_CHAR:
	case MODE_BLOCK:
		break;
	default:
		return ext_corrupt(ext, node->ino, "it is nothing known");
	}
	if (node->nlink == 0 && !orphan)
		return ext_corrupt(ext, node->ino, "a name leads to a file that has none");
	if (x->flags & INODE_REFUSED)
		return ext_corrupt(ext, node->ino, "it is stored in a way that is not supported");
	if ((x->flags & INODE_EXTENTS) && !ext->extents)
		return ext_corrupt(ext, node->ino, "it has extents, and the file system has not");
	if ((node_is(node, MODE_FILE) || node_is(node, MODE_DIR)) && node->size > most)
		return ext_corrupt(ext, node->ino, "its size is impossible");
	if (node_is(node, MODE_DIR) && (node->size == 0 || node->size % ext->block_size))
		return ext_corrupt(ext, node->ino, "a directory with an odd size");
	if (node_is(node, MODE_LINK) && (node->size == 0 || node->size > DIR_PATH_MAX))
		return ext_corrupt(ext, node->ino, "a symbolic link with an odd size");
	return OK;
}

static void inode_give_times(const struct ext *ext, const struct node *node, struct ext_inode *raw)
{
	u32 atime, mtime, ctime, birth;
	bool wide = INODE_HAS(ext, raw, atime_extra);

	time_give(node->atime_ns, wide, &raw->atime, &atime);
	time_give(node->mtime_ns, wide, &raw->mtime, &mtime);
	time_give(node->ctime_ns, wide, &raw->ctime, &ctime);
	if (wide) {
		raw->atime_extra = atime;
		raw->mtime_extra = mtime;
		raw->ctime_extra = ctime;
	}
	if (INODE_HAS(ext, raw, crtime_extra)) {
		time_give(node->btime_ns, true, &raw->crtime, &birth);
		raw->crtime_extra = birth;
	}
}

static void inode_give(const struct ext *ext, struct ext_node *x, struct ext_inode *raw)
{
	const struct node *node = &x->node;
	u32 unit = x->flags & INODE_HUGE_FILE ? ext->block_size / 512 : 1;

	if (node_is(node, MODE_CHAR) || node_is(node, MODE_BLOCK))
		device_give(node->rdev, x->block);
	raw->mode = (u16)node->mode;
	raw->links = (u16)node->nlink;
	raw->uid = (u16)node->uid;
	raw->uid_high = (u16)(node->uid >> 16);
	raw->gid = (u16)node->gid;
	raw->gid_high = (u16)(node->gid >> 16);
	raw->size = (u32)node->size;
	if (node_is(node, MODE_FILE))
		raw->size_high = (u32)(node->size >> 32);
	raw->blocks = (u32)(node->blocks / unit);
	raw->blocks_high = (u16)(node->blocks / unit >> 32);
	raw->flags = x->flags;
	raw->generation = x->generation;
	raw->dtime = x->dtime;
	raw->file_acl = x->file_acl;
	raw->file_acl_high = (u16)x->file_acl_high;
	memcpy(raw->block, x->block, sizeof(raw->block));
	inode_give_times(ext, node, raw);
}

err_t ext_node_write(struct ext_node *x, bool fresh)
{
	struct ext *ext = ext_of(&x->node);
	struct buffer *buffer;
	struct ext_inode *raw;
	err_t error = inode_get(ext, (u32)x->node.ino, &buffer, &raw);

	if (error)
		return error;
	if (fresh) {
		memset(raw, 0, ext->inode_size);
		if (ext->inode_size > EXT_GOOD_OLD_INODE_SIZE)
			raw->extra_isize = (u16)ext_min(sizeof(*raw) - EXT_GOOD_OLD_INODE_SIZE,
			                                ext->inode_size - EXT_GOOD_OLD_INODE_SIZE);
	}
	inode_give(ext, x, raw);
	cache_dirty(&ext->cache, buffer, BUFFER_METADATA);
	cache_put(&ext->cache, buffer);
	return OK;
}

/* Of fs_ops: the attributes were changed from outside. */
err_t ext_node_store(struct node *node)
{
	struct ext *ext = ext_of(node);
	err_t error = ext_begin(ext);

	if (error)
		return error;
	error = ext_node_write(ext_node_of(node), false);
	ext_end(ext);
	return error;
}

void ext_node_count(struct ext_node *x, i64 blocks)
{
	u64 change = (u64)(blocks < 0 ? -blocks : blocks) << (ext_of(&x->node)->block_shift - 9);

	if (blocks >= 0)
		x->node.blocks += change;
	else
		x->node.blocks -= ext_min(change, x->node.blocks);
}

/* --- nodes --- */

static struct list *node_bucket(struct ext *ext, u64 ino)
{
	return &ext->nodes[ino % EXT_NODE_BUCKETS];
}

static struct ext_node *node_find(struct ext *ext, u32 ino)
{
	list_each (x, node_bucket(ext, ino), struct ext_node, link)
		if (x->node.ino == ino)
			return x;
	return NULL;
}

static void node_free(struct ext_node *x)
{
	list_remove(&x->link);
	dir_index_drop(x);
	free(x);
}

static void unused_trim(struct ext *ext, u32 most)
{
	struct ext_node *x;

	while (ext->unused_count > most &&
	       (x = list_first(&ext->unused, struct ext_node, unused))) {
		list_remove(&x->unused);
		ext->unused_count--;
		node_free(x);
	}
}

static struct ext_node *node_new(struct ext *ext, u32 ino)
{
	struct ext_node *x = calloc(1, sizeof(*x));

	if (!x) {
		unused_trim(ext, 0);
		return NULL;
	}
	node_init(&x->node, &ext->fs);
	x->node.ino = ino;
	x->number = ++ext->nodes_made;
	list_init(&x->unused);
	list_init(&x->orphan);
	list_add_tail(node_bucket(ext, ino), &x->link);
	return x;
}

static err_t node_load(struct ext *ext, struct ext_node *x, bool orphan)
{
	struct buffer *buffer;
	struct ext_inode *raw;

	x->loading = true;
	err_t error = inode_get(ext, (u32)x->node.ino, &buffer, &raw);
	if (!error) {
		inode_take(ext, raw, x);
		cache_put(&ext->cache, buffer);
		error = inode_check(ext, x, orphan);
	}
	x->loading = false;
	fiber_wake_all(&ext->loaded);
	return error;
}

err_t ext_node_get(struct ext *ext, u32 ino, bool orphan, struct node **node)
{
	struct ext_node *x;

	if (ino == 0 || ino > ext->inodes || (ino < ext->first_ino && ino != EXT_ROOT_INO))
		return ext_corrupt(ext, ino, "a name leads to no file's number");
	while ((x = node_find(ext, ino)) && x->loading)
		fiber_wait(&ext->loaded);
	if (x) {
		if (x->node.nlink == 0 && !orphan)
			return ext_corrupt(ext, ino, "a name leads to a file that has none");
		if (x->node.users++ == 0) {
			list_remove(&x->unused);
			ext->unused_count--;
		}
		*node = &x->node;
		return OK;
	}
	x = node_new(ext, ino);
	if (!x)
		return E_FUNDS;
	err_t error = node_load(ext, x, orphan);
	if (error)
		node_free(x);
	else
		*node = &x->node;
	return error;
}

err_t ext_node_create(struct ext *ext, u32 ino, struct ext_node **node)
{
	if (node_find(ext, ino))
		return ext_corrupt(ext, ino, "an inode in use is called free");
	struct ext_node *x = node_new(ext, ino);
	if (!x)
		return E_FUNDS;
	x->generation = (u32)rt_realtime() ^ ino;
	*node = x;
	return OK;
}

void ext_node_discard(struct ext_node *x) { node_free(x); }

/* --- the end of a node --- */

/* The block of extended attributes, which several files may share. */
static err_t xattr_drop(struct ext_node *x)
{
	struct ext *ext = ext_of(&x->node);
	u64 block = x->file_acl | x->file_acl_high << 32;
	struct buffer *buffer;

	if (block == 0)
		return OK;
	if (!ext_blocks_valid(ext, block, 1))
		return ext_corrupt(ext, x->node.ino, "its attributes lie outside");
	err_t error = cache_get(&ext->cache, block, BUFFER_READ, &buffer);
	if (error)
		return error;
	u32 *head = (u32 *)(void *)buffer->data; /* magic, references */
	bool last = head[1] <= 1;
	if (head[0] != XATTR_MAGIC)
		error = ext_corrupt(ext, x->node.ino, "its attributes are none");
	else if (!last) {
		head[1]--;
		cache_dirty(&ext->cache, buffer, BUFFER_METADATA);
	}
	cache_put(&ext->cache, buffer);
	x->file_acl = 0;
	x->file_acl_high = 0;
	return error || !last ? error : ext_blocks_free(ext, block, 1);
}

static bool node_has_map(const struct ext_node *x)
{
	const struct node *node = &x->node;

	return node_is(node, MODE_FILE) || node_is(node, MODE_DIR) ||
	       (node_is(node, MODE_LINK) && !ext_link_fast(x));
}

static err_t node_end(struct ext_node *x)
{
	struct ext *ext = ext_of(&x->node);
	err_t error = OK;

	if (node_has_map(x))
		error = ext_map_cut(x, 0);
	if (!error)
		error = xattr_drop(x);
	if (error)
		return error; /* it stays an orphan: e2fsck's turn */
	error = orphan_remove(x);
	x->node.size = 0;
	x->dtime = (u32)(rt_realtime() / 1000000000ull);
	if (!error)
		error = ext_node_write(x, false);
	if (!error)
		error = ext_inode_free(ext, (u32)x->node.ino, node_is(&x->node, MODE_DIR));
	return error;
}

void ext_node_release(struct node *node)
{
	struct ext_node *x = ext_node_of(node);
	struct ext *ext = ext_of(node);

	if (node->nlink > 0 || ext->fs.readonly) {
		list_add_tail(&ext->unused, &x->unused);
		ext->unused_count++;
		unused_trim(ext, EXT_NODES_UNUSED_MAX);
		return;
	}
	list_remove(&x->link); /* nobody finds it any more */
	err_t error = ext_begin(ext);
	if (!error) {
		error = node_end(x);
		ext_end(ext);
	}
	if (error) {
		rt_log("cannot free inode %lu: %s", (unsigned long)node->ino, rt_error_text(error));
		ext->was_valid = false;
	}
	list_remove(&x->orphan);
	dir_index_drop(x);
	free(x);
}

void ext_nodes_free(struct ext *ext)
{
	for (int i = 0; i < EXT_NODE_BUCKETS; i++) {
		struct ext_node *x;
		while (ext->nodes[i].next &&
		       (x = list_first(&ext->nodes[i], struct ext_node, link))) {
			list_remove(&x->unused);
			node_free(x);
		}
	}
}

void ext_spare(struct fs *fs)
{
	struct ext *ext = container_of(fs, struct ext, fs);

	cache_shrink(&ext->cache, ext->cache.count / 2);
	unused_trim(ext, 0);
	for (int i = 0; i < EXT_NODE_BUCKETS; i++)
		list_each (x, &ext->nodes[i], struct ext_node, link)
			if (!x->node.lock.owner)
				dir_index_drop(x);
}
