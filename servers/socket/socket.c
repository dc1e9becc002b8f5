/* SPDX-License-Identifier: MIT */
/* A socket's life, and what it is ready for. */
#include "socket.h"

#include <stdlib.h>

static struct list sockets = { &sockets, &sockets };
static struct list sockets_doomed = { &sockets_doomed, &sockets_doomed };
static bool collection_due;
static u32 socket_count;
static u64 last_ino;

u32 sockets_count(void) { return socket_count; }

struct socket *socket_make(u32 type)
{
	struct socket *s = socket_count < SOCKETS_MAX ? calloc(1, sizeof(*s)) : NULL;

	if (!s)
		return NULL;
	socket_count++;
	s->labelled.kind = LABEL_SOCKET;
	s->type = type;
	s->ino = ++last_ino;
	s->send_size = s->receive_size = BUFFER_DEFAULT;
	s->low_water = 1;
	struct list *lists[] = { &s->doomed,       &s->peers,      &s->peer_link, &s->backlog,
		                 &s->backlog_link, &s->queue,      &s->readers,   &s->senders,
		                 &s->acceptors,    &s->connectors, &s->waits };
	for (u32 i = 0; i < COUNT_OF(lists); i++)
		list_init(lists[i]);
	poll_list_init(&s->poll);
	list_add_tail(&sockets, &s->link);
	return s;
}

void socket_set_peer(struct socket *socket, struct socket *peer)
{
	list_remove(&socket->peer_link);
	socket->peer = peer;
	if (peer)
		list_add_tail(&peer->peers, &socket->peer_link);
}

/* --- readiness --- */

/* As Linux has it: there is room to write when three quarters are free. */
static bool room_to_send(const struct socket *socket)
{
	return !socket->peer || socket->peer->queued * 4 <= socket->send_size;
}

u32 socket_ready(const struct socket *s)
{
	u32 ready = 0;

	if (s->state == STATE_LISTENING)
		return list_empty(&s->backlog) ? 0 : POLL_READ;
	if (!list_empty(&s->queue) || s->shut & SHUT_READING)
		ready |= POLL_READ;
	if (s->shut & SHUT_READING)
		ready |= POLL_READ_HANGUP;
	if (s->shut == (SHUT_READING | SHUT_WRITING) ||
	    (socket_connects(s) && s->state == STATE_OPEN))
		ready |= POLL_HANGUP;
	if (s->error)
		ready |= POLL_ERROR;
	if (room_to_send(s))
		ready |= POLL_WRITE;
	return ready;
}

void socket_wake(struct socket *socket, u32 news)
{
	if (socket->poll.count)
		poll_wake(&socket->poll, socket_ready(socket) & (news | POLL_ALWAYS));
}

/* --- the end --- */

static void socket_end_waits(struct socket *socket)
{
	struct wait *wait;

	while ((wait = list_first(&socket->waits, struct wait, own)))
		wait->answer(wait, E_INTR);
	waits_answer(&socket->senders, socket_connects(socket) ? E_PIPE : E_CONNREFUSED);
	waits_answer(&socket->connectors, E_CONNREFUSED);
}

/* The other sides learn of it. */
static void socket_leave_peers(struct socket *socket)
{
	struct socket *peer;
	bool unread = !list_empty(&socket->queue);

	socket_set_peer(socket, NULL);
	while ((peer = list_first(&socket->peers, struct socket, peer_link))) {
		socket_set_peer(peer, NULL);
		if (socket_connects(peer)) {
			peer->shut = SHUT_READING | SHUT_WRITING;
			if (unread || socket->listener)
				peer->error = E_CONNRESET;
		} else {
			peer->error = E_CONNREFUSED;
			peer->state = STATE_OPEN;
		}
		socket_settle(peer, 0);
		socket_wake(peer, ~0u);
	}
}

static void socket_end(struct socket *socket)
{
	struct socket *waiting;

	socket_end_waits(socket);
	socket_leave_peers(socket);
	while ((waiting = list_first(&socket->backlog, struct socket, backlog_link))) {
		list_remove(&waiting->backlog_link);
		socket_unref(waiting);
	}
	socket_unbind(socket);
	queue_clear(socket);
	name_put(socket->name);
	name_put(socket->peer_name);
	poll_list_clear(&socket->poll);
	list_remove(&socket->link);
	list_remove(&socket->doomed);
	list_remove(&socket->backlog_link);
	socket_count--;
	free(socket);
}

static void socket_check(struct socket *socket)
{
	if (socket->gates)
		return;
	if (socket->refs)
		collection_due = true;
	else if (!list_linked(&socket->doomed))
		list_add_tail(&sockets_doomed, &socket->doomed);
}

void socket_drop_gate(struct socket *socket)
{
	socket->gates--;
	socket_check(socket);
}

void socket_unref(struct socket *socket)
{
	socket->refs--;
	socket_check(socket);
}

/* --- sockets that only sockets on their way can reach --- */

static struct list reached;

static void reach(struct socket *socket)
{
	if (socket->marked)
		return;
	socket->marked = true;
	list_remove(&socket->link);
	list_add_tail(&reached, &socket->link);
}

static void reach_rights(const struct rights *rights)
{
	for (u32 i = rights ? rights->taken : 0; rights && i < rights->count; i++)
		if (rights->right[i].socket)
			reach(rights->right[i].socket);
}

static void reach_through(const struct socket *socket)
{
	list_each (packet, &socket->queue, struct packet, link)
		reach_rights(packet->rights);
	list_each (waiting, &socket->backlog, struct socket, backlog_link)
		reach(waiting);
	list_each (wait, &socket->senders, struct wait, link)
		reach_rights(wait->rights);
}

static void reach_roots(void)
{
	struct list *at = sockets.next;

	while (at != &sockets) {
		struct socket *socket = container_of(at, struct socket, link);
		at = at->next;
		if (socket->gates)
			reach(socket);
	}
	list_each (parcel, parcels(), struct rights, link)
		reach_rights(parcel);
}

/* What is left in `sockets` after everything that clients can reach has been moved away has nobody
 * to receive it. */
static void socket_collect(void)
{
	struct socket *socket;

	list_init(&reached);
	reach_roots();
	list_each (next, &reached, struct socket, link)
		reach_through(next);
	/* Their queues drop what they hold, and so each other. */
	list_each (lost, &sockets, struct socket, link)
		queue_clear(lost);
	while ((socket = list_first(&reached, struct socket, link))) {
		list_remove(&socket->link);
		list_add_tail(&sockets, &socket->link);
		socket->marked = false;
	}
}

void sockets_settle(void)
{
	struct socket *socket;

	while (collection_due || !list_empty(&sockets_doomed)) {
		while ((socket = list_first(&sockets_doomed, struct socket, doomed)))
			socket_end(socket);
		if (collection_due) {
			collection_due = false;
			socket_collect();
		}
	}
}
