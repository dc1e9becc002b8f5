/* SPDX-License-Identifier: MIT */
/* A pseudo-terminal's master: what it writes is the terminal's input, taken straight from the
 * writer's buffer; what it reads is taken out of the terminal's output queue. So there is no queue
 * of its own. Hang-up (POSIX leaves it open; as Linux does it): when the master closes, the
 * terminal is hung up; when the last slave closes, the master reads what there is, then E_IO, until
 * a slave is opened again. */
#include "pty.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "file.h"
#include "proto/file_server.h"
#include "proto/tty_server.h"

enum {
	INTERFACE_TTY = 7,
	RDEV_FIRST = 136 << 8, /* of slaves */
	RDEV_MASTER = 5 << 8 | 2,
	INO_MASTER = 2,
	INO_FIRST = 3,
	GROUP_TTY = 5,
	FEED_MAX = 64 << 10, /* bytes of a write taken before others have their turn */
	PACKET_DATA = 0,
	PACKET_URGENT = TTY_FLUSH_READ | TTY_FLUSH_WRITE | TTY_STOPPED | TTY_STARTED |
	                TTY_FLOW_OFF | TTY_FLOW_ON,
};

struct pty {
	struct line line;
	struct terminal terminal;
	u32 number;
	bool locked, packet;
	bool abandoned;               /* the last slave has closed */
	struct tty_file *master;      /* NULL: closed */
	struct list reading, writing; /* held requests of the master; writing: cookie: bytes done */
	/* While the terminal takes input: who writes it, how far, and what went wrong. */
	struct request *feeder;
	size_t fed, feed_size;
	err_t feed_error;
};

static struct pty *ptys[PTY_MAX];
static struct node master_node;

void pty_start(void)
{
	node_init(&master_node, S_IFCHR | 0666, PTY_DEV, INO_MASTER, RDEV_MASTER);
	pts_start();
}

static struct pty *pty_of(struct terminal *t) { return container_of(t, struct pty, terminal); }

static const struct pty *pty_at(const struct terminal *t)
{
	return (const struct pty *)(const void *)((const char *)t - offsetof(struct pty, terminal));
}

static struct pty *request_pty(const struct request *rq) { return pty_of(request_terminal(rq)); }

/* --- the line --- */

static size_t pty_receive(struct line *line, u8 *data, size_t size)
{
	struct pty *pty = container_of(line, struct pty, line);
	struct request *rq = pty->feeder;

	if (!rq || pty->feed_error)
		return 0;
	if (size > pty->feed_size - pty->fed)
		size = pty->feed_size - pty->fed;
	if (!size)
		return 0;
	pty->feed_error = request_read(rq, pty->fed, data, size);
	if (pty->feed_error)
		return 0;
	pty->fed += size;
	return size;
}

/* Output stays where it is until the master reads it. */
static size_t pty_send(struct line *line, const u8 *data, size_t size)
{
	(void)line;
	(void)data;
	(void)size;
	return 0;
}

static u64 pty_pending(struct line *line)
{
	(void)line;
	return 0;
}

static u64 pty_tick(struct line *line, u64 now)
{
	(void)line;
	(void)now;
	return DEADLINE_NEVER;
}

/* --- the master writes --- */

/* Give the terminal what it takes of a write: bytes done in *done. */
static err_t pty_feed(struct pty *pty, struct request *rq, size_t *done)
{
	size_t before;

	pty->feeder = rq;
	pty->fed = *done;
	pty->feed_size = rq->in_size < FEED_MAX ? rq->in_size : FEED_MAX;
	pty->feed_error = OK;
	do {
		before = pty->fed;
		terminal_input(&pty->terminal);
	} while (pty->fed > before);
	pty->feeder = NULL;
	*done = pty->fed;
	return pty->feed_error;
}

static void pty_write_answer(struct request *rq, err_t error)
{
	size_t done = (size_t)rq->cookie;

	terminal_release(rq);
	if (rq->msg.word[0] >> 16 == INTERFACE_TTY)
		tty_write_reply(rq, done ? OK : error, done);
	else
		file_write_reply(rq, done ? OK : error, done);
}

static void pty_write_cancel(struct request *rq) { pty_write_answer(rq, E_INTR); }

/* A write is done when all of it is, or as much as is taken at a time. */
static bool fed_enough(const struct pty *pty, size_t done) { return done >= pty->feed_size; }

err_t pty_write(struct request *rq, bool may_wait, u64 *count)
{
	struct pty *pty = request_pty(rq);
	size_t done = 0;
	err_t error = OK;

	if (!rq->in_size)
		return OK;
	if (list_empty(&pty->writing))
		error = pty_feed(pty, rq, &done);
	if (!error && (!done || !fed_enough(pty, done))) {
		error = may_wait
		                ? terminal_hold(&pty->terminal, rq, &pty->writing, pty_write_cancel)
		                : E_AGAIN;
		if (error == E_HELD) {
			rq->cookie = (void *)done;
			return error;
		}
	}
	*count = done;
	return done ? OK : error;
}

/* True if something has gone on. */
static bool settle_writers(struct pty *pty)
{
	struct request *rq;
	bool moved = false;

	while ((rq = list_first(&pty->writing, struct request, link))) {
		size_t done = (size_t)rq->cookie, before = done;
		err_t error = pty_feed(pty, rq, &done);

		rq->cookie = (void *)done;
		moved = moved || done > before;
		if (!error && !fed_enough(pty, done))
			return moved;
		pty_write_answer(rq, error);
		moved = true;
	}
	return moved;
}

/* --- the master reads --- */

/* The events that a master in packet mode has not been told of. */
static u32 pty_urgent(const struct pty *pty)
{
	return pty->packet ? pty->terminal.ldisc.events & PACKET_URGENT : 0;
}

/* Move output to [at, ...) of the reader's buffer; it may lie in two pieces. Nothing is taken out
 * if the buffer is not at hand. */
static err_t pty_move(struct pty *pty, struct request *rq, size_t at, u64 *moved)
{
	const u8 *data;
	size_t size;

	*moved = 0;
	while (at < rq->out_size && (size = ldisc_output(&pty->terminal.ldisc, &data))) {
		if (size > rq->out_size - at)
			size = rq->out_size - at;
		err_t error = request_write(rq, at, data, size);
		if (error)
			return *moved ? OK : error;
		ldisc_sent(&pty->terminal.ldisc, size);
		at += size;
		*moved += size;
	}
	return OK;
}

/* E_AGAIN: there is nothing. */
static err_t pty_give(struct pty *pty, struct request *rq, u64 *count)
{
	u8 first = (u8)pty_urgent(pty);
	const u8 *data;
	u64 moved = 0;
	err_t error = OK;

	if (!rq->out_size)
		return OK;
	if (!first && !ldisc_output(&pty->terminal.ldisc, &data))
		return pty->abandoned ? E_IO : E_AGAIN;
	if (pty->packet)
		error = request_write(rq, 0, &first, 1);
	if (error)
		return error;
	if (first)
		pty->terminal.ldisc.events = 0;
	else
		error = pty_move(pty, rq, pty->packet, &moved);
	*count = pty->packet + moved;
	return error;
}

static void pty_read_answer(struct request *rq, err_t error, u64 count)
{
	terminal_release(rq);
	if (rq->msg.word[0] >> 16 == INTERFACE_TTY)
		tty_read_reply(rq, error, count);
	else
		file_read_reply(rq, error, count);
}

static void pty_read_cancel(struct request *rq) { pty_read_answer(rq, E_INTR, 0); }

err_t pty_read(struct request *rq, bool may_wait, u64 *count)
{
	struct pty *pty = request_pty(rq);
	err_t error = list_empty(&pty->reading) ? pty_give(pty, rq, count) : E_AGAIN;

	if (error != E_AGAIN || !may_wait)
		return error;
	return terminal_hold(&pty->terminal, rq, &pty->reading, pty_read_cancel);
}

static bool settle_readers(struct pty *pty)
{
	struct request *rq;
	bool moved = false;

	while ((rq = list_first(&pty->reading, struct request, link))) {
		u64 count = 0;
		err_t error = pty_give(pty, rq, &count);

		if (error == E_AGAIN)
			return moved;
		pty_read_answer(rq, error, count);
		moved = true;
	}
	return moved;
}

/* --- both --- */

u32 pty_ready(const struct terminal *t)
{
	const struct pty *pty = pty_at(t);
	const u8 *data;
	u32 ready = 0;

	if (ldisc_output(&t->ldisc, &data))
		ready |= POLL_READ;
	if (pty_urgent(pty))
		ready |= POLL_READ | POLL_URGENT;
	if (pty->abandoned)
		ready |= POLL_HANGUP;
	if (list_empty(&pty->writing) && t->chunk_end - t->chunk_start < TERMINAL_CHUNK)
		ready |= POLL_WRITE;
	return ready;
}

static bool pty_settle(struct line *line)
{
	struct pty *pty = container_of(line, struct pty, line);
	bool moved = settle_writers(pty);

	moved = settle_readers(pty) || moved;
	if (pty->master && pty->master->poll.count)
		poll_wake(&pty->master->poll, pty_ready(&pty->terminal));
	return moved;
}

static const struct line_ops pty_line_ops = {
	.receive = pty_receive,
	.send = pty_send,
	.pending = pty_pending,
	.tick = pty_tick,
	.settle = pty_settle,
};

/* --- beginning and end --- */

static void pty_destroy(struct pty *pty)
{
	terminal_end(&pty->terminal);
	ptys[pty->number] = NULL;
	free(pty);
}

static struct pty *pty_create(void)
{
	struct node node;
	u32 number = 0;

	while (number < PTY_MAX && ptys[number])
		number++;
	struct pty *pty = number < PTY_MAX ? calloc(1, sizeof(*pty)) : NULL;
	if (!pty)
		return NULL;
	node_init(&node, S_IFCHR | 0620, PTY_DEV, INO_FIRST + number, RDEV_FIRST + number);
	node.gid = GROUP_TTY;
	pty->line = (struct line){ .ops = &pty_line_ops, .fetched = true };
	terminal_init(&pty->terminal, &pty->line, &node);
	pty->number = number;
	pty->locked = true;
	list_init(&pty->reading);
	list_init(&pty->writing);
	ptys[number] = pty;
	return pty;
}

void pty_requests_end(struct terminal *t)
{
	struct pty *pty = pty_of(t);
	struct request *rq;

	while ((rq = list_first(&pty->reading, struct request, link)))
		pty_read_cancel(rq);
	while ((rq = list_first(&pty->writing, struct request, link)))
		pty_write_cancel(rq);
}

void pty_closed(struct terminal *t, bool master)
{
	if (!t->line->fetched)
		return;
	struct pty *pty = pty_of(t);
	if (master) {
		pty->master = NULL;
		terminal_hang_up(t);
	} else if (!t->file_count && !t->hung_up) {
		pty->abandoned = true;
		ldisc_go_on(&t->ldisc);
	}
	t->touched = true;
	if (!t->file_count && !t->name_count)
		pty_destroy(pty);
}

err_t pty_open_master(struct request *rq, u32 flags, cap_t *gate, u32 *mode)
{
	struct tty_file what = { .kind = TTY_MASTER_FILE, .node = &master_node };

	*mode = master_node.mode | TTY_MODE;
	if (flags & O_PATH) {
		what.kind = TTY_FILE;
		return file_open(rq, &what, flags, gate, NULL);
	}
	struct pty *pty = pty_create();
	if (!pty)
		return E_NOSPACE;
	*mode |= TTY_MASTER;
	what.terminal = &pty->terminal;
	err_t error = file_open(rq, &what, flags, gate, &pty->master);
	if (error)
		pty_destroy(pty);
	return error;
}

err_t pty_open_slave(struct request *rq, struct terminal *t, u32 flags, cap_t *gate, u32 *mode)
{
	struct tty_file what = { .kind = TTY_FILE, .terminal = t, .node = &t->node };

	/* O_PATH opens nothing. */
	if (t->hung_up || (pty_of(t)->locked && !(flags & O_PATH)))
		return E_IO;
	err_t error = file_open(rq, &what, flags, gate, NULL);
	if (error)
		return error;
	*mode = t->node.mode | TTY_MODE;
	if (!(flags & O_PATH))
		pty_of(t)->abandoned = false;
	return OK;
}

/* --- what is asked --- */

struct node *pty_master_node(void) { return &master_node; }

struct terminal *pty_find(u32 number)
{
	return number < PTY_MAX && ptys[number] && ptys[number]->master ? &ptys[number]->terminal
	                                                                : NULL;
}

u32 pty_number(const struct terminal *t) { return pty_at(t)->number; }

u32 pty_next(u32 from)
{
	while (from < PTY_MAX && !pty_find(from))
		from++;
	return from;
}

size_t pty_path(const struct tty_file *file, char path[PTY_PATH_MAX])
{
	const struct terminal *t = file->terminal;

	path[0] = 0;
	if (file->node == &master_node)
		return (size_t)snprintf(path, PTY_PATH_MAX, "/ptmx");
	if (t && t->line->fetched && file->node == &t->node)
		return (size_t)snprintf(path, PTY_PATH_MAX, "/%u", pty_number(t));
	return 0;
}

err_t pty_option(struct terminal *t, u32 option, u32 value, u32 *now)
{
	struct pty *pty = pty_of(t);
	bool *flag = option == TTY_LOCKED ? &pty->locked : &pty->packet;

	/* What happened before packet mode began is not told. */
	if (flag == &pty->packet && value == TTY_ON && !pty->packet)
		t->ldisc.events = 0;
	if (value != TTY_ASK)
		*flag = value;
	*now = *flag;
	return OK;
}
