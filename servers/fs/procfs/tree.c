/* SPDX-License-Identifier: MIT */
/* Names: those of the table, and numbers of processes, threads and descriptors, which are looked up
 * when somebody asks. Nothing is kept but what is in use. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "procfs.h"

enum {
	PROC_DEV = 0x09,
	PROC_TYPE = 0x9fa0, /* statfs' type: Linux's procfs */
	POSITION_FIRST = 2, /* behind "." and ".." */
	PIDS_AT_ONCE = 64,
	NAME_MAX_DIGITS = 10,
	INO_ROOT = 1,
};

static struct proc_node root = { .class = CLASS_ROOT, .subject.number = -1 };

/* Different for everything that there is at a time. */
static u64 ino_of(const struct entry *entry, const struct subject *s)
{
	u64 fixed = entry >= entries && entry < entries + entry_count ? (u64)(entry - entries) + 2
	                                                              : 0x100 + (u64)entry->in;

	return fixed + ((u64)(u32)(s->number + 1) << 12) + ((u64)(s->thread & 0xffff) << 25) +
	       ((u64)s->pid << 42);
}

static u64 ino_of_node(const struct proc_node *node)
{
	return node->entry ? ino_of(node->entry, &node->subject) : INO_ROOT;
}

static struct proc_node *node_make(const struct proc_node *dir, const struct entry *entry,
                                   const struct subject *subject)
{
	struct proc_node *made = calloc(1, sizeof(*made));

	if (!made)
		return NULL;
	made->entry = entry;
	made->class = entry->opens;
	made->subject = *subject;
	made->node = (struct node){ .ino = ino_of(entry, subject),
		                    .mode = entry->mode,
		                    .nlink = entry->opens ? 2 : 1,
		                    .uid = dir->node.uid,
		                    .gid = dir->node.gid };
	node_init(&made->node, &procfs.fs);
	node_touch(&made->node, TIME_ACCESS | TIME_MODIFY | TIME_CHANGE | TIME_BIRTH);
	if (node_is(&made->node, MODE_FILE))
		made->node.file_ops = text_file_ops();
	return made;
}

/* --- numbers --- */

/* The next number above `after` that the directory has (-1: from the start); -1: none. */
static i64 number_next(const struct proc_node *dir, i64 after)
{
	struct look look;
	struct view_file file;
	bool cloexec;
	i64 found = -1;

	if (look_start(&look, dir->subject.pid))
		return -1;
	if (dir->class == CLASS_TASKS) {
		u32 thread = look_thread(&look, after < 0 ? 0 : (u32)after);
		found = thread ? (i64)thread : -1;
	} else {
		u32 end = look_descriptor_end(&look);
		for (i64 fd = after + 1; fd < end && found < 0; fd++) {
			if (look_descriptor(&look, (u32)fd, &file, &cloexec))
				found = fd;
		}
	}
	look_end(&look);
	return found;
}

static bool number_parse(const char *name, size_t size, i64 *number)
{
	*number = 0;
	if (!size || size > NAME_MAX_DIGITS || (name[0] == '0' && size > 1))
		return false;
	for (size_t i = 0; i < size; i++) {
		if (name[i] < '0' || name[i] > '9')
			return false;
		*number = *number * 10 + (name[i] - '0');
	}
	return *number <= INT32_MAX;
}

static err_t process_lookup(const struct proc_node *dir, u32 pid, struct node **found)
{
	struct subject subject = { .pid = pid, .number = -1 };
	struct inspect_process process;
	err_t error = pid ? process_get(pid, &process) : E_NOENT;

	if (error)
		return error == E_SRCH ? E_NOENT : error;
	struct proc_node *node = node_make(dir, entry_of_numbers(dir->class), &subject);
	if (!node)
		return E_FUNDS;
	node->node.uid = process.euid;
	node->node.gid = process.egid;
	*found = &node->node;
	return OK;
}

static err_t number_lookup(const struct proc_node *dir, i64 number, struct node **found)
{
	struct subject subject = dir->subject;

	if (dir->class == CLASS_ROOT)
		return process_lookup(dir, (u32)number, found);
	if (number_next(dir, number - 1) != number)
		return E_NOENT;
	if (dir->class == CLASS_TASKS)
		subject.thread = (u32)number;
	else
		subject.number = (i32)number;
	struct proc_node *node = node_make(dir, entry_of_numbers(dir->class), &subject);
	if (!node)
		return E_FUNDS;
	*found = &node->node;
	return OK;
}

/* --- the operations --- */

static err_t parent_lookup(const struct proc_node *dir, struct node **found)
{
	const struct entry *entry = NULL;
	struct subject subject = dir->subject;

	if (dir->class == CLASS_PROCESS || !dir->entry || dir->entry->in == CLASS_ROOT) {
		*found = node_get(&root.node);
		return OK;
	}
	/* The directory above is a process's, or one of the table. */
	if (dir->class == CLASS_THREAD)
		subject.thread = 0;
	if (dir->entry->in == CLASS_PROCESS)
		entry = entry_of_numbers(CLASS_ROOT);
	for (u32 i = 0; i < entry_count && !entry; i++) {
		if (entries[i].opens == dir->entry->in)
			entry = &entries[i];
	}
	struct proc_node *node = entry ? node_make(dir, entry, &subject) : NULL;
	if (!node)
		return E_FUNDS;
	*found = &node->node;
	return OK;
}

static err_t tree_lookup(struct node *at, const char *name, size_t size, struct node **found)
{
	const struct proc_node *dir = proc_node(at);
	i64 number;

	if (size == 2 && !memcmp(name, "..", 2))
		return parent_lookup(dir, found);
	for (u32 i = 0; i < entry_count; i++) {
		if (entries[i].in != dir->class || strlen(entries[i].name) != size ||
		    memcmp(entries[i].name, name, size))
			continue;
		struct proc_node *node = node_make(dir, &entries[i], &dir->subject);
		if (!node)
			return E_FUNDS;
		*found = &node->node;
		return OK;
	}
	if (entry_of_numbers(dir->class) && number_parse(name, size, &number))
		return number_lookup(dir, number, found);
	return E_NOENT;
}

static bool list_number(const struct proc_node *dir, struct list_sink *sink, i64 number)
{
	const struct entry *entry = entry_of_numbers(dir->class);
	struct subject subject = dir->subject;
	char name[NAME_MAX_DIGITS + 2];

	if (dir->class == CLASS_ROOT)
		subject.pid = (u32)number;
	else if (dir->class == CLASS_TASKS)
		subject.thread = (u32)number;
	else
		subject.number = (i32)number;
	int size = snprintf(name, sizeof(name), "%ld", number);
	return list_put(sink, ino_of(entry, &subject), entry->mode, name, (size_t)size,
	                POSITION_FIRST + entry_count + (u64)number + 1);
}

static err_t list_processes(const struct proc_node *dir, i64 after, struct list_sink *sink,
                            u64 *position)
{
	u32 pids[PIDS_AT_ONCE];
	u64 count = 0;

	do {
		deadline_start();
		err_t error = inspect_list(procfs.inspect, after < 0 ? 0 : (u32)after, pids,
		                           sizeof(pids), &count);
		deadline_end();
		if (error)
			return error;
		for (u64 i = 0; i < count && i < PIDS_AT_ONCE; i++) {
			if (!list_number(dir, sink, pids[i]))
				return OK;
			after = pids[i];
			*position = POSITION_FIRST + entry_count + (u64)after + 1;
		}
	} while (count);
	return OK;
}

static err_t list_numbers(const struct proc_node *dir, struct list_sink *sink, u64 *position)
{
	i64 after = (i64)(*position - POSITION_FIRST - entry_count) - 1, number;

	if (dir->class == CLASS_ROOT)
		return list_processes(dir, after, sink, position);
	while ((number = number_next(dir, after)) >= 0 && list_number(dir, sink, number)) {
		after = number;
		*position = POSITION_FIRST + entry_count + (u64)after + 1;
	}
	return OK;
}

static err_t tree_list(struct node *at, u64 *position, struct list_sink *sink)
{
	const struct proc_node *dir = proc_node(at);

	if (!list_put_dots(sink, at, INO_ROOT, position))
		return OK;
	for (u64 i = *position - POSITION_FIRST; i < entry_count; i++) {
		const struct entry *entry = &entries[i];
		u64 next = POSITION_FIRST + i + 1;

		if (entry->in == dir->class &&
		    !list_put(sink, ino_of(entry, &dir->subject), entry->mode, entry->name,
		              strlen(entry->name), next))
			return OK;
		*position = next;
	}
	return entry_of_numbers(dir->class) ? list_numbers(dir, sink, position) : OK;
}

static err_t tree_readlink(struct node *at, char *target, size_t room, size_t *size)
{
	const struct proc_node *node = proc_node(at);

	if (node->entry->link)
		return node->entry->link(&node->subject, target, room, size);
	*size = strlen(node->entry->text);
	if (*size > room)
		*size = room;
	memcpy(target, node->entry->text, *size);
	return OK;
}

static err_t tree_statfs(struct fs *fs, struct file_system_stat *st)
{
	*st = (struct file_system_stat){ .type = fs->type,
		                         .block_size = fs->block_size,
		                         .id = fs->dev,
		                         .name_max = fs->name_max };
	return OK;
}

static void tree_release(struct node *node)
{
	if (node != &root.node)
		free(proc_node(node));
}

static const struct fs_ops tree_ops = {
	.lookup = tree_lookup,
	.list = tree_list,
	.readlink = tree_readlink,
	.statfs = tree_statfs,
	.release = tree_release,
};

void tree_start(struct fs *fs)
{
	*fs = (struct fs){ .ops = &tree_ops,
		           .root = &root.node,
		           .dev = PROC_DEV,
		           .type = PROC_TYPE,
		           .block_size = PAGE_SIZE,
		           .name_max = DIR_NAME_MAX,
		           .links_max = 1,
		           .readonly = true };
	root.node = (struct node){ .ino = ino_of_node(&root), .mode = MODE_DIR | 0555, .nlink = 2 };
	node_init(&root.node, fs);
	node_touch(&root.node, TIME_ACCESS | TIME_MODIFY | TIME_CHANGE | TIME_BIRTH);
}
