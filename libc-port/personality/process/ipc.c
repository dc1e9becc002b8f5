/* SPDX-License-Identifier: MIT */
#include "process/ipc.h"

#include "core/lock.h"
#include "process/process.h"
#include "proto/auth.h"

cap_t ipc_gate;
u64 ipc_known;
static struct lock client_lock;

static err_t client_make(void)
{
	cap_t made, ticket;
	err_t error = auth_ticket(PROCESS_IDENTITY, PROCESS_IPC, &ticket);

	if (error)
		return error;
	error = ipc_client(PROCESS_IPC, ticket, process_page->pid, &made);
	(void)cap_close(ticket);
	if (error)
		return error;
	/* A child has it too for a moment. */
	error = cap_copy(0, made, RIGHT_USE | RIGHT_COPY, 0, &ipc_gate);
	(void)cap_close(made);
	if (error)
		ipc_gate = 0;
	ipc_known = !error;
	return error;
}

static err_t client_introduce(void)
{
	cap_t ticket;
	err_t error = auth_ticket(PROCESS_IDENTITY, ipc_gate, &ticket);

	if (error)
		return error;
	error = ipc_identify(ipc_gate, ticket);
	(void)cap_close(ticket);
	return error;
}

err_t ipc_open(cap_t *client)
{
	err_t error = OK;

	lock_take(&client_lock);
	if (!ipc_gate)
		error = client_make();
	if (!error && !ipc_known) {
		error = client_introduce();
		ipc_known = !error;
	}
	*client = ipc_gate;
	lock_give(&client_lock);
	return error;
}

void ipc_forked(void)
{
	client_lock.state = 0;
	if (ipc_gate)
		(void)cap_close(ipc_gate);
	ipc_gate = 0;
	ipc_known = 0;
}

void ipc_changed(void)
{
	lock_take(&client_lock);
	ipc_known = 0;
	lock_give(&client_lock);
}

i64 ipc_result(err_t error)
{
	switch (error) {
	case E_SRCH:
		return -EIDRM;
	case E_NODATA:
		return -ENOMSG;
	case E_OVERFLOW:
		return -ERANGE;
	case E_TIMEOUT:
		return -EAGAIN;
	case E_LIMIT:
		return -ENOSPC;
	case E_CAP:
	case E_DEAD:
		return -ENOSYS; /* no ipc server */
	default:
		return error_result(error);
	}
}

void ipc_perm_show(struct linux_ipc_perm *out, const struct ipc_perm *perm)
{
	*out = (struct linux_ipc_perm){ .key = perm->key,
		                        .uid = perm->uid,
		                        .gid = perm->gid,
		                        .cuid = perm->creator_uid,
		                        .cgid = perm->creator_gid,
		                        .mode = perm->mode,
		                        .seq = (u16)perm->sequence };
}

i64 ipc_get_id(u32 kind, u64 key, u64 size, u64 flags)
{
	cap_t client;
	u32 id;
	err_t error = ipc_open(&client);

	if (!error)
		error = ipc_get(client, kind, (u32)key, (u32)flags, size, &id);
	return error ? ipc_result(error) : (i64)id;
}

i64 ipc_remove_id(u32 kind, u32 id)
{
	cap_t client;
	err_t error = ipc_open(&client);

	return ipc_result(error ? error : ipc_remove(client, kind, id));
}

i64 ipc_set_id(u32 kind, u32 id, const struct linux_ipc_perm *perm, u64 limit)
{
	struct ipc_change change = { perm->uid, perm->gid, perm->mode, 0, limit };
	cap_t client;
	err_t error = ipc_open(&client);

	return ipc_result(error ? error : ipc_set(client, kind, id, &change));
}

i64 ipc_stat_id(u32 kind, u32 id, u32 flags, void *stat, size_t size)
{
	cap_t client;
	err_t error = ipc_open(&client);

	return ipc_result(error ? error : ipc_stat(client, kind, id, flags, stat, size));
}
