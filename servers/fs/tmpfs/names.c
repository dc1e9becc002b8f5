/* SPDX-License-Identifier: MIT */
/* Nodes and names in memory. A node lives as long as it has a name or is in use. */
#include <stdlib.h>
#include <string.h>

#include "tmpfs.h"

enum { HASH_FIRST = 64 };

/* --- names --- */

static u32 name_hash(const struct tmp_node *dir, const char *name, size_t size)
{
	u32 hash = 2166136261u ^ (u32)dir->node.ino * 2654435761u;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ (u8)name[i]) * 16777619u;
	return hash ^ hash >> 15;
}

static struct tmp_entry **entry_place(struct tmpfs *tmpfs, const struct tmp_node *dir,
                                      const char *name, size_t size)
{
	struct tmp_entry **at = &tmpfs->hash[name_hash(dir, name, size) & (tmpfs->hash_size - 1)];

	while (*at && ((*at)->dir != dir || (*at)->size != size || memcmp((*at)->name, name, size)))
		at = &(*at)->hash_next;
	return at;
}

/* Twice as many buckets; if there is no memory, the chains are longer. */
static void hash_grow(struct tmpfs *tmpfs)
{
	struct tmp_entry **old = tmpfs->hash,
	                 **larger = calloc(2 * (size_t)tmpfs->hash_size, sizeof(*larger));
	u32 old_size = tmpfs->hash_size;

	if (!larger)
		return;
	tmpfs->hash = larger;
	tmpfs->hash_size = 2 * old_size;
	for (u32 i = 0; i < old_size; i++) {
		while (old[i]) {
			struct tmp_entry *entry = old[i];
			old[i] = entry->hash_next;
			struct tmp_entry **at =
			        entry_place(tmpfs, entry->dir, entry->name, entry->size);
			entry->hash_next = NULL;
			*at = entry;
		}
	}
	free(old);
}

static struct tmp_entry *entry_make(const char *name, size_t size)
{
	struct tmp_entry *entry = malloc(sizeof(*entry) + size);

	if (!entry)
		return NULL;
	list_init(&entry->link);
	entry->hash_next = NULL;
	entry->size = (u32)size;
	memcpy(entry->name, name, size);
	return entry;
}

static void entry_add(struct tmpfs *tmpfs, struct tmp_entry *entry, struct tmp_node *dir,
                      struct tmp_node *x)
{
	if (tmpfs->entry_count > tmpfs->hash_size)
		hash_grow(tmpfs);
	entry->dir = dir;
	entry->node = x;
	entry->position = dir->next_position++;
	*entry_place(tmpfs, dir, entry->name, entry->size) = entry;
	list_add_tail(&dir->entries, &entry->link);
	tmpfs->entry_count++;
	node_touch(&dir->node, TIME_MODIFY | TIME_CHANGE);
}

static void entry_remove(struct tmpfs *tmpfs, const struct tmp_node *dir, const char *name,
                         size_t size)
{
	struct tmp_entry **at = entry_place(tmpfs, dir, name, size), *entry = *at;

	*at = entry->hash_next;
	list_remove(&entry->link);
	tmpfs->entry_count--;
	node_touch(&entry->dir->node, TIME_MODIFY | TIME_CHANGE);
	free(entry);
}

static err_t tmpfs_lookup(struct node *node, const char *name, size_t size, struct node **found)
{
	struct tmp_node *dir = tmp_of(node);

	if (size == 2 && name[0] == '.' && name[1] == '.') {
		*found = node_get(&dir->parent->node);
		return OK;
	}
	const struct tmp_entry *entry = *entry_place(tmpfs_of(node), dir, name, size);
	if (!entry)
		return E_NOENT;
	*found = node_get(&entry->node->node);
	return OK;
}

static err_t tmpfs_list(struct node *node, u64 *position, struct list_sink *sink)
{
	struct tmp_node *dir = tmp_of(node);

	if (!list_put_dots(sink, node, dir->parent->node.ino, position))
		return OK;
	list_each (entry, &dir->entries, struct tmp_entry, link) {
		if (entry->position < *position)
			continue;
		if (!list_put(sink, entry->node->node.ino, entry->node->node.mode, entry->name,
		              entry->size, entry->position + 1))
			return OK;
		*position = entry->position + 1;
	}
	return OK;
}

/* --- nodes --- */

static void node_free(struct tmp_node *x)
{
	struct tmpfs *tmpfs = tmpfs_of(&x->node);

	pages_cut(tmpfs, &x->pages, 0);
	free(x->target);
	free(x);
	tmpfs->nodes--;
}

/* The last user has gone. A node with a name is kept by that. A directory that ends lets go of its
 * parent, which may end, too. */
static void tmpfs_release(struct node *node)
{
	while (node && node->nlink == 0) {
		struct tmp_node *x = tmp_of(node);
		struct node *parent =
		        node_is(node, MODE_DIR) && x->parent != x ? &x->parent->node : NULL;
		node_free(x);
		node = parent && --parent->users == 0 ? parent : NULL;
	}
}

static struct tmp_node *node_make(struct tmpfs *tmpfs, const struct node_make *make)
{
	struct tmp_node *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	node_init(&x->node, &tmpfs->fs);
	list_init(&x->entries);
	x->next_position = 2;
	x->node.ino = tmpfs->next_ino++;
	x->node.mode = make->mode;
	x->node.uid = make->uid;
	x->node.gid = make->gid;
	x->node.rdev = make->rdev;
	x->node.nlink = 1;
	x->node.seals = node_is(&x->node, MODE_FILE) ? FILE_SEAL_SEAL : 0;
	tmpfs->nodes++;
	node_touch(&x->node, TIME_ACCESS | TIME_MODIFY | TIME_CHANGE | TIME_BIRTH);
	if (make->target) {
		x->target = malloc(make->target_size);
		if (!x->target) {
			node_free(x);
			return NULL;
		}
		memcpy(x->target, make->target, make->target_size);
		x->node.size = make->target_size;
	}
	return x;
}

static err_t tmpfs_create(struct node *node, const char *name, size_t size,
                          const struct node_make *make, struct node **out)
{
	struct tmpfs *tmpfs = tmpfs_of(node);
	struct tmp_node *dir = tmp_of(node);
	struct tmp_entry *entry = entry_make(name, size);
	struct tmp_node *x = entry ? node_make(tmpfs, make) : NULL;

	if (!x) {
		free(entry);
		return E_NOSPACE;
	}
	if (node_is(&x->node, MODE_DIR)) {
		x->node.nlink = 2;
		x->parent = dir;
		node_get(node); /* for ".." */
		node->nlink++;
	}
	if (size) {
		entry_add(tmpfs, entry, dir, x);
	} else {
		x->node.nlink = 0;
		free(entry);
	}
	*out = &x->node;
	return OK;
}

static err_t tmpfs_link(struct node *dir, const char *name, size_t size, struct node *node)
{
	struct tmp_entry *entry = entry_make(name, size);

	if (!entry)
		return E_NOSPACE;
	entry_add(tmpfs_of(node), entry, tmp_of(dir), tmp_of(node));
	node->nlink++;
	node_touch(node, TIME_CHANGE);
	return OK;
}

/* One name less. A directory's both links go, and its parent's. */
static void drop_link(struct node *dir, struct node *node)
{
	if (node_is(node, MODE_DIR)) {
		node->nlink = 0;
		dir->nlink--;
	} else {
		node->nlink--;
	}
	node_touch(node, TIME_CHANGE);
}

static err_t tmpfs_remove(struct node *dir, const char *name, size_t size, struct node *node)
{
	if (node_is(node, MODE_DIR) && !list_empty(&tmp_of(node)->entries))
		return E_NOTEMPTY;
	entry_remove(tmpfs_of(node), tmp_of(dir), name, size);
	drop_link(dir, node);
	return OK;
}

static void move_dir(struct tmp_node *x, struct tmp_node *to)
{
	struct tmp_node *from = x->parent;

	from->node.nlink--;
	to->node.nlink++;
	x->parent = to;
	node_get(&to->node);
	node_put(&from->node);
}

static void rename_exchange(const struct rename *r)
{
	struct tmpfs *tmpfs = tmpfs_of(r->node);
	struct tmp_node *from = tmp_of(r->old_dir), *to = tmp_of(r->new_dir);

	(*entry_place(tmpfs, from, r->old_name, r->old_size))->node = tmp_of(r->replaced);
	(*entry_place(tmpfs, to, r->new_name, r->new_size))->node = tmp_of(r->node);
	if (node_is(r->replaced, MODE_DIR) && from != to)
		move_dir(tmp_of(r->replaced), from);
	node_touch(r->replaced, TIME_CHANGE);
	node_touch(r->old_dir, TIME_MODIFY | TIME_CHANGE);
	node_touch(r->new_dir, TIME_MODIFY | TIME_CHANGE);
}

static err_t tmpfs_rename(const struct rename *r)
{
	struct tmpfs *tmpfs = tmpfs_of(r->node);
	struct tmp_node *from = tmp_of(r->old_dir), *to = tmp_of(r->new_dir), *x = tmp_of(r->node);

	if (r->exchange) {
		rename_exchange(r);
	} else {
		if (r->replaced && node_is(r->replaced, MODE_DIR) &&
		    !list_empty(&tmp_of(r->replaced)->entries))
			return E_NOTEMPTY;
		struct tmp_entry *entry = entry_make(r->new_name, r->new_size);
		if (!entry)
			return E_NOSPACE;
		if (r->replaced) {
			entry_remove(tmpfs, to, r->new_name, r->new_size);
			drop_link(r->new_dir, r->replaced);
		}
		entry_remove(tmpfs, from, r->old_name, r->old_size);
		entry_add(tmpfs, entry, to, x);
	}
	if (node_is(r->node, MODE_DIR) && from != to)
		move_dir(x, to);
	node_touch(r->node, TIME_CHANGE);
	return OK;
}

/* --- the rest --- */

static err_t tmpfs_readlink(struct node *node, char *target, size_t size, size_t *length)
{
	*length = tmp_min(size, node->size);
	memcpy(target, tmp_of(node)->target, *length);
	return OK;
}

static err_t tmpfs_store(struct node *node)
{
	(void)node; /* it is where it belongs */
	return OK;
}

static err_t tmpfs_statfs(struct fs *fs, struct file_system_stat *st)
{
	const struct tmpfs *tmpfs = container_of(fs, struct tmpfs, fs);

	st->blocks = tmpfs->limit;
	st->blocks_free = st->blocks_available = tmpfs->limit - tmpfs->used;
	st->files = tmpfs->nodes + st->blocks_free;
	st->files_free = st->blocks_free;
	return OK;
}

const struct fs_ops tmpfs_ops = {
	.lookup = tmpfs_lookup,
	.create = tmpfs_create,
	.link = tmpfs_link,
	.remove = tmpfs_remove,
	.rename = tmpfs_rename,
	.write = tmpfs_write,
	.resize = tmpfs_resize,
	.allocate = tmpfs_allocate,
	.read = tmpfs_read,
	.seek = tmpfs_seek,
	.readlink = tmpfs_readlink,
	.list = tmpfs_list,
	.store = tmpfs_store,
	.statfs = tmpfs_statfs,
	.release = tmpfs_release,
};

err_t tmpfs_start(struct tmpfs *tmpfs, u64 limit, u32 mode)
{
	struct node_make make = { .mode = MODE_DIR | (mode & MODE_PERMISSIONS) };

	*tmpfs = (struct tmpfs){ .limit = limit, .next_ino = 1, .hash_size = HASH_FIRST };
	tmpfs->fs.ops = &tmpfs_ops;
	tmpfs->fs.block_size = PAGE_SIZE;
	tmpfs->fs.name_max = DIR_NAME_MAX;
	tmpfs->fs.links_max = INT32_MAX;
	tmpfs->fs.size_max = 1ull << 46;
	tmpfs->fs.memory = true;
	tmpfs->fs.type = 0x01021994;
	tmpfs->hash = calloc(HASH_FIRST, sizeof(struct tmp_entry *));
	struct tmp_node *root = tmpfs->hash ? node_make(tmpfs, &make) : NULL;
	if (!root)
		return E_FUNDS;
	root->parent = root;
	root->node.nlink = 2;
	tmpfs->fs.root = &root->node;
	return OK;
}

static void tree_free(struct tmpfs *tmpfs, struct tmp_node *dir)
{
	struct tmp_entry *entry;

	while ((entry = list_first(&dir->entries, struct tmp_entry, link))) {
		struct tmp_node *x = entry->node;
		entry_remove(tmpfs, dir, entry->name, entry->size);
		if (node_is(&x->node, MODE_DIR)) {
			tree_free(tmpfs, x);
			node_put(&dir->node);
		}
		if (node_is(&x->node, MODE_DIR) || --x->node.nlink == 0)
			node_free(x);
	}
}

void tmpfs_end(struct tmpfs *tmpfs)
{
	tree_free(tmpfs, tmp_of(tmpfs->fs.root));
	node_free(tmp_of(tmpfs->fs.root));
	free(tmpfs->hash);
}
