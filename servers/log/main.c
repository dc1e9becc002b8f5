/* SPDX-License-Identifier: MIT */
/* The log of kernel and servers. The kernel's own log is where every line goes first: it keeps the
 * order, and prints on the console until a driver has that. This server keeps what the kernel's
 * small ring has no room for, and is the way in and out for those who hold no authority over the
 * machine. */
#include <string.h>

#include "proto/log_server.h"
#include "proto/supervisor.h"
#include "rt/rt.h"

enum {
	HISTORY_SIZE = 64 << 10,
	PULL_MAX = 16 << 10, /* what the kernel keeps */
	LINE_MAX = 512,
	READ_MAX = 4096,       /* bytes an answer */
	LABEL_PROCESSES = 100, /* gates with labels from here on may only write, read and wait */
	REQUESTS = 16,
	WAITING_MAX = 8,
};

static char history[HISTORY_SIZE];
static u64 history_end; /* bytes ever put into it */
static u64 sequence;    /* bytes of the kernel's log that we have */
static cap_t machine;
static cap_t watcher; /* event; 0: nobody watches */
static u64 watcher_bits;
static u64 marks[2];                                 /* enum log_mark */
static struct list waiting = { &waiting, &waiting }; /* log_await; the cookie is the position */
static u32 waiting_count;

static void history_add(const char *text, size_t size)
{
	while (size > 0) {
		size_t at = history_end % HISTORY_SIZE;
		size_t part = size < HISTORY_SIZE - at ? size : HISTORY_SIZE - at;
		memcpy(history + at, text, part);
		history_end += part;
		text += part;
		size -= part;
	}
}

/* Take over what is new in the kernel's log. */
static void history_pull(void)
{
	static char piece[1024];
	u64 total, copied;

	if (machine_read(machine, MACHINE_LOG_SEQUENCE, &total))
		return;
	if (total - sequence > PULL_MAX)
		sequence = total - PULL_MAX;
	while (sequence < total) {
		if (machine_log_read(machine, sequence, (u64)piece, sizeof(piece), &copied) ||
		    copied == 0)
			return;
		history_add(piece, copied);
		sequence += copied;
	}
}

static void wait_answer(struct request *rq, err_t error)
{
	list_remove(&rq->link);
	waiting_count--;
	log_await_reply(rq, error);
}

static void wait_cancel(struct request *rq) { wait_answer(rq, E_INTR); }

static err_t on_wait(struct request *rq, u64 position)
{
	history_pull();
	if (position < history_end)
		return OK;
	if (waiting_count >= WAITING_MAX)
		return E_BUSY;
	err_t error = request_hold(rq, wait_cancel);
	if (error == E_HELD) {
		rq->cookie = (void *)position;
		list_add_tail(&waiting, &rq->link);
		waiting_count++;
	}
	return error;
}

static void waiting_answer(void)
{
	for (struct list *at = waiting.next, *next; at != &waiting; at = next) {
		struct request *rq = container_of(at, struct request, link);
		next = at->next;
		if ((u64)rq->cookie < history_end)
			wait_answer(rq, OK);
	}
}

static err_t on_state(struct request *rq, u64 *end, u64 *cleared, u64 *taken, u64 *size)
{
	(void)rq;
	history_pull();
	*end = history_end;
	*cleared = marks[LOG_CLEARED];
	*taken = marks[LOG_TAKEN];
	*size = HISTORY_SIZE;
	return OK;
}

static err_t on_mark(struct request *rq, u32 which, u64 position)
{
	if (rq->label >= LABEL_PROCESSES)
		return E_PERM;
	if (which >= COUNT_OF(marks) || position > history_end)
		return E_RANGE;
	marks[which] = position;
	return OK;
}

static void machine_write(const char *text, size_t size)
{
	while (size > 0) {
		u64 words[5] = { 0 };
		size_t part = size < sizeof(words) ? size : sizeof(words);
		memcpy(words, text, part);
		if (machine_log(machine, words[0], words[1], words[2], words[3], words[4]))
			return;
		text += part;
		size -= part;
	}
}

/* Text for a console: no control characters but tab and new line, which is at the end and nowhere
 * else but between lines. */
static size_t line_clean(char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];
		if ((c < ' ' && c != '\n' && c != '\t') || c == 0x7f)
			text[i] = '?';
	}
	if (size == 0 || text[size - 1] != '\n')
		text[size++] = '\n';
	return size;
}

/* The next life of this server finds the watcher with the supervisor. */
static void watcher_keep(void)
{
	if (supervisor_stash(rt_cap("supervisor"), &watcher_bits, sizeof(watcher_bits), watcher))
		rt_log("the watcher will not be found again");
}

static void watcher_find(void)
{
	u64 count;

	if (supervisor_unstash(rt_cap("supervisor"), &watcher_bits, sizeof(watcher_bits), &count,
	                       &watcher) ||
	    count != sizeof(watcher_bits))
		watcher = 0;
}

static void watcher_leave(void)
{
	if (watcher && cap_close(watcher))
		rt_log("the watcher's event is gone");
	watcher = 0;
}

/* Longer lines are cut. */
static err_t on_write(struct request *rq)
{
	char text[LINE_MAX + 1];
	size_t size = rq->in_size < LINE_MAX ? rq->in_size : LINE_MAX;
	err_t error = request_read(rq, 0, text, size);

	if (error)
		return error;
	machine_write(text, line_clean(text, size));
	history_pull();
	waiting_answer();
	if (watcher && event_signal(watcher, watcher_bits))
		watcher_leave();
	return OK;
}

static err_t on_watch(struct request *rq, u64 bits, cap_t event)
{
	if (rq->label >= LABEL_PROCESSES)
		return E_PERM;
	if (!event || !bits)
		return E_CAP;
	watcher_leave();
	watcher = event;
	watcher_bits = bits;
	rq->msg.cap[0] = 0; /* ours now */
	watcher_keep();
	return OK;
}

static err_t on_read(struct request *rq, u64 start, u64 *start_out, u64 *count)
{
	history_pull();
	u64 first = history_end > HISTORY_SIZE ? history_end - HISTORY_SIZE : 0;
	if (start < first)
		start = first;
	if (start > history_end)
		start = history_end;
	u64 size = history_end - start, at = start % HISTORY_SIZE;
	if (size > rq->out_size)
		size = rq->out_size;
	if (size > HISTORY_SIZE - at)
		size = HISTORY_SIZE - at;
	if (size > READ_MAX)
		size = READ_MAX;
	request_reply_data(rq, history + at, size);
	*start_out = start;
	*count = size;
	return OK;
}

static const struct log_ops ops = {
	.log_write = on_write,
	.log_read = on_read,
	.log_watch = on_watch,
	.log_state = on_state,
	.log_mark = on_mark,
	.log_await = on_wait,
};

static void dispatch(struct server *server, struct request *rq)
{
	(void)server;
	log_serve(&ops, rq);
}

int main(void)
{
	struct server server = { .dispatch = dispatch, .requests = REQUESTS, .in_size = LINE_MAX };

	machine = rt_cap_need("machine");
	err_t error = rt_server_start(&server);
	if (!error) {
		history_pull();
		watcher_find();
		error = supervisor_ready(rt_cap_need("supervisor"));
	}
	if (error)
		rt_fail("start: %s", rt_error_text(error));
	rt_server_loop(&server);
}
