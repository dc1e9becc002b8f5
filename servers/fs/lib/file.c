/* SPDX-License-Identifier: MIT */
/* The simple handlers of file.h; see io.c, list.c, lock.c and map.c for the others. */
#include "fs/lib/internal.h"

enum { WHENCE_SET, WHENCE_CURRENT, WHENCE_END, WHENCE_DATA, WHENCE_HOLE };
enum { POLL_READ = 1, POLL_WRITE = 4, POLL_READ_NORMAL = 64, POLL_WRITE_NORMAL = 256 };
enum { ALLOCATE_KEEP_SIZE = 1 };
enum { FLAGS_CHANGEABLE = OPEN_APPEND | OPEN_NONBLOCK | OPEN_DIRECT | OPEN_NOATIME };

/* SEEK_DATA and SEEK_HOLE. */
static err_t seek_contents(struct node *node, i64 offset, bool hole, i64 *position)
{
	u64 at = (u64)offset;
	err_t error = OK;

	if (offset < 0 || at >= node->size)
		return E_NXIO;
	fiber_lock_take(&node->lock);
	if (node->fs->ops->seek && !node->map)
		error = node->fs->ops->seek(node, hole, &at);
	else if (hole)
		at = node->size;
	fiber_lock_give(&node->lock);
	if (error == E_NXIO && hole)
		at = node->size, error = OK; /* there is a hole behind every end */
	if (!error)
		*position = (i64)u64_min(at, node->size);
	return error;
}

static err_t fs_file_seek(struct request *rq, i64 offset, u32 whence, i64 *position)
{
	struct open_file *open = rq->object;
	struct node *node = open->node;
	i64 base = 0, to;
	err_t error = OK;

	if (open->flags & OPEN_PATH)
		return E_CAP;
	switch (whence) {
	case WHENCE_SET:
		break;
	case WHENCE_CURRENT:
		base = (i64)open->position;
		break;
	case WHENCE_END:
		base = (i64)node->size;
		break;
	case WHENCE_DATA:
	case WHENCE_HOLE:
		error = seek_contents(node, offset, whence == WHENCE_HOLE, &offset);
		break;
	default:
		return E_INVAL;
	}
	if (error)
		return error;
	if (__builtin_add_overflow(base, offset, &to))
		return E_OVERFLOW;
	if (to < 0)
		return E_INVAL;
	fiber_lock_take(&open->lock);
	open->position = (u64)to;
	fiber_lock_give(&open->lock);
	*position = to;
	return OK;
}

static err_t fs_file_stat(struct request *rq)
{
	static struct file_stat st; /* stays until the answer has gone */
	const struct open_file *open = rq->object;

	node_stat(open->node, &st);
	request_reply_data(rq, &st, u64_min(sizeof(st), rq->out_size));
	return OK;
}

static err_t fs_file_set(struct request *rq, const struct file_attributes *attributes)
{
	struct open_file *open = rq->object;

	if (open->flags & OPEN_PATH)
		return E_CAP;
	if ((attributes->mask & FILE_SET_SIZE) && !open_writes(open))
		return E_INVAL;
	fiber_lock_take(&open->node->lock);
	err_t error = node_set(open->node, open_identity(open), attributes);
	fiber_lock_give(&open->node->lock);
	u32 event = error ? 0 : attributes_event(attributes->mask);
	if (event)
		tell_open(open, event);
	return error;
}

static err_t fs_file_sync(struct request *rq, bool data_only)
{
	struct open_file *open = rq->object;
	struct node *node = open->node;
	err_t error = OK;

	if (open->flags & OPEN_PATH)
		return E_CAP;
	if (!node_is(node, MODE_FILE) && !node_is(node, MODE_DIR))
		return E_INVAL;
	fiber_lock_take(&node->lock);
	if (node->map)
		error = map_write_back(node, 0, UINT64_MAX);
	if (!error && node->fs->ops->sync)
		error = node->fs->ops->sync(node, data_only);
	fiber_lock_give(&node->lock);
	return error;
}

/* Regular files and directories are always ready. */
static err_t fs_file_poll(struct request *rq, u32 mask, u64 bits, cap_t event, u32 *ready)
{
	(void)rq, (void)bits, (void)event;
	*ready = mask & (POLL_READ | POLL_WRITE | POLL_READ_NORMAL | POLL_WRITE_NORMAL);
	return OK;
}

static err_t fs_file_flags(struct request *rq, u32 mask, u32 value, u32 *flags)
{
	struct open_file *open = rq->object;

	mask &= FLAGS_CHANGEABLE;
	open->flags = (open->flags & ~mask) | (value & mask);
	*flags = open->flags;
	return OK;
}

static err_t fs_file_statfs(struct request *rq)
{
	static struct file_system_stat st; /* stays until the answer has gone */
	struct open_file *open = rq->object;

	st = (struct file_system_stat){ .type = open->fs->type,
		                        .block_size = open->fs->block_size,
		                        .name_max = open->fs->name_max,
		                        .id = open->fs->dev };
	err_t error = open->fs->ops->statfs ? open->fs->ops->statfs(open->fs, &st) : OK;
	if (!error)
		request_reply_data(rq, &st, u64_min(sizeof(st), rq->out_size));
	return error;
}

static err_t fs_file_allocate(struct request *rq, u32 mode, u64 offset, u64 size)
{
	struct open_file *open = rq->object;
	struct node *node = open->node;
	const struct fs *fs = open->fs;

	if (!open_writes(open))
		return E_CAP;
	if (!node_is(node, MODE_FILE))
		return node_is(node, MODE_DIR) ? E_ISDIR : E_NXIO;
	if (size == 0 || offset > INT64_MAX || size > INT64_MAX)
		return E_INVAL;
	if (mode & ~(u32)ALLOCATE_KEEP_SIZE || !fs->ops->allocate)
		return E_NOTSUP;
	if (fs->readonly)
		return E_READONLY;
	if (!range_fits(offset, size, fs->size_max))
		return E_FBIG;
	fiber_lock_take(&node->lock);
	u64 old_size = node->size;
	err_t error = OK;
	if (!(mode & ALLOCATE_KEEP_SIZE) && offset + size > old_size)
		error = seal_check_size(node, offset + size);
	if (!error)
		error = fs->ops->allocate(node, offset, size, mode & ALLOCATE_KEEP_SIZE);
	if (node->map && node->size > old_size)
		map_resized(node, old_size);
	fiber_lock_give(&node->lock);
	if (!error)
		tell_open(open, NOTIFY_MODIFY);
	return error;
}

static err_t fs_file_seals(struct request *rq, u32 *seals)
{
	const struct open_file *open = rq->object;

	if (!open->fs->memory || !node_is(open->node, MODE_FILE))
		return E_NOTSUP;
	*seals = open->node->seals;
	return OK;
}

static err_t fs_file_seal(struct request *rq, u32 seals)
{
	struct open_file *open = rq->object;
	struct node *node = open->node;
	err_t error = OK;

	if (!open_writes(open))
		return E_PERM;
	if (seals & ~(u32)FILE_SEALS_ALL)
		return E_INVAL;
	if (!open->fs->memory || !node_is(node, MODE_FILE))
		return E_NOTSUP;
	fiber_lock_take(&node->lock);
	if (node->seals & FILE_SEAL_SEAL)
		error = E_PERM;
	else if ((seals & ~node->seals & FILE_SEAL_WRITE) && map_has_writers(node))
		error = E_BUSY;
	else
		node->seals |= seals;
	fiber_lock_give(&node->lock);
	return error;
}

static err_t fs_file_control(struct request *rq, u64 request, u64 argument, u64 *result)
{
	(void)rq, (void)request, (void)argument, (void)result;
	return E_NOTTY;
}

static err_t fs_attribute_get(struct request *rq, u64 *count)
{
	(void)rq, (void)count;
	return E_NOTSUP;
}

static err_t fs_attribute_set(struct request *rq, u32 flags)
{
	(void)rq, (void)flags;
	return E_NOTSUP;
}

static err_t fs_attribute_list(struct request *rq, u64 *count)
{
	(void)rq;
	*count = 0;
	return OK;
}

const struct file_ops fs_file_ops = {
	.file_read = fs_file_read,
	.file_write = fs_file_write,
	.file_seek = fs_file_seek,
	.file_stat = fs_file_stat,
	.file_set = fs_file_set,
	.file_sync = fs_file_sync,
	.file_list = fs_file_list,
	.file_poll = fs_file_poll,
	.file_map = fs_file_map,
	.file_flags = fs_file_flags,
	.file_statfs = fs_file_statfs,
	.file_allocate = fs_file_allocate,
	.file_lock = fs_file_lock,
	.file_lock_query = fs_file_lock_query,
	.file_control = fs_file_control,
	.file_path = fs_file_path,
	.file_seals = fs_file_seals,
	.file_seal = fs_file_seal,
	.file_unlock_all = fs_file_unlock_all,
	.file_attribute_get = fs_attribute_get,
	.file_attribute_set = fs_attribute_set,
	.file_attribute_list = fs_attribute_list,
};
