/* SPDX-License-Identifier: MIT */
#include "tree.h"

#include <string.h>

enum {
	DEV_DEV = 0x06,     /* st_dev */
	DEV_TYPE = 0x1373,  /* statfs' type: devfs */
	POSITION_FIRST = 2, /* behind "." and ".." */
};

/* Linux's numbers: user-space programs look at them. */
#define NUMBER(major, minor) ((major) << 8 | (minor))

static const struct entry {
	const char *name;
	u32 mode, number;
	enum device device;
	const char *gate;   /* what is attached there; NULL: nothing */
	const char *target; /* of a link */
} entries[] = {
	{ "null", MODE_CHAR | FILE_EMPTY | 0666, NUMBER(1, 3), DEVICE_NULL, NULL, NULL },
	{ "zero", MODE_CHAR | FILE_ZEROS | 0666, NUMBER(1, 5), DEVICE_ZERO, NULL, NULL },
	{ "full", MODE_CHAR | 0666, NUMBER(1, 7), DEVICE_FULL, NULL, NULL },
	{ "random", MODE_CHAR | 0666, NUMBER(1, 8), DEVICE_RANDOM, NULL, NULL },
	{ "urandom", MODE_CHAR | 0666, NUMBER(1, 9), DEVICE_RANDOM, NULL, NULL },
	{ "kmsg", MODE_CHAR | 0644, NUMBER(1, 11), DEVICE_LOG, NULL, NULL },
	/* Terminals have modes of their own, which do not count yet: everybody is led there. */
	{ "console", MODE_CHAR | 0666, NUMBER(5, 1), DEVICE_NONE, "console", NULL },
	{ "tty", MODE_CHAR | 0666, NUMBER(5, 0), DEVICE_NONE, "tty", NULL },
	{ "ttyS0", MODE_CHAR | 0666, NUMBER(4, 64), DEVICE_NONE, "terminal", NULL },
	{ "pts", MODE_DIR | 0755, 0, DEVICE_NONE, "pts", NULL },
	{ "ptmx", MODE_LINK | 0777, 0, DEVICE_NONE, NULL, "/dev/pts/ptmx" },
	{ "fd", MODE_LINK | 0777, 0, DEVICE_NONE, NULL, "/proc/self/fd" },
	{ "stdin", MODE_LINK | 0777, 0, DEVICE_NONE, NULL, "/proc/self/fd/0" },
	{ "stdout", MODE_LINK | 0777, 0, DEVICE_NONE, NULL, "/proc/self/fd/1" },
	{ "stderr", MODE_LINK | 0777, 0, DEVICE_NONE, NULL, "/proc/self/fd/2" },
	/* The manifest attaches what stands at these; who may less than root is not led there. */
	{ "banks", MODE_FILE | 0444, 0, DEVICE_NONE, NULL, NULL },
	{ "servers", MODE_FILE | 0600, 0, DEVICE_NONE, NULL, NULL },
	{ "processes", MODE_FILE | 0444, 0, DEVICE_NONE, NULL, NULL },
	{ "shm", MODE_DIR | 01777, 0, DEVICE_NONE, NULL, NULL },
};

/* The root, then one node for each entry: its inode number is its index plus 1. */
static struct dev_node nodes[1 + COUNT_OF(entries)];

static bool name_is(const struct dev_node *node, const char *name, size_t size)
{
	return strlen(node->name) == size && !memcmp(node->name, name, size);
}

static err_t tree_lookup(struct node *dir, const char *name, size_t size, struct node **found)
{
	struct dev_node *at = dev_node(dir);

	if (size == 2 && !memcmp(name, "..", 2)) {
		*found = node_get(&at->parent->node);
		return OK;
	}
	for (size_t i = 1; i < COUNT_OF(nodes); i++) {
		if (nodes[i].parent == at && name_is(&nodes[i], name, size)) {
			*found = node_get(&nodes[i].node);
			return OK;
		}
	}
	return E_NOENT;
}

static err_t tree_list(struct node *dir, u64 *position, struct list_sink *sink)
{
	const struct dev_node *at = dev_node(dir);

	if (!list_put_dots(sink, dir, at->parent->node.ino, position))
		return OK;
	for (u64 i = *position - POSITION_FIRST; i < COUNT_OF(entries); i++) {
		const struct dev_node *node = &nodes[1 + i];
		u64 next = POSITION_FIRST + i + 1;

		if (node->parent == at && !list_put(sink, node->node.ino, node->node.mode,
		                                    node->name, strlen(node->name), next))
			return OK;
		*position = next;
	}
	return OK;
}

static err_t tree_readlink(struct node *node, char *target, size_t size, size_t *length)
{
	const char *text = dev_node(node)->target;
	size_t text_size = strlen(text);

	*length = text_size < size ? text_size : size;
	memcpy(target, text, *length);
	return OK;
}

/* Modes and owners are kept while the server lives. */
static err_t tree_store(struct node *node)
{
	(void)node;
	return OK;
}

static err_t tree_statfs(struct fs *fs, struct file_system_stat *st)
{
	*st = (struct file_system_stat){ .type = fs->type,
		                         .block_size = fs->block_size,
		                         .files = COUNT_OF(nodes),
		                         .id = fs->dev,
		                         .name_max = fs->name_max };
	return OK;
}

static const struct fs_ops tree_ops = {
	.lookup = tree_lookup,
	.list = tree_list,
	.readlink = tree_readlink,
	.store = tree_store,
	.statfs = tree_statfs,
};

static void node_start(struct fs *fs, struct dev_node *node, const struct entry *entry)
{
	node->name = entry->name;
	node->parent = &nodes[0];
	node->device = entry->device;
	node->target = entry->target;
	node->node = (struct node){ .ino = (u64)(node - nodes) + 1,
		                    .mode = entry->mode,
		                    .nlink = 1,
		                    .rdev = entry->number };
	node_init(&node->node, fs);
	if ((entry->mode & MODE_TYPE) == MODE_DIR) {
		node->node.nlink = 2;
		nodes[0].node.nlink++;
	}
	if (entry->target)
		node->node.size = strlen(entry->target);
	node_touch(&node->node, TIME_ACCESS | TIME_MODIFY | TIME_CHANGE | TIME_BIRTH);
	if (entry->device != DEVICE_NONE)
		node->node.file_ops = device_file_ops();
}

void tree_start(struct fs *fs, cap_t (*gate)(const char *name))
{
	static const struct entry root = { "", MODE_DIR | 0755, 0, DEVICE_NONE, NULL, NULL };

	*fs = (struct fs){ .ops = &tree_ops,
		           .root = &nodes[0].node,
		           .dev = DEV_DEV,
		           .type = DEV_TYPE,
		           .block_size = PAGE_SIZE,
		           .name_max = DIR_NAME_MAX,
		           .links_max = COUNT_OF(nodes) };
	node_start(fs, &nodes[0], &root);
	nodes[0].node.nlink = 2;
	for (size_t i = 0; i < COUNT_OF(entries); i++) {
		node_start(fs, &nodes[1 + i], &entries[i]);
		if (entries[i].gate)
			nodes[1 + i].node.attached = gate(entries[i].gate);
	}
}
