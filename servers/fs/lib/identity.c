/* SPDX-License-Identifier: MIT */
/* Who asks, and where the paths of a request start. */
#include "fs/lib/internal.h"

#include <stdlib.h>
#include <string.h>

struct identity open_identity(const struct open_file *open)
{
	const struct identity nobody = { .uid = UINT32_MAX, .gid = UINT32_MAX };

	return open->credentials ? open->credentials->effective : nobody;
}

/* --- credentials --- */

err_t credentials_create(const struct auth_identity *from, struct credentials **made)
{
	size_t groups_size = from->group_count * sizeof(from->groups[0]);
	struct credentials *credentials = malloc(sizeof(*credentials) + groups_size);

	if (!credentials)
		return E_FUNDS;
	credentials->users = 1;
	memcpy(credentials->groups, from->groups, groups_size);
	credentials->effective = (struct identity){ .uid = from->ids.fsuid,
		                                    .gid = from->ids.fsgid,
		                                    .group_count = from->group_count,
		                                    .groups = credentials->groups };
	credentials->real = credentials->effective;
	credentials->real.uid = from->ids.uid;
	credentials->real.gid = from->ids.gid;
	*made = credentials;
	return OK;
}

void credentials_put(struct credentials *credentials)
{
	if (credentials && --credentials->users == 0)
		free(credentials);
}

void open_bind(struct open_file *open, struct credentials *credentials)
{
	open->credentials = credentials;
	if (credentials)
		credentials->users++;
}

err_t fs_dir_authenticate(struct request *rq, cap_t ticket, cap_t *handle)
{
	struct open_file *open = rq->object, *made;
	static struct auth_identity identity; /* of this call, which does not wait on a fiber */
	struct credentials *credentials;

	if (!open->fs->accept)
		return E_NOSYS;
	if (!node_is(open->node, MODE_DIR))
		return E_NOTDIR;
	err_t error = open->fs->accept(rq, ticket, &identity);
	if (!error)
		error = credentials_create(&identity, &credentials);
	if (error)
		return error;
	made = open_create(open->fs, open->node, OPEN_PATH | OPEN_DIRECTORY, NULL, NULL, 0);
	if (!made) {
		credentials_put(credentials);
		return E_FUNDS;
	}
	made->credentials = credentials;
	error = request_gate(rq, (u64)made, handle);
	if (error)
		open_put(made);
	else
		*handle |= CAP_MOVE;
	return error;
}

/* --- where paths start --- */

struct open_file *open_of_label(struct fs *fs, u64 label)
{
	if (label == FS_LABEL_PUBLIC)
		return fs->top_open;
	return label == FS_LABEL_SYSTEM ? fs->system_open : (struct open_file *)label;
}

err_t open_of_gate(struct fs *fs, struct request *rq, cap_t gate, struct open_file **open)
{
	u64 label;

	if (gate_identify(rq->server->port, gate, &label))
		return E_XDEV;
	*open = open_of_label(fs, label);
	return OK;
}

struct open_file *request_base(const struct request *rq) { return rq->cookie; }

err_t request_base_begin(struct request *rq)
{
	cap_t gate = rq->msg.cap[MSG_CAPS - 1];
	struct open_file *open = rq->object, *base = open;
	err_t error = gate ? open_of_gate(open->fs, rq, gate, &base) : OK;

	rq->cookie = base;
	if (!error)
		base->users++; /* the gate is in the message, but its holder may go */
	return error;
}

void request_base_end(struct open_file *base) { open_put(base); }
