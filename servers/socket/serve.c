/* SPDX-License-Identifier: MIT */
/* Which object a request is for, and what is asked of it. */
#include "serve.h"

#include <fcntl.h>
#include <string.h>

#include "lib/anonymous/anonymous.h"
#include "proto/file_server.h"
#include "proto/socket_server.h"
#include "socket.h"

enum {
	FAMILY_UNIX = 1,
	FAMILY_SIZE = 2,
	NAME_MAX_SIZE = 110, /* of a sockaddr_un */
	TYPE_MASK = 0xf,
	SOCKET_DEV = 0x08, /* st_dev */
	SOCKET_FS_TYPE = 0x534f434b,
	MODE_SOCKET = 0140777,
	CONTROL_READABLE = 0x541b, /* FIONREAD */
	CONTROL_UNSENT = 0x5411,   /* SIOCOUTQ */
};

static struct credentials credentials(const struct socket_address *who)
{
	return (struct credentials){ who->word[0], who->word[1], who->word[2] };
}

static struct node *node_of(struct request *rq, cap_t gate)
{
	struct labelled *object = gate ? gate_object(rq->server, gate) : NULL;

	return object && object->kind == LABEL_NODE ? container_of(object, struct node, labelled)
	                                            : NULL;
}

/* --- the root --- */

static err_t check_kind(u32 family, u32 type, u32 protocol)
{
	if (family != FAMILY_UNIX)
		return E_AFNOSUPPORT;
	if (protocol && protocol != FAMILY_UNIX)
		return E_PROTONOSUPPORT;
	if (type & ~(u32)(TYPE_MASK | O_NONBLOCK))
		return E_INVAL;
	type &= TYPE_MASK;
	return type == TYPE_STREAM || type == TYPE_DATAGRAM || type == TYPE_SEQPACKET
	               ? OK
	               : E_SOCKTNOSUPPORT;
}

/* A socket with one gate for the caller, or nothing. */
static err_t open_socket(struct request *rq, u32 type, struct socket **out, cap_t *gate)
{
	struct socket *socket = socket_make(type & TYPE_MASK);

	if (!socket)
		return E_NOBUFS;
	socket->flags = type & O_NONBLOCK;
	socket->gates = 1;
	err_t error = request_gate(rq, (u64)&socket->labelled, gate);
	if (error)
		socket_drop_gate(socket);
	*out = socket;
	return error;
}

static err_t root_create(struct request *rq, u32 family, u32 type, u32 protocol, cap_t *gate)
{
	struct socket *socket;
	err_t error = check_kind(family, type, protocol);

	if (!error)
		error = open_socket(rq, type, &socket, gate);
	if (!error)
		*gate |= CAP_MOVE;
	return error;
}

static err_t root_pair(struct request *rq, u32 type, const struct socket_address *who, cap_t *first,
                       cap_t *second)
{
	struct socket *a, *b;
	err_t error = check_kind(who->family, type, 0);

	if (!error)
		error = open_socket(rq, type, &a, first);
	if (error)
		return error;
	error = open_socket(rq, type, &b, second);
	if (error) {
		err_t closed = cap_close(*first); /* NO_CLIENTS follows */
		(void)closed;
		*first = 0;
		return error;
	}
	a->own = a->other = b->own = b->other = credentials(who);
	a->state = b->state = STATE_CONNECTED;
	socket_set_peer(a, b);
	socket_set_peer(b, a);
	*first |= CAP_MOVE;
	*second |= CAP_MOVE;
	return OK;
}

static err_t give_node(struct request *rq, struct node *node, cap_t *gate)
{
	err_t error = request_gate(rq, (u64)&node->labelled, gate);

	if (error) {
		node_settle(node);
		return error;
	}
	node->gates++;
	*gate |= CAP_MOVE;
	return OK;
}

static err_t root_node(struct request *rq, u64 dev, u64 ino, cap_t *gate)
{
	struct node *node;

	if (rq->label != LABEL_NODES)
		return E_PERM;
	err_t error = node_find_file(dev, ino, &node);
	return error ? error : give_node(rq, node, gate);
}

static err_t root_find(struct request *rq, cap_t *gate)
{
	u8 bytes[NAME_MAX_SIZE];

	if (rq->in_size > NAME_MAX_SIZE - FAMILY_SIZE - 1)
		return E_INVAL;
	err_t error = request_read(rq, 0, bytes, rq->in_size);
	if (error)
		return error;
	struct node *node = node_find_abstract(bytes, (u32)rq->in_size);
	return node ? give_node(rq, node, gate) : E_CONNREFUSED;
}

static err_t root_parcel(struct request *rq, cap_t *gate)
{
	struct rights *rights = rights_make();

	if (!rights)
		return E_NOBUFS;
	err_t error = rights_gate(rights, rq, gate);
	if (error)
		rights_free(rights);
	return error;
}

static const struct socket_ops root_ops = {
	.socket_create = root_create,
	.socket_pair = root_pair,
	.socket_node = root_node,
	.socket_find = root_find,
	.socket_parcel = root_parcel,
};

/* --- parcels --- */

/* Move the request's capabilities from number `from` on into `rights`. */
static err_t keep_rights(struct request *rq, u32 from, struct rights *rights)
{
	for (u32 i = from; i < MSG_CAPS; i++) {
		if (!rq->msg.cap[i])
			continue;
		err_t error = rights_add(rights, rq->server, rq->msg.cap[i]);
		if (error)
			return error;
		rq->msg.cap[i] = 0;
	}
	return OK;
}

static err_t parcel_put(struct request *rq, cap_t a, cap_t b, cap_t c, cap_t d)
{
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return keep_rights(rq, 0, rq->object);
}

static err_t parcel_take(struct request *rq, cap_t *a, cap_t *b, cap_t *c, cap_t *d)
{
	struct rights *rights = rq->object;
	cap_t *out[] = { a, b, c, d };

	for (u32 i = 0; i < MSG_CAPS && rights->taken < rights->count; i++) {
		*out[i] = right_give(&rights->right[rights->taken], rq, false);
		rights->taken++;
	}
	return OK;
}

static const struct socket_ops parcel_ops = {
	.socket_parcel_put = parcel_put,
	.socket_parcel_take = parcel_take,
};

/* --- names --- */

static err_t give_name(struct request *rq, const struct name *name, u64 *length)
{
	if (!name)
		return OK;
	*length = name->size;
	return request_write(rq, 0, name->bytes,
	                     name->size < rq->out_size ? name->size : rq->out_size);
}

static err_t name_name(struct request *rq, u32 side, u64 *length)
{
	(void)side;
	return give_name(rq, rq->object, length);
}

static const struct socket_ops name_ops = { .socket_name = name_name };

/* --- sockets --- */

static err_t one_bind(struct request *rq, cap_t node_gate)
{
	struct socket *socket = rq->object;
	struct node *node = node_of(rq, node_gate);
	u8 bytes[NAME_MAX_SIZE];

	if (rq->in_size > NAME_MAX_SIZE || rq->in_size < FAMILY_SIZE || (node_gate && !node))
		return E_INVAL;
	if (rq->in_size == FAMILY_SIZE)
		return socket_bind_any(socket);
	err_t error = request_read(rq, 0, bytes, rq->in_size);
	if (error)
		return error;
	if (!node && bytes[FAMILY_SIZE])
		return E_INVAL;
	return socket_bind_to(socket, node, bytes, (u32)rq->in_size);
}

static err_t one_listen(struct request *rq, u32 backlog, const struct socket_address *who)
{
	struct credentials caller = credentials(who);

	return socket_listen_with(rq->object, backlog, &caller);
}

static err_t one_connect(struct request *rq, cap_t node_gate, const struct socket_address *to)
{
	struct node *node = node_of(rq, node_gate);
	struct credentials caller = credentials(to);

	if (to->family && !node)
		return node_gate ? E_INVAL : E_CONNREFUSED;
	if (node && !node->socket)
		return E_CONNREFUSED;
	return socket_connect_to(rq->object, rq, node ? node->socket : NULL, &caller);
}

static err_t one_accept(struct request *rq, u32 flags, cap_t *gate)
{
	return socket_accept_next(rq->object, rq, flags, gate);
}

/* Take over what a message brings; *rights stays NULL without any. */
static err_t sent_rights(struct request *rq, u32 flags, struct rights **out)
{
	struct labelled *parcel = NULL;
	err_t error = OK;

	if (!(rq->msg.cap[1] | rq->msg.cap[2] | rq->msg.cap[3]))
		return OK;
	struct rights *rights = rights_make();
	if (!rights)
		return E_NOBUFS;
	if (flags & SOCKET_PARCEL) {
		parcel = gate_object(rq->server, rq->msg.cap[1]);
		error = parcel && parcel->kind == LABEL_PARCEL ? OK : E_CAP;
	}
	if (!error && parcel) {
		struct rights *from = container_of(parcel, struct rights, labelled);
		rights->right = from->right;
		rights->count = from->count;
		rights->room = from->room;
		rights->taken = from->taken;
		from->right = NULL;
		from->count = from->room = from->taken = 0;
	} else if (!error) {
		error = keep_rights(rq, 1, rights);
	}
	if (error)
		rights_free(rights);
	else
		*out = rights;
	return error;
}

static err_t one_send(struct request *rq, u32 flags, const struct socket_address *to,
                      cap_t node_gate, cap_t right, cap_t right2, cap_t right3, u64 *count)
{
	struct transfer transfer = { .rq = rq, .flags = flags };
	struct credentials who = credentials(to);
	struct node *node = node_of(rq, node_gate);
	struct rights *rights = NULL;

	(void)right;
	(void)right2;
	(void)right3;
	if (node_gate && !node)
		return E_INVAL;
	err_t error = sent_rights(rq, flags, &rights);
	return error ? error : socket_transmit(rq->object, &transfer, &who, node, rights, count);
}

static err_t one_receive(struct request *rq, u32 flags, u64 *count, u32 *got,
                         struct socket_address *from, cap_t *name, cap_t *right, cap_t *right2,
                         cap_t *right3)
{
	struct transfer transfer = { .rq = rq, .flags = flags };
	struct received received = { 0 };
	err_t error = socket_take(rq->object, &transfer, &received);

	*count = received.count;
	*got = received.got;
	*from = received.from;
	*name = received.name;
	*right = received.right[0];
	*right2 = received.right[1];
	*right3 = received.right[2];
	return error;
}

static err_t one_shutdown(struct request *rq, u32 how) { return socket_shut(rq->object, how); }

static err_t one_name(struct request *rq, u32 side, u64 *length)
{
	const struct socket *socket = rq->object;

	if (side == SOCKET_OWN)
		return give_name(rq, socket->name, length);
	return socket->state == STATE_CONNECTED ? give_name(rq, socket->peer_name, length)
	                                        : E_NOTCONN;
}

static err_t one_option_get(struct request *rq, u32 level, u32 option, u64 *length)
{
	return option_get(rq->object, rq, level, option, length);
}

static err_t one_option_set(struct request *rq, u32 level, u32 option)
{
	return option_set(rq->object, rq, level, option);
}

static const struct socket_ops one_ops = {
	.socket_bind = one_bind,
	.socket_listen = one_listen,
	.socket_connect = one_connect,
	.socket_accept = one_accept,
	.socket_send = one_send,
	.socket_receive = one_receive,
	.socket_shutdown = one_shutdown,
	.socket_name = one_name,
	.socket_option_get = one_option_get,
	.socket_option_set = one_option_set,
};

/* --- sockets as files --- */

enum { FLAG_DONTWAIT = 0x40 };

static err_t one_read(struct request *rq, i64 offset, u32 flags, u64 *count)
{
	struct transfer transfer = { .rq = rq,
		                     .flags = flags & FILE_IO_NONBLOCK ? FLAG_DONTWAIT : 0,
		                     .plain = true };
	struct received received = { 0 };

	if (offset != FILE_POSITION)
		return E_SPIPE;
	err_t error = socket_take(rq->object, &transfer, &received);
	*count = received.count;
	return error;
}

static err_t one_write(struct request *rq, i64 offset, u32 flags, u64 *count)
{
	struct socket *socket = rq->object;
	struct transfer transfer = { .rq = rq,
		                     .flags = flags & FILE_IO_NONBLOCK ? FLAG_DONTWAIT : 0,
		                     .plain = true };

	if (offset != FILE_POSITION)
		return E_SPIPE;
	return socket_transmit(socket, &transfer, &socket->own, NULL, NULL, count);
}

static err_t one_stat(struct request *rq)
{
	const struct socket *socket = rq->object;
	struct file_stat st = { .dev = SOCKET_DEV,
		                .ino = socket->ino,
		                .mode = MODE_SOCKET,
		                .nlink = 1,
		                .uid = socket->own.uid,
		                .gid = socket->own.gid,
		                .block_size = PAGE_SIZE };

	return anonymous_stat(rq, &st);
}

static err_t one_poll(struct request *rq, u32 mask, u64 bits, cap_t event, u32 *ready)
{
	struct socket *socket = rq->object;

	(void)event;
	return poll_ask(&socket->poll, socket_ready(socket), mask, bits, &rq->msg.cap[0], ready);
}

static err_t one_flags(struct request *rq, u32 mask, u32 value, u32 *flags)
{
	struct socket *socket = rq->object;
	err_t error = anonymous_flags(&socket->flags, mask, value, flags);

	*flags |= O_RDWR;
	return error;
}

static err_t one_statfs(struct request *rq) { return anonymous_statfs(rq, SOCKET_FS_TYPE); }

static err_t one_control(struct request *rq, u64 request, u64 argument, u64 *result)
{
	const struct socket *socket = rq->object;
	const struct packet *first = list_first(&socket->queue, struct packet, link);

	(void)argument;
	switch (request) {
	case CONTROL_READABLE:
		if (socket->state == STATE_LISTENING)
			return E_INVAL;
		*result = socket->type == TYPE_STREAM ? socket->readable : first ? first->size : 0;
		return OK;
	case CONTROL_UNSENT:
		*result = socket->peer ? socket->peer->readable : 0;
		return OK;
	default:
		return E_NOTSUP;
	}
}

static err_t one_path(struct request *rq, u64 *length)
{
	const struct socket *socket = rq->object;

	return anonymous_path(rq, "socket", socket->ino, length);
}

static const struct file_ops file_ops = {
	.file_read = one_read,
	.file_write = one_write,
	.file_seek = anonymous_seek,
	.file_stat = one_stat,
	.file_sync = anonymous_sync,
	.file_poll = one_poll,
	.file_flags = one_flags,
	.file_statfs = one_statfs,
	.file_control = one_control,
	.file_path = one_path,
};

/* --- the server --- */

/* Labels are addresses of our own objects: only the kernel and we ever name them. */
static struct labelled *label_object(u64 label) { return (struct labelled *)label; }

static void one_serve(struct request *rq, struct labelled *object)
{
	rq->object = container_of(object, struct socket, labelled);
	if (rq->msg.word[0] >> 16 == CALL(1, 0) >> 16)
		file_serve(&file_ops, rq);
	else
		socket_serve(&one_ops, rq);
}

void socket_dispatch(struct server *server, struct request *rq)
{
	static const struct socket_ops none;
	struct labelled *object = label_object(rq->label);

	(void)server;
	if (rq->label <= LABEL_NODES) {
		socket_serve(&root_ops, rq);
	} else if (object->kind == LABEL_SOCKET) {
		one_serve(rq, object);
	} else if (object->kind == LABEL_PARCEL) {
		rq->object = container_of(object, struct rights, labelled);
		socket_serve(&parcel_ops, rq);
	} else if (object->kind == LABEL_NAME) {
		rq->object = container_of(object, struct name, labelled);
		socket_serve(&name_ops, rq);
	} else {
		socket_serve(&none, rq); /* a node is only shown */
	}
	sockets_settle();
}

void socket_no_clients(struct server *server, u64 label)
{
	struct labelled *object = label_object(label);
	struct node *node;

	(void)server;
	if (label <= LABEL_NODES)
		return;
	switch (object->kind) {
	case LABEL_SOCKET:
		socket_drop_gate(container_of(object, struct socket, labelled));
		break;
	case LABEL_NODE:
		node = container_of(object, struct node, labelled);
		node->gates--;
		node_settle(node);
		break;
	case LABEL_NAME:
		name_put(container_of(object, struct name, labelled));
		break;
	case LABEL_PARCEL:
		rights_drop_gate(container_of(object, struct rights, labelled));
		break;
	}
	sockets_settle();
}
