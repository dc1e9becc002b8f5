/* SPDX-License-Identifier: MIT */
/* What a program leaves to the next one in the same process: descriptors that stay open, working
 * directory, masks. Written by one personality and read by another (the same image, but the
 * bytes have been through another server: they are checked). */
#include "core/call.h"
#include "core/text.h"
#include "file/tty.h"
#include "file/walk.h"
#include "process/ipc.h"
#include "process/process.h"
#include "process/signal.h"
#include "proto/counter.h"

enum { INHERIT_MAGIC = 0x48495244 };

struct inherit {
	u32 magic, umask;
	u64 ignored, blocked, pending;
	u32 files, descriptors, mounts;
	u32 cwd_file, cwd_size; /* cwd_file: index in the list of files, + 1 */
	u32 path_size, tty_given_up;
	cap_t ipc_gate;
	u64 ipc_known;
	u64 affinity;
};

struct inherit_file {
	cap_t cap;
	u32 mode, flags;
	u16 mount;
	bool bound;
	i64 position;
};

struct inherit_descriptor {
	u16 fd, file;
};

/* Number the files that stay open, from 1; the others get 0. */
static u32 number_files(void)
{
	u32 count = 0;

	for (u32 i = 0; i < files_end; i++)
		file_at(i)->number = 0;
	for (u32 fd = 0; fd < descriptor_end; fd++) {
		struct descriptor *descriptor = descriptor_at(fd);
		if (descriptor->file && !descriptor->cloexec)
			descriptor->file->number = 1;
	}
	if (cwd.file)
		cwd.file->number = 1;
	for (u32 i = 0; i < files_end; i++) {
		if (file_at(i)->number)
			file_at(i)->number = (u16)++count;
	}
	return count;
}

/* Append to the output, or only count if there is none. */
struct out {
	u8 *to;
	u64 size;
};

static void put(struct out *out, const void *data, u64 size)
{
	if (out->to)
		memcpy(out->to + out->size, data, size);
	out->size += size;
}

static void save_files(struct out *out, struct inherit *head)
{
	for (u32 i = 0; i < files_end; i++) {
		const struct file *file = file_at(i);
		struct inherit_file record = { file->cap,   file->mode,  file->flags,
			                       file->mount, file->bound, file->position };
		if (file->number)
			put(out, &record, sizeof(record));
	}
	for (u32 fd = 0; fd < descriptor_end; fd++) {
		const struct descriptor *descriptor = descriptor_at(fd);
		if (!descriptor->file || descriptor->cloexec)
			continue;
		struct inherit_descriptor record = { (u16)fd, descriptor->file->number };
		put(out, &record, sizeof(record));
		head->descriptors++;
	}
}

u64 inherit_save(u8 *to)
{
	struct out out = { .to = to, .size = sizeof(struct inherit) };
	struct inherit head = {
		.magic = INHERIT_MAGIC,
		.umask = process_umask,
		.blocked = self()->blocked,
		.pending = self()->pending | process_pending,
		.files = number_files(),
		.mounts = mount_count,
		.cwd_size = cwd.size,
		.tty_given_up = tty_given_up,
		.ipc_gate = ipc_gate,
		.ipc_known = ipc_known,
		.affinity = self()->affinity,
		.cwd_file = cwd.file ? cwd.file->number : 0,
	};

	for (u32 i = 0; i < SIGNAL_MAX; i++)
		head.ignored |= signal_actions[i].handler == SIG_IGN ? 1ull << i : 0;
	save_files(&out, &head);
	put(&out, cwd.path, cwd.size);
	for (u32 i = 1; i < mount_count; i++)
		put(&out, mounts[i], strlen(mounts[i]) + 1);
	put(&out, mount_handles, sizeof(mount_handles));
	if (to)
		memcpy(to, &head, sizeof(head));
	return out.size;
}

/* A sorted list of capabilities, or only its length if there is no memory for it. */
struct caps {
	cap_t *to;
	u32 count;
};

static void caps_add(struct caps *caps, cap_t cap)
{
	u32 at = caps->count++;

	if (!caps->to)
		return;
	for (; at > 0 && caps->to[at - 1] > cap; at--)
		caps->to[at] = caps->to[at - 1];
	caps->to[at] = cap;
}

u32 inherit_caps(cap_t *to)
{
	struct caps caps = { .to = to };

	(void)number_files();
	for (u32 i = 0; i < files_end; i++) {
		if (file_at(i)->number)
			caps_add(&caps, file_at(i)->cap);
	}
	for (u32 i = 1; i < MOUNT_MAX; i++) {
		if (mount_handles[i].attached)
			caps_add(&caps, mount_handles[i].attached);
		if (mount_handles[i].handle)
			caps_add(&caps, mount_handles[i].handle);
	}
	if (ipc_gate)
		caps_add(&caps, ipc_gate);
	return caps.count;
}

/* --- reading --- */

struct in {
	const u8 *from;
	u64 left;
};

static bool get(struct in *in, void *data, u64 size)
{
	if (size > in->left)
		return false;
	memcpy(data, in->from, size);
	in->from += size;
	in->left -= size;
	return true;
}

static bool load_files(struct in *in, const struct inherit *head)
{
	for (u32 i = 0; i < head->files; i++) {
		struct inherit_file record;
		struct file *file = file_restore(i);
		if (!file || !get(in, &record, sizeof(record)))
			return false;
		*file = (struct file){ .cap = record.cap,
			               .mode = record.mode,
			               .flags = record.flags,
			               .bound = record.bound,
			               .mount = (u16)(record.mount < MOUNT_MAX ? record.mount : 0),
			               .position = record.position < 0 ? FILE_POSITION
			                                               : record.position,
			               .sought = true,
			               .serial = i + 1 };
		if (file->mode & FILE_SIGNAL && counter_mark_get(file->cap, &file->own))
			file->own = 0;
	}
	for (u32 i = 0; i < head->descriptors; i++) {
		struct inherit_descriptor record;
		if (!get(in, &record, sizeof(record)) || !record.file ||
		    record.file > head->files ||
		    !descriptor_restore(record.fd, file_at(record.file - 1u)))
			return false;
	}
	return true;
}

static bool load_paths(struct in *in, const struct inherit *head)
{
	if (head->cwd_size >= PATH_MAX || head->cwd_file > head->files ||
	    head->mounts > MOUNT_MAX || !get(in, cwd.path, head->cwd_size))
		return false;
	cwd.size = head->cwd_size;
	cwd.path[cwd.size] = 0;
	if (head->cwd_file) {
		cwd.file = file_at(head->cwd_file - 1);
		cwd.file->refs++;
	}
	for (u32 i = 1; i < head->mounts; i++) {
		char byte = 1;
		for (u32 k = 0; byte && k < MOUNT_PATH_MAX; k++) {
			if (!get(in, &byte, 1))
				return false;
			mounts[i][k] = byte;
		}
	}
	mount_count = head->mounts ? head->mounts : 1;
	return get(in, mount_handles, sizeof(mount_handles));
}

void inherit_load(const u8 *from, u64 size)
{
	struct in in = { .from = from, .left = size };
	struct inherit head;

	if (!get(&in, &head, sizeof(head)) || head.magic != INHERIT_MAGIC)
		return;
	process_umask = head.umask & 0777;
	self()->blocked = head.blocked & ~SIGNAL_FIRM;
	process_pending = head.pending;
	for (u32 i = 0; i < SIGNAL_MAX; i++) {
		if (head.ignored >> i & 1)
			signal_actions[i].handler = SIG_IGN;
	}
	tty_given_up = head.tty_given_up;
	ipc_gate = head.ipc_gate;
	ipc_known = head.ipc_known;
	self()->affinity = head.affinity;
	thread_keep_affinity(self());
	if (load_files(&in, &head))
		(void)load_paths(&in, &head);
}
