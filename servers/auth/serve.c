/* SPDX-License-Identifier: MIT */
/* The calls. Requests are from anybody: every label, capability and number is looked up. */
#include "auth.h"
#include "proto/auth_server.h"

static bool cap_is_gate(cap_t cap)
{
	u64 info;

	return cap && cap_info(cap, &info) == OK && (info & 0xff) == KIND_GATE;
}

/* The u32s in the caller's lent buffer. */
static err_t groups_fetch(struct request *rq, u32 groups[AUTH_GROUPS_MAX], u32 *count)
{
	size_t size = rq->in_size;

	if (size % sizeof(u32) || size > AUTH_GROUPS_MAX * sizeof(u32))
		return E_INVAL;
	err_t error = request_read(rq, 0, groups, size);
	*count = (u32)(size / sizeof(u32));
	for (u32 i = 0; i < *count && !error; i++) {
		if (groups[i] == UINT32_MAX)
			error = E_INVAL;
	}
	return error;
}

/* Before anything changes: if the caller's buffer is not at hand, it comes again. */
static err_t identity_write(struct request *rq, const struct identity *identity, u64 *count)
{
	struct auth_identity out = { .ids = identity->ids, .group_count = identity->group_count };
	size_t size = offsetof(struct auth_identity, groups) +
	              identity->group_count * sizeof(out.groups[0]);

	for (u32 i = 0; i < identity->group_count; i++)
		out.groups[i] = identity->groups[i];
	if (size > rq->out_size)
		return E_RANGE;
	err_t error = request_write(rq, 0, &out, size);
	if (!error)
		*count = size;
	return error;
}

/* Give the caller a gate to `identity`, whose user the gate becomes. */
static err_t identity_gate(struct request *rq, struct identity *identity, cap_t *gate)
{
	if (!identity)
		return E_FUNDS;
	err_t error = request_gate(rq, identity->number, gate);
	if (error)
		identity_put(identity);
	else
		*gate |= CAP_MOVE;
	return error;
}

static err_t on_get(struct request *rq, u64 *count)
{
	const struct identity *identity = identity_find(rq->label);

	return identity ? identity_write(rq, identity, count) : E_PERM;
}

static err_t on_change(struct request *rq, const struct auth_ids *ids, bool set_groups,
                       cap_t *changed)
{
	const struct identity *old = identity_find(rq->label);
	u32 groups[AUTH_GROUPS_MAX], count = 0;
	err_t error = OK;

	if (!old)
		return E_PERM;
	if (set_groups) {
		error = rules_groups(&old->ids) ? groups_fetch(rq, groups, &count) : E_PERM;
	} else {
		for (; count < old->group_count; count++)
			groups[count] = old->groups[count];
	}
	if (!error)
		error = rules_change(&old->ids, ids);
	return error ? error : identity_gate(rq, identity_make(ids, groups, count), changed);
}

static err_t on_ticket(struct request *rq, cap_t target, cap_t *gate)
{
	struct identity *identity = identity_find(rq->label);
	struct ticket *ticket;

	if (!identity)
		return E_PERM;
	if (!cap_is_gate(target))
		return E_CAP;
	err_t error = ticket_make(identity, target, &ticket);
	if (error)
		return error;
	error = request_gate(rq, ticket->number, gate);
	if (error) {
		ticket->target = 0;
		ticket_free(ticket);
		return error;
	}
	rq->msg.cap[0] = 0; /* ours now */
	*gate |= CAP_MOVE;
	return OK;
}

static err_t on_redeem(struct request *rq, cap_t gate, u64 *count, cap_t *target)
{
	u64 number;

	if (!gate || gate_identify(rq->server->port, gate, &number))
		return E_PERM;
	struct ticket *ticket = ticket_find(number);
	if (!ticket)
		return E_PERM;
	err_t error = identity_write(rq, ticket->identity, count);
	if (error)
		return error;
	*target = ticket->target | CAP_MOVE;
	ticket->target = 0;
	ticket_free(ticket);
	return OK;
}

static err_t on_create(struct request *rq, const struct auth_ids *ids, cap_t *identity)
{
	static const struct auth_ids root;
	u32 groups[AUTH_GROUPS_MAX], count;

	if (rq->label != LABEL_CONTROL)
		return E_PERM;
	err_t error = groups_fetch(rq, groups, &count);
	if (!error)
		error = rules_change(&root, ids);
	return error ? error : identity_gate(rq, identity_make(ids, groups, count), identity);
}

static const struct auth_ops ops = {
	.auth_get = on_get,
	.auth_change = on_change,
	.auth_ticket = on_ticket,
	.auth_redeem = on_redeem,
	.auth_create = on_create,
};

void auth_dispatch(struct server *server, struct request *rq)
{
	(void)server;
	auth_serve(&ops, rq);
}

void auth_closed(struct server *server, u64 label)
{
	struct identity *identity = identity_find(label);
	struct ticket *ticket = ticket_find(label);

	(void)server;
	if (identity)
		identity_put(identity);
	else if (ticket)
		ticket_free(ticket);
}
