/* SPDX-License-Identifier: MIT */
/* Sending and receiving. What is sent becomes packets in the receiver's queue; what came with the
 * message goes to a waiting receiver straight from there. A stream's packets are cut and joined as
 * it suits, but a receive never goes beyond one that brings capabilities (nor, with SO_PASSCRED, to
 * one from somebody else). At rest: whoever waits to receive finds the queue empty, and who waits
 * to send finds it too full. */
#include <fcntl.h>
#include <stdlib.h>

#include "proto/file_server.h"
#include "proto/socket_server.h"
#include "socket.h"

enum {
	FLAG_OUT_OF_BAND = 0x1,
	FLAG_PEEK = 0x2,
	FLAG_CONTROL_LOST = 0x8,
	FLAG_TRUNCATED = 0x20,
	FLAG_DONTWAIT = 0x40,
	FLAG_RECORD_END = 0x80,
	FLAG_WAIT_ALL = 0x100,
	FAMILY_UNIX = 1,
	CHUNK_MIN = 512, /* room of a small stream packet: what follows is put behind it */
	CHUNK_MAX = 32 << 10,
};

/* --- the queue --- */

/* What lies in the queue has its bytes behind it. */
static u8 *packet_bytes(struct packet *packet) { return (u8 *)(packet + 1); }

static void packet_free(struct packet *packet)
{
	if (packet->rights)
		rights_free(packet->rights);
	name_put(packet->from);
	free(packet);
}

static void queue_drop(struct socket *socket, struct packet *packet)
{
	socket->queued -= packet->room + PACKET_OVERHEAD;
	socket->readable -= packet->size - packet->offset;
	list_remove(&packet->link);
	packet_free(packet);
}

void queue_clear(struct socket *socket)
{
	struct packet *packet;

	while ((packet = list_first(&socket->queue, struct packet, link)))
		queue_drop(socket, packet);
}

static bool same_sender(const struct packet *packet, const struct credentials *who)
{
	return packet->who.pid == who->pid && packet->who.uid == who->uid &&
	       packet->who.gid == who->gid;
}

/* --- receiving --- */

/* How far a receive on a stream goes: packets from the first one on. */
static bool goes_on(const struct socket *socket, const struct packet *first,
                    const struct packet *next)
{
	return socket->type == TYPE_STREAM &&
	       (!socket->pass_credentials || same_sender(next, &first->who));
}

static struct packet *packet_next(struct socket *socket, struct packet *packet)
{
	struct list *next = packet->link.next;

	return next == &socket->queue ? NULL : container_of(next, struct packet, link);
}

/* Copy what a receive from `first` on gets to offset `at` of its buffer. Takes nothing away. *last:
 * how far it went. */
static err_t copy_out(struct socket *socket, struct request *rq, struct packet *first, u64 at,
                      struct packet **last, u64 *count)
{
	u64 done = 0, room = rq->out_size - at;

	for (struct packet *p = first; p; p = packet_next(socket, p)) {
		u64 size = p->size - p->offset;
		if (p != first && !goes_on(socket, first, p))
			break;
		size = size < room - done ? size : room - done;
		err_t error = request_write(rq, at + done, p->data + p->offset, size);
		if (error)
			return error;
		done += size;
		*last = p;
		if (done == room || p->rights || !list_linked(&p->link))
			break;
	}
	*count = done;
	return OK;
}

/* `count` bytes from `first` on have been received. */
static void consume(struct socket *socket, struct packet *first, u64 count)
{
	for (struct packet *p = first, *next; p; p = next) {
		u64 size = p->size - p->offset;
		size = size < count ? size : count;
		next = packet_next(socket, p);
		p->offset += (u32)size;
		count -= size;
		socket->readable -= size;
		if (p->offset < p->size && socket->type == TYPE_STREAM)
			break;
		queue_drop(socket, p);
		if (!count)
			break;
	}
}

static void give_rights(struct packet *packet, const struct transfer *transfer,
                        struct received *received)
{
	struct rights *rights = packet->rights;
	bool keep = transfer->flags & FLAG_PEEK;

	if (!rights)
		return;
	if (!(transfer->flags & SOCKET_WANT_RIGHTS)) {
		received->got |= FLAG_CONTROL_LOST;
	} else if (rights->count <= SOCKET_RIGHTS) {
		for (u32 i = 0; i < rights->count; i++) {
			received->right[i] = right_give(&rights->right[i], transfer->rq, keep);
			received->got |= received->right[i] ? 0 : FLAG_CONTROL_LOST;
		}
	} else if (keep || rights_gate(rights, transfer->rq, &received->right[0])) {
		received->got |= FLAG_CONTROL_LOST; /* a parcel cannot be looked into */
	} else {
		received->got |= SOCKET_PARCEL;
		packet->rights = NULL;
	}
	if (!keep && packet->rights) {
		rights_free(rights);
		packet->rights = NULL;
	}
}

static void give_name(struct packet *packet, const struct transfer *transfer,
                      struct received *received)
{
	if (!(transfer->flags & SOCKET_WANT_NAME) || !packet->from ||
	    request_gate(transfer->rq, (u64)&packet->from->labelled, &received->name))
		return;
	name_get(packet->from);
	received->name |= CAP_MOVE;
}

/* From the packet on, which need not be in the queue, to the caller, behind the `at` bytes that it
 * has. */
static err_t give(struct socket *socket, const struct transfer *transfer, struct packet *packet,
                  u64 at, struct received *received)
{
	u64 count, all = packet->size - packet->offset;
	struct packet *last = packet;
	err_t error = copy_out(socket, transfer->rq, packet, at, &last, &count);

	if (error)
		return error;
	received->from =
	        (struct socket_address){ FAMILY_UNIX,
		                         { packet->who.pid, packet->who.uid, packet->who.gid } };
	if (socket->pass_credentials)
		received->got |= SOCKET_CREDENTIALS;
	give_rights(last, transfer, received);
	give_name(packet, transfer, received);
	received->count = at + count;
	if (socket->type != TYPE_STREAM && count < all) {
		received->got |= FLAG_TRUNCATED;
		received->count = transfer->flags & FLAG_TRUNCATED ? all : count;
	}
	if (socket->type == TYPE_SEQPACKET)
		received->got |= FLAG_RECORD_END;
	if (transfer->flags & FLAG_PEEK)
		return OK;
	if (list_linked(&packet->link))
		consume(socket, packet, count);
	else
		packet->offset += (u32)count;
	return OK;
}

static void receiver_reply(struct request *rq, bool plain, err_t error,
                           const struct received *received)
{
	if (plain)
		file_read_reply(rq, error, received->count);
	else
		socket_receive_reply(rq, error, received->count, received->got, &received->from,
		                     received->name, received->right[0], received->right[1],
		                     received->right[2]);
}

/* What has come counts, whatever happened then. */
static void receiver_answer(struct wait *wait, err_t error)
{
	struct received received = { .count = wait->done };
	struct request *rq = wait->rq;
	bool plain = wait->plain;

	received.from.family = FAMILY_UNIX;
	wait_end(wait);
	receiver_reply(rq, plain, received.count ? OK : error, &received);
}

/* Capabilities, or that there were some: the receive ends with them. */
static bool came_along(const struct received *received)
{
	return received->right[0] || received->got & FLAG_CONTROL_LOST;
}

/* Give a waiting receiver what there is. True: it is answered. */
static bool receiver_give(struct socket *socket, struct wait *wait, struct packet *packet)
{
	struct transfer transfer = { wait->rq, wait->flags, wait->plain };
	struct received received = { 0 };
	bool plain = wait->plain;
	err_t error = give(socket, &transfer, packet, wait->done, &received);

	if (error) {
		wait->answer(wait, error);
		return true;
	}
	wait->done = received.count;
	if (wait->flags & FLAG_WAIT_ALL && socket->type == TYPE_STREAM && !came_along(&received) &&
	    received.count < wait->rq->out_size && !(wait->flags & FLAG_PEEK))
		return false;
	wait_end(wait);
	receiver_reply(transfer.rq, plain, OK, &received);
	return true;
}

static err_t nothing_there(struct socket *socket, const struct transfer *transfer)
{
	if (socket->error) {
		err_t error = socket->error;
		socket->error = OK;
		return error;
	}
	if (socket->shut & SHUT_READING)
		return OK;
	if (socket->flags & O_NONBLOCK || transfer->flags & FLAG_DONTWAIT)
		return E_AGAIN;
	return E_HELD;
}

static err_t receiver_wait(struct socket *socket, const struct transfer *transfer, u64 done)
{
	struct wait *wait;
	err_t error =
	        wait_begin(&wait, socket, transfer->rq, socket->receive_timeout, receiver_answer);

	if (error != E_HELD)
		return error;
	wait->flags = transfer->flags;
	wait->plain = transfer->plain;
	wait->done = done;
	list_add_tail(&socket->readers, &wait->link);
	return E_HELD;
}

err_t socket_take(struct socket *socket, const struct transfer *transfer, struct received *received)
{
	struct packet *packet = list_first(&socket->queue, struct packet, link);
	u64 size = transfer->rq->out_size;
	err_t error;

	if (transfer->flags & FLAG_OUT_OF_BAND)
		return E_NOTSUP;
	if (socket_connects(socket) && socket->state != STATE_CONNECTED)
		return socket->type == TYPE_STREAM ? E_INVAL : E_NOTCONN;
	received->from.family = FAMILY_UNIX;
	if (!size && (transfer->plain || socket->type == TYPE_STREAM) &&
	    !(packet && packet->rights))
		return OK;
	if (!packet) {
		error = nothing_there(socket, transfer);
		return error == E_HELD ? receiver_wait(socket, transfer, 0) : error;
	}
	bool all = transfer->flags & FLAG_WAIT_ALL && socket->type == TYPE_STREAM &&
	           !(transfer->flags & FLAG_PEEK);
	error = give(socket, transfer, packet, 0, received);
	if (error || transfer->flags & FLAG_PEEK)
		return error;
	if (all && !came_along(received) && received->count < size && list_empty(&socket->queue)) {
		u64 done = received->count;
		error = nothing_there(socket, transfer);
		error = error == E_HELD ? receiver_wait(socket, transfer, done) : OK;
	}
	socket_settle(socket, POLL_WRITE);
	return error;
}

/* --- sending --- */

/* What a sender gives: its request, and what goes with it. */
struct source {
	struct request *rq;
	u64 done;
	const struct credentials *who;
	struct name *name;
	struct rights *rights; /* taken when the first byte goes */
};

static u64 room_in(const struct socket *target, u32 limit)
{
	return target->queued + PACKET_OVERHEAD < limit ? limit - target->queued - PACKET_OVERHEAD
	                                                : 0;
}

static err_t packet_append(struct socket *target, struct source *source, u64 size, u64 room)
{
	struct packet *packet = malloc(sizeof(*packet) + room);

	if (!packet)
		return E_NOBUFS;
	*packet = (struct packet){ .size = (u32)size, .room = (u32)room, .who = *source->who };
	packet->data = packet_bytes(packet);
	err_t error =
	        size ? request_read(source->rq, source->done, packet_bytes(packet), size) : OK;
	if (error) {
		free(packet);
		return error;
	}
	packet->from = name_get(source->name);
	packet->rights = source->rights;
	source->rights = NULL;
	source->done += size;
	list_add_tail(&target->queue, &packet->link);
	target->queued += room + PACKET_OVERHEAD;
	target->readable += size;
	return OK;
}

/* Behind what is there, if that is from the same sender and there is room. */
static err_t stream_fill(struct socket *target, struct source *source)
{
	struct packet *last = list_empty(&target->queue)
	                              ? NULL
	                              : container_of(target->queue.prev, struct packet, link);
	u64 size = source->rq->in_size - source->done;

	if (!last || last->rights || source->rights || last->from != source->name ||
	    last->size == last->room || !same_sender(last, source->who))
		return OK;
	if (size > last->room - last->size)
		size = last->room - last->size;
	err_t error = request_read(source->rq, source->done, packet_bytes(last) + last->size, size);
	if (error)
		return error;
	last->size += (u32)size;
	source->done += size;
	target->readable += size;
	return OK;
}

/* As much as there is room for. */
static err_t stream_put(struct socket *target, struct source *source, u32 limit)
{
	err_t error = stream_fill(target, source);

	while (!error && source->done < source->rq->in_size) {
		u64 room = room_in(target, limit), size = source->rq->in_size - source->done;
		if (size > CHUNK_MAX)
			size = CHUNK_MAX;
		if (size > room)
			size = room;
		if (!size)
			break;
		error = packet_append(target, source, size, size < CHUNK_MIN ? CHUNK_MIN : size);
	}
	return error;
}

/* All of it, if there is room. */
static err_t message_put(struct socket *target, struct source *source, u32 limit, bool *put)
{
	u64 size = source->rq->in_size;

	*put = list_empty(&target->queue) || size <= room_in(target, limit);
	return *put ? packet_append(target, source, size, size) : OK;
}

/* Put what can be put. *whole: nothing is left to do. */
static err_t put(const struct socket *socket, struct socket *target, struct source *source,
                 bool *whole)
{
	err_t error;

	if (socket->type != TYPE_STREAM)
		return message_put(target, source, socket->send_size, whole);
	error = stream_put(target, source, socket->send_size);
	*whole = source->done == source->rq->in_size;
	return error;
}

/* What came with the message, to the receivers that wait: not into the queue first. */
static err_t hand_over(struct socket *target, struct source *source, bool *whole)
{
	struct request *rq = source->rq;
	struct packet packet = { .size = (u32)rq->in_size,
		                 .who = *source->who,
		                 .from = source->name };
	struct wait *wait;

	*whole = false;
	if (rq->in_count < rq->in_size || !rq->in_size || source->rights ||
	    !list_empty(&target->queue))
		return OK;
	list_init(&packet.link);
	packet.data = rq->in;
	while (!*whole && (wait = list_first(&target->readers, struct wait, link))) {
		if (wait->flags & FLAG_PEEK)
			break;
		u32 before = packet.offset;
		(void)receiver_give(target, wait, &packet);
		*whole = packet.offset == packet.size ||
		         (packet.offset > before && target->type != TYPE_STREAM);
	}
	source->done = *whole ? rq->in_size : packet.offset;
	return OK;
}

static void sender_reply(struct wait *wait, err_t error)
{
	struct request *rq = wait->rq;
	u64 done = wait->done;
	bool plain = wait->plain;

	wait_end(wait);
	if (plain)
		file_write_reply(rq, done ? OK : error, done);
	else
		socket_send_reply(rq, done ? OK : error, done);
}

static err_t sender_wait(struct socket *socket, struct socket *target,
                         const struct transfer *transfer, struct source *source)
{
	struct wait *wait;
	err_t error = wait_begin(&wait, socket, transfer->rq, socket->send_timeout, sender_reply);

	if (error != E_HELD)
		return error;
	wait->target = target;
	wait->flags = transfer->flags;
	wait->plain = transfer->plain;
	wait->done = source->done;
	wait->who = *source->who;
	wait->rights = source->rights;
	source->rights = NULL;
	list_add_tail(&target->senders, &wait->link);
	return E_HELD;
}

/* A sender that waited goes on. True: something has moved. */
static bool sender_go_on(struct socket *target, struct wait *wait)
{
	struct source source = { .rq = wait->rq,
		                 .done = wait->done,
		                 .who = &wait->who,
		                 .name = wait->socket->name,
		                 .rights = wait->rights };
	bool whole;
	err_t error;

	if (target->shut & SHUT_READING || wait->socket->shut & SHUT_WRITING) {
		wait->answer(wait, E_PIPE);
		return true;
	}
	error = put(wait->socket, target, &source, &whole);
	bool moved = source.done != wait->done || whole;
	wait->done = source.done;
	wait->rights = source.rights;
	if (!error && !whole)
		return moved;
	wait->answer(wait, error);
	return true;
}

void socket_settle(struct socket *socket, u32 news)
{
	struct packet *packet;
	struct wait *wait;

	for (;;) {
		packet = list_first(&socket->queue, struct packet, link);
		wait = list_first(&socket->readers, struct wait, link);
		if (packet && wait) {
			(void)receiver_give(socket, wait, packet);
			news |= POLL_WRITE;
			continue;
		}
		if (wait && (socket->shut & SHUT_READING || socket->error)) {
			struct transfer transfer = { wait->rq, wait->flags, wait->plain };
			wait->answer(wait, nothing_there(socket, &transfer));
			continue;
		}
		wait = list_first(&socket->senders, struct wait, link);
		if (!wait || !sender_go_on(socket, wait))
			break;
		news |= POLL_READ;
	}
	if (news & POLL_READ && !list_empty(&socket->queue))
		socket_wake(socket, POLL_READ);
	if (news & POLL_WRITE)
		list_each (peer, &socket->peers, struct socket, peer_link)
			socket_wake(peer, POLL_WRITE);
}

/* Where it goes, and whether it may. */
static err_t find_target(struct socket *socket, const struct node *node, struct socket **out)
{
	struct socket *target = socket->peer;

	if (socket->error && !socket_connects(socket)) {
		err_t error = socket->error;
		socket->error = OK;
		return error;
	}
	if (socket->type == TYPE_STREAM && node)
		return socket->state == STATE_CONNECTED ? E_ISCONN : E_NOTSUP;
	if (socket_connects(socket) && socket->state != STATE_CONNECTED)
		return E_NOTCONN;
	if (node && socket->type == TYPE_DATAGRAM) {
		target = node->socket;
		if (!target)
			return E_CONNREFUSED;
		if (target->type != socket->type)
			return E_PROTOTYPE;
		if (target->peer && target->peer != socket)
			return E_PERM;
	}
	if (socket->shut & SHUT_WRITING)
		return E_PIPE;
	if (!target)
		return socket_connects(socket) ? E_PIPE : E_NOTCONN;
	*out = target;
	return target->shut & SHUT_READING ? E_PIPE : OK;
}

static err_t transmit(struct socket *socket, struct socket *target, const struct transfer *transfer,
                      struct source *source)
{
	u64 before;
	bool whole = false;
	err_t error = OK;

	if (list_empty(&target->senders)) {
		error = hand_over(target, source, &whole);
		if (socket->type == TYPE_STREAM && !source->rq->in_size)
			whole = true;
		/* Receivers may take what was put, and want more. */
		do {
			before = source->done;
			if (!error && !whole)
				error = put(socket, target, source, &whole);
			if (source->done > before || whole)
				socket_settle(target, POLL_READ);
		} while (!error && !whole && source->done > before);
	}
	if (error || whole)
		return source->done ? OK : error;
	if (socket->flags & O_NONBLOCK || transfer->flags & FLAG_DONTWAIT)
		return source->done ? OK : E_AGAIN;
	error = sender_wait(socket, target, transfer, source);
	return error == E_HELD || !source->done ? error : OK;
}

err_t socket_transmit(struct socket *socket, const struct transfer *transfer,
                      const struct credentials *who, struct node *node, struct rights *rights,
                      u64 *count)
{
	struct source source = {
		.rq = transfer->rq, .who = who, .name = socket->name, .rights = rights
	};
	struct socket *target = NULL;
	err_t error =
	        transfer->flags & FLAG_OUT_OF_BAND ? E_NOTSUP : find_target(socket, node, &target);

	if (!error && socket->type != TYPE_STREAM &&
	    transfer->rq->in_size + PACKET_OVERHEAD > socket->send_size)
		error = E_MSGSIZE;
	if (!error)
		error = transmit(socket, target, transfer, &source);
	if (source.rights)
		rights_free(source.rights);
	*count = source.done;
	return error;
}
