/* SPDX-License-Identifier: MIT */
/* How servers know who we are: once for each process and file system (and its children, and the
 * programs they become) a handle is made by the handshake of proto/auth.h. Every look-up then goes
 * through it, and costs no message more. */
#include "core/lock.h"
#include "file/walk.h"
#include "proto/auth.h"
#include "proto/process.h"

struct mount_handle mount_handles[MOUNT_MAX];

err_t handle_make(cap_t identity, cap_t dir, cap_t *handle)
{
	cap_t ticket, made;
	err_t error = auth_ticket(identity, dir, &ticket);

	if (error)
		return error;
	error = dir_authenticate(dir, ticket, &made);
	(void)cap_close(ticket);
	if (error)
		return error;
	/* Children get it too: none may destroy it for all. */
	error = cap_copy(0, made, RIGHT_USE | RIGHT_COPY, 0, handle);
	(void)cap_close(made);
	return error;
}

static void handle_forget(struct mount_handle *entry)
{
	if (entry->attached)
		(void)cap_close(entry->attached);
	if (entry->handle)
		(void)cap_close(entry->handle);
	*entry = (struct mount_handle){ 0 };
}

/* Make it; what another thread has made meanwhile is replaced. */
static RARE cap_t handle_new(u16 mount, cap_t dir, cap_t attached)
{
	struct mount_handle made = { .attached = attached };
	err_t error = handle_make(PROCESS_IDENTITY, dir, &made.handle);

	if (error)
		made.handle = 0;
	made.plain = error == E_NOSYS || error == E_NOTDIR;
	lock_take(&process_lock);
	handle_forget(&mount_handles[mount]);
	mount_handles[mount] = made;
	lock_give(&process_lock);
	return made.handle;
}

cap_t handle_find(u16 mount, cap_t dir)
{
	if (!mount)
		return PROCESS_ROOT;
	const struct mount_handle *entry = &mount_handles[mount];
	if (entry->handle || entry->plain)
		return entry->handle;
	return handle_new(mount, dir, 0);
}

cap_t handle_enter(u16 mount, cap_t gate, bool *taken)
{
	const struct mount_handle *entry = &mount_handles[mount];

	*taken = false;
	if (!mount)
		return 0;
	if ((entry->handle || entry->plain) && entry->attached &&
	    cap_same(entry->attached, gate) == OK)
		return entry->handle;
	*taken = true;
	return handle_new(mount, gate, gate);
}

cap_t handle_renew(u16 mount, cap_t dead)
{
	struct mount_handle *entry = &mount_handles[mount];
	cap_t attached = 0;

	lock_take(&process_lock);
	if (mount && entry->handle == dead) {
		attached = entry->attached;
		entry->attached = 0;
	}
	lock_give(&process_lock);
	return attached ? handle_new(mount, attached, attached) : 0;
}

void handles_drop(void)
{
	lock_take(&process_lock);
	for (u32 i = 1; i < MOUNT_MAX; i++)
		handle_forget(&mount_handles[i]);
	lock_give(&process_lock);
}

void place_file(struct place *place, const struct file *file)
{
	cap_t handle = handle_find(file->mount, file->cap);

	*place = (struct place){ .dir = handle ? handle : file->cap,
		                 .base = handle ? file->cap : 0,
		                 .mount = file->mount };
}
