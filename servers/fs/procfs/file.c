/* SPDX-License-Identifier: MIT */
/* Reading a text: it is made anew for each read, of which the caller gets the part that it asked
 * for. Nothing is kept between reads, so a file that is open costs no memory; who wants one
 * moment's figures reads them at once. */
#include <string.h>

#include "procfs.h"
#include "proto/file_server.h"

enum { PART_SIZE = 16384 };

static err_t node_print(const struct proc_node *node, struct text_window *window)
{
	if (node->entry->print)
		return node->entry->print(window, &node->subject);
	text_put(window, node->entry->text, strlen(node->entry->text));
	return OK;
}

static err_t text_read(struct request *rq, i64 offset, u32 flags, u64 *count)
{
	static char part[PART_SIZE];
	struct open_file *open = rq->object;
	bool moves = offset == FILE_POSITION;

	(void)flags;
	if (open->flags & OPEN_PATH || (open->flags & OPEN_ACCESS) == OPEN_WRITE)
		return E_CAP;
	if (offset < FILE_POSITION)
		return E_INVAL;
	struct text_window window = { .start = moves ? open->position : (u64)offset,
		                      .to = part,
		                      .room = rq->out_size < PART_SIZE ? rq->out_size : PART_SIZE };
	err_t error = node_print(proc_node(open->node), &window);
	if (!error)
		error = request_write(rq, 0, part, window.used);
	if (error)
		return error;
	if (moves)
		open->position += window.used;
	*count = window.used;
	return OK;
}

const struct file_ops *text_file_ops(void)
{
	static struct file_ops ops;

	if (!ops.file_read) {
		ops = fs_file_ops;
		ops.file_read = text_read;
		ops.file_map = NULL;
		ops.file_allocate = NULL;
	}
	return &ops;
}
