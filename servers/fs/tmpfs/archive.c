/* SPDX-License-Identifier: MIT */
/* Unpacking a tar archive (POSIX ustar), as the rescue root is one. It is untrusted: sizes, names
 * and checksums are looked at. */
#include <string.h>

#include "tmpfs.h"

enum { TAR_BLOCK = 512 };

struct tar_header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type;
	char linkname[100], magic[6], version[2], uname[32], gname[32], major[8], minor[8],
	        prefix[155];
	char padding[12];
};
_Static_assert(sizeof(struct tar_header) == TAR_BLOCK, "tar_header");

struct entry {
	char path[260];
	char target[101];
	u32 mode;
	char type;
	u64 rdev;
	u64 uid, gid, mtime, size;
	const char *data;
};

static u64 octal(const char *text, size_t size)
{
	u64 value = 0;

	for (size_t i = 0; i < size; i++) {
		if (text[i] >= '0' && text[i] <= '7')
			value = value << 3 | (u64)(text[i] - '0');
		else if (text[i] != ' ')
			break;
	}
	return value;
}

static bool header_valid(const struct tar_header *header)
{
	const u8 *bytes = (const u8 *)header;
	u64 sum = 0;

	for (size_t i = 0; i < TAR_BLOCK; i++) {
		bool field = i >= offsetof(struct tar_header, checksum) &&
		             i < offsetof(struct tar_header, type);
		sum += field ? ' ' : bytes[i];
	}
	return memcmp(header->magic, "ustar", 5) == 0 &&
	       octal(header->checksum, sizeof(header->checksum)) == sum;
}

static void entry_read(const struct tar_header *header, struct entry *entry)
{
	size_t prefix = strnlen(header->prefix, sizeof(header->prefix));
	size_t name = strnlen(header->name, sizeof(header->name));
	char *at = entry->path;

	memcpy(at, header->prefix, prefix);
	at += prefix;
	if (prefix)
		*at++ = '/';
	memcpy(at, header->name, name);
	at[name] = 0;
	memcpy(entry->target, header->linkname, sizeof(header->linkname));
	entry->target[sizeof(header->linkname)] = 0;
	entry->mode = (u32)octal(header->mode, sizeof(header->mode)) & MODE_PERMISSIONS;
	entry->type = header->type;
	entry->uid = octal(header->uid, sizeof(header->uid));
	entry->gid = octal(header->gid, sizeof(header->gid));
	entry->size = octal(header->size, sizeof(header->size));
	entry->mtime = octal(header->mtime, sizeof(header->mtime));
	u64 major = octal(header->major, sizeof(header->major)),
	    minor = octal(header->minor, sizeof(header->minor));
	entry->rdev = major << 8 | (minor & 0xff);
}

static bool name_next(const char **path, size_t *size)
{
	while (**path == '/' || ((*path)[0] == '.' && ((*path)[1] == '/' || (*path)[1] == 0)))
		(*path)++;
	*size = strcspn(*path, "/");
	return *size > 0;
}

static err_t child_find(struct node *dir, const char *name, size_t size, struct node **child)
{
	if (!node_is(dir, MODE_DIR))
		return E_NOTDIR;
	if (size > DIR_NAME_MAX || (size == 2 && !memcmp(name, "..", 2)))
		return E_INVAL;
	return tmpfs_ops.lookup(dir, name, size, child);
}

/* The directory of the path's last name, made as far as it is not there. *size 0: the root
 * itself. */
static err_t parent_find(struct tmpfs *tmpfs, const char *path, struct node **parent,
                         const char **name, size_t *size)
{
	struct node *at = node_get(tmpfs->fs.root), *next;
	const struct node_make make = { .mode = MODE_DIR | 0755 };
	const char *rest = path;
	err_t error = OK;

	while (!error && name_next(&rest, size)) {
		*name = rest;
		size_t left;
		rest += *size;
		if (!name_next(&rest, &left))
			break;
		error = child_find(at, *name, *size, &next);
		if (error == E_NOENT)
			error = tmpfs_ops.create(at, *name, *size, &make, &next);
		if (!error) {
			node_put(at);
			at = next;
		}
	}
	*parent = at;
	return error;
}

static void attributes_set(struct node *node, const struct entry *entry)
{
	if (!node_is(node, MODE_LINK))
		node->mode = (node->mode & MODE_TYPE) | entry->mode;
	node->uid = (u32)entry->uid;
	node->gid = (u32)entry->gid;
	node->mtime_ns = (i64)entry->mtime * 1000000000;
}

static u32 entry_mode(const struct entry *entry)
{
	switch (entry->type) {
	case '2':
		return MODE_LINK | 0777;
	case '3':
		return MODE_CHAR | entry->mode;
	case '4':
		return MODE_BLOCK | entry->mode;
	case '5':
		return MODE_DIR | entry->mode;
	case '6':
		return MODE_FIFO | entry->mode;
	default:
		return MODE_FILE | entry->mode;
	}
}

static err_t hard_link(struct tmpfs *tmpfs, const struct entry *entry, struct node *dir,
                       const char *name, size_t size)
{
	struct node *from, *node;
	const char *old;
	size_t old_size;
	err_t error = parent_find(tmpfs, entry->target, &from, &old, &old_size);

	if (!error && old_size == 0)
		error = E_INVAL;
	if (!error)
		error = child_find(from, old, old_size, &node);
	if (!error) {
		error = node_is(node, MODE_DIR) ? E_PERM : tmpfs_ops.link(dir, name, size, node);
		node_put(node);
	}
	node_put(from);
	return error;
}

static err_t node_unpack(const struct entry *entry, struct node *dir, const char *name, size_t size)
{
	struct node_make make = { .mode = entry_mode(entry), .rdev = entry->rdev };
	struct node *node;
	size_t done = 0;

	if (entry->type == '2') {
		make.target = entry->target;
		make.target_size = strlen(entry->target);
	}
	err_t error = tmpfs_ops.create(dir, name, size, &make, &node);
	if (error)
		return error;
	if (node_is(node, MODE_FILE) && entry->size) {
		struct source source = { .memory = entry->data, .size = entry->size };
		error = tmpfs_ops.write(node, 0, entry->size, &source, &done);
	}
	attributes_set(node, entry);
	node_put(node);
	return error;
}

static err_t entry_unpack(struct tmpfs *tmpfs, const struct entry *entry)
{
	struct node *dir, *there;
	const char *name;
	size_t size;
	err_t error = parent_find(tmpfs, entry->path, &dir, &name, &size);

	if (!error && size == 0) {
		attributes_set(tmpfs->fs.root, entry);
	} else if (!error) {
		error = child_find(dir, name, size, &there);
		if (error == E_NOENT)
			error = entry->type == '1' ? hard_link(tmpfs, entry, dir, name, size)
			                           : node_unpack(entry, dir, name, size);
		else if (!error) { /* a directory may come after what is in it */
			error = node_is(there, MODE_DIR) && entry->type == '5' ? OK : E_EXISTS;
			if (!error)
				attributes_set(there, entry);
			node_put(there);
		}
	}
	node_put(dir);
	return error;
}

err_t archive_unpack(struct tmpfs *tmpfs, const char *archive, size_t size)
{
	static struct entry entry;
	size_t at = 0;

	while (range_fits(at, TAR_BLOCK, size)) {
		const struct tar_header *header = (const struct tar_header *)(archive + at);
		if (header->name[0] == 0 && header->prefix[0] == 0)
			return OK; /* the end is marked by zeros */
		if (!header_valid(header))
			return E_CORRUPT;
		entry_read(header, &entry);
		at += TAR_BLOCK;
		if (!range_fits(at, entry.size, size))
			return E_CORRUPT;
		entry.data = archive + at;
		bool known = entry.type == 0 || (entry.type >= '0' && entry.type <= '7');
		err_t error = known ? entry_unpack(tmpfs, &entry) : OK;
		if (error) {
			rt_log("%s: %s", entry.path, rt_error_text(error));
			return error;
		}
		at += (entry.size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
	}
	return OK;
}
