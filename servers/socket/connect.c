/* SPDX-License-Identifier: MIT */
/* Listening, connecting, accepting, shutting down. A connection's second socket exists from the
 * moment of connecting: it lies in the listener's backlog until somebody accepts it. */
#include <fcntl.h>

#include "proto/socket_server.h"
#include "socket.h"

enum { HOW_READ, HOW_WRITE, HOW_BOTH };

static void join(struct socket *a, struct socket *b)
{
	socket_set_peer(a, b);
	socket_set_peer(b, a);
	a->state = b->state = STATE_CONNECTED;
}

/* The listener has a place: E_FUNDS if there can be no second socket. */
static err_t connect_now(struct socket *socket, struct socket *listener,
                         const struct credentials *who)
{
	struct socket *second = socket_make(socket->type);

	if (!second)
		return E_FUNDS;
	socket->own = second->other = *who;
	socket->other = second->own = listener->own;
	second->name = name_get(listener->name);
	second->peer_name = name_get(socket->name);
	name_put(socket->peer_name);
	socket->peer_name = name_get(listener->name);
	second->pass_credentials = listener->pass_credentials;
	second->send_size = listener->send_size;
	second->receive_size = listener->receive_size;
	join(socket, second);
	second->listener = listener;
	second->refs = 1;
	list_add_tail(&listener->backlog, &second->backlog_link);
	listener->backlog_count++;
	socket_wake(socket, ~0u);
	return OK;
}

static void connector_answer(struct wait *wait, err_t error)
{
	struct request *rq = wait->rq;

	wait_end(wait);
	socket_connect_reply(rq, error);
}

static err_t connect_stream(struct socket *socket, struct request *rq, struct socket *target,
                            const struct credentials *who)
{
	struct wait *wait;
	err_t error;

	if (socket->state != STATE_OPEN)
		return socket->state == STATE_LISTENING ? E_INVAL : E_ISCONN;
	if (target->state != STATE_LISTENING || target->shut & SHUT_READING)
		return E_CONNREFUSED;
	if (target->backlog_count <= target->backlog_max) {
		error = connect_now(socket, target, who);
		if (!error)
			listener_settle(target);
		return error;
	}
	if (socket->flags & O_NONBLOCK)
		return E_AGAIN;
	error = wait_begin(&wait, socket, rq, socket->send_timeout, connector_answer);
	if (error != E_HELD)
		return error;
	wait->target = target;
	wait->who = *who;
	list_add_tail(&target->connectors, &wait->link);
	return error;
}

err_t socket_connect_to(struct socket *socket, struct request *rq, struct socket *target,
                        const struct credentials *who)
{
	if (!target && socket_connects(socket))
		return E_INVAL;
	if (target && target->type != socket->type)
		return E_PROTOTYPE;
	if (socket_connects(socket))
		return connect_stream(socket, rq, target, who);
	if (target && target->peer && target->peer != socket)
		return E_PERM;
	socket_set_peer(socket, target);
	socket->state = target ? STATE_CONNECTED : STATE_OPEN;
	name_put(socket->peer_name);
	socket->peer_name = target ? name_get(target->name) : NULL;
	socket_wake(socket, ~0u);
	return OK;
}

/* --- accepting --- */

static err_t accept_gate(struct socket *listener, struct request *rq, u32 flags, cap_t *gate)
{
	struct socket *socket = list_first(&listener->backlog, struct socket, backlog_link);
	err_t error = request_gate(rq, (u64)&socket->labelled, gate);

	if (error)
		return error;
	*gate |= CAP_MOVE;
	socket->flags = flags & O_NONBLOCK;
	socket->gates++;
	list_remove(&socket->backlog_link);
	listener->backlog_count--;
	socket->listener = NULL;
	socket_unref(socket);
	return OK;
}

static void acceptor_answer(struct wait *wait, err_t error)
{
	struct request *rq = wait->rq;

	wait_end(wait);
	socket_accept_reply(rq, error, 0);
}

static void acceptor_give(struct wait *wait)
{
	struct request *rq = wait->rq;
	cap_t gate = 0;
	err_t error = accept_gate(wait->socket, rq, wait->flags, &gate);

	wait_end(wait);
	socket_accept_reply(rq, error, gate);
}

static void connector_settle(struct wait *wait)
{
	struct socket *socket = wait->socket;
	err_t error = socket->state == STATE_OPEN ? connect_now(socket, wait->target, &wait->who)
	                                          : E_ISCONN;

	connector_answer(wait, error);
}

void listener_settle(struct socket *listener)
{
	bool news = false;
	struct wait *wait;

	for (;;) {
		if (!list_empty(&listener->backlog) &&
		    (wait = list_first(&listener->acceptors, struct wait, link))) {
			acceptor_give(wait);
			continue;
		}
		news |= !list_empty(&listener->backlog);
		wait = list_first(&listener->connectors, struct wait, link);
		if (!wait || listener->backlog_count > listener->backlog_max)
			break;
		connector_settle(wait);
	}
	if (news)
		socket_wake(listener, POLL_READ);
}

err_t socket_accept_next(struct socket *socket, struct request *rq, u32 flags, cap_t *gate)
{
	struct wait *wait;
	err_t error;

	if (!socket_connects(socket))
		return E_NOTSUP;
	if (socket->state != STATE_LISTENING)
		return E_INVAL;
	if (!list_empty(&socket->backlog)) {
		error = accept_gate(socket, rq, flags, gate);
		if (!list_empty(&socket->connectors))
			listener_settle(socket);
		return error;
	}
	if (socket->shut & SHUT_READING)
		return E_INVAL;
	if (socket->flags & O_NONBLOCK)
		return E_AGAIN;
	error = wait_begin(&wait, socket, rq, socket->receive_timeout, acceptor_answer);
	if (error != E_HELD)
		return error;
	wait->flags = flags;
	list_add_tail(&socket->acceptors, &wait->link);
	return error;
}

err_t socket_listen_with(struct socket *socket, u32 backlog, const struct credentials *who)
{
	if (!socket_connects(socket))
		return E_NOTSUP;
	if (socket->state == STATE_CONNECTED || !socket->name)
		return E_INVAL;
	socket->state = STATE_LISTENING;
	socket->own = *who;
	socket->backlog_max = backlog < BACKLOG_MAX ? backlog : BACKLOG_MAX;
	listener_settle(socket);
	return OK;
}

err_t socket_shut(struct socket *socket, u32 how)
{
	struct socket *peer = socket->peer;
	u32 mine = how + 1; /* SHUT_RD and so on are one less than our bits */

	if (how > HOW_BOTH)
		return E_INVAL;
	socket->shut |= mine;
	if (socket->state == STATE_LISTENING && mine & SHUT_READING) {
		waits_answer(&socket->acceptors, E_INVAL);
		waits_answer(&socket->connectors, E_CONNREFUSED);
	}
	if (peer && socket_connects(socket)) {
		peer->shut |= (mine & SHUT_READING ? SHUT_WRITING : 0) |
		              (mine & SHUT_WRITING ? SHUT_READING : 0);
		socket_settle(peer, 0);
		socket_wake(peer, ~0u);
	}
	socket_settle(socket, 0);
	socket_wake(socket, ~0u);
	return OK;
}
