/* SPDX-License-Identifier: MIT */
#include "fake.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GATE_FIRST = 100, IN_COUNT = 4096 };

struct fake fake;
static struct fake_call calls[FAKE_CALLS];
/* closed: NO_CLIENTS is to be delivered, as the kernel does: as a message of its own. */
static struct {
	bool used, closed;
	u64 label;
} gates[FAKE_CAPS];

static void must(bool condition, const char *what)
{
	if (condition)
		return;
	printf("# fake: %s\n", what);
	abort();
}

void fake_reset(void (*dispatch)(struct server *server, struct request *rq),
                void (*no_clients)(struct server *server, u64 label))
{
	memset(&fake, 0, sizeof(fake));
	memset(calls, 0, sizeof(calls));
	memset(gates, 0, sizeof(gates));
	fake.server.dispatch = dispatch;
	fake.server.no_clients = no_clients;
	fake.gates_left = fake.copies_left = UINT32_MAX;
	fake.now = 1000000;
	fake.realtime = 1700000000000000000;
}

static void gate_gone(u32 i)
{
	gates[i].used = gates[i].closed = false;
	fake.server.no_clients(&fake.server, gates[i].label);
}

static void gates_settle(void)
{
	for (u32 i = 0; i < FAKE_CAPS; i++)
		if (gates[i].closed)
			gate_gone(i);
}

/* --- calls --- */

static struct fake_call *call_of(struct request *rq) { return (struct fake_call *)(void *)rq; }

struct fake_call *fake_send(u64 label, const struct msg *m)
{
	struct fake_call *call = calls;

	while (call->used)
		must(++call < calls + FAKE_CALLS, "too many calls");
	memset(call, 0, sizeof(*call));
	call->used = true;
	call->in = m->in;
	call->out = m->out;
	struct request *rq = &call->rq;
	rq->msg = *m;
	rq->label = label;
	rq->in_size = m->in_size;
	rq->out_size = m->out_size;
	rq->in_count = m->in_size < IN_COUNT ? m->in_size : IN_COUNT;
	/* A copy of its own, so that use after the handler is seen. */
	void *in = calloc(1, rq->in_count ? rq->in_count : 1);
	if (rq->in_count)
		memcpy(in, m->in, rq->in_count);
	rq->in = in;
	rq->server = &fake.server;
	rq->state = REQUEST_OPEN;
	list_init(&rq->link);
	fake.server.dispatch(&fake.server, rq);
	free(in);
	must(rq->state != REQUEST_OPEN, "neither answered nor held");
	if (fake.server.idle)
		fake.server.idle(&fake.server);
	rq->in = NULL;
	rq->in_count = 0;
	gates_settle();
	return call;
}

struct fake_call *fake_send_to(cap_t gate, const struct msg *m)
{
	return fake_send(fake_label(gate), m);
}

bool fake_answered(const struct fake_call *call) { return call->answered; }

err_t fake_finish(struct fake_call *call, struct msg *answer)
{
	must(call->answered, "the call is not answered");
	if (answer)
		*answer = call->answer;
	call->used = false;
	return call->error;
}

err_t rt_call(cap_t gate, struct msg *m)
{
	struct fake_call *call = gate ? fake_send_to(gate, m) : fake_send(0, m);

	if (!call->answered)
		return E_HELD;
	err_t error = fake_finish(call, m);
	return error;
}

void fake_cancel(struct fake_call *call)
{
	must(call->rq.state == REQUEST_HELD && call->rq.cancel, "cannot be cancelled");
	call->rq.cancel(&call->rq);
	must(call->answered, "cancel did not answer");
}

void fake_leave(struct fake_call *call)
{
	call->rq.abandoned = true;
	fake_cancel(call);
}

u32 fake_held(void)
{
	u32 count = 0;

	for (u32 i = 0; i < FAKE_CALLS; i++)
		count += calls[i].used && calls[i].rq.state == REQUEST_HELD;
	return count;
}

/* --- the runtime --- */

void request_caps_drop(struct request *rq)
{
	for (int i = 0; i < MSG_CAPS; i++) {
		if (rq->msg.cap[i])
			must(cap_close(rq->msg.cap[i] & ~CAP_MOVE) == OK,
			     "a capability that is none");
		rq->msg.cap[i] = 0;
	}
}

err_t request_hold(struct request *rq, void (*cancel)(struct request *rq))
{
	must(rq->state == REQUEST_OPEN, "held, but not open");
	request_caps_drop(rq);
	rq->state = REQUEST_HELD;
	rq->cancel = cancel;
	rq->in = NULL;
	rq->in_count = 0;
	return E_HELD;
}

void request_reply(struct request *rq, err_t error)
{
	struct fake_call *call = call_of(rq);

	must(rq->state == REQUEST_OPEN || rq->state == REQUEST_HELD, "answered twice");
	if (list_linked(&rq->link))
		list_remove(&rq->link);
	rq->state = REQUEST_FREE;
	if (rq->reply_size)
		memcpy(call->out, rq->reply_data, rq->reply_size);
	call->answer = rq->msg;
	call->error = error;
	call->answered = true;
}

void request_reply_data(struct request *rq, const void *data, size_t size)
{
	rq->reply_data = data;
	rq->reply_size = size;
}

static bool copy_fails(void)
{
	fake.copies++;
	if (!fake.copies_left)
		return true;
	fake.copies_left--;
	return false;
}

err_t request_read(struct request *rq, u64 offset, void *buf, size_t size)
{
	if (!range_fits(offset, size, rq->in_size))
		return E_RANGE;
	if (rq->in && range_fits(offset, size, rq->in_count)) {
		memcpy(buf, (const u8 *)rq->in + offset, size);
		return OK;
	}
	if (rq->abandoned)
		return E_DEAD;
	if (copy_fails())
		return E_TOUCH;
	memcpy(buf, call_of(rq)->in + offset, size);
	return OK;
}

err_t request_write(struct request *rq, u64 offset, const void *buf, size_t size)
{
	if (!range_fits(offset, size, rq->out_size))
		return E_RANGE;
	if (rq->abandoned)
		return E_DEAD;
	if (!size)
		return OK;
	if (copy_fails())
		return E_TOUCH;
	memcpy(call_of(rq)->out + offset, buf, size);
	return OK;
}

err_t request_gate(struct request *rq, u64 label, cap_t *gate)
{
	(void)rq;
	if (!fake.gates_left)
		return E_FUNDS;
	fake.gates_left--;
	for (u32 i = 0; i < FAKE_CAPS; i++) {
		if (gates[i].used)
			continue;
		gates[i].used = true;
		gates[i].label = label;
		*gate = GATE_FIRST + i;
		return OK;
	}
	return E_FUNDS;
}

err_t request_cross(struct request *rq, u32 kind, u32 which, cap_t gate, const char *rest,
                    size_t rest_size, size_t used)
{
	request_caps_drop(rq);
	rq->msg.word[1] = kind;
	rq->msg.word[2] = which;
	rq->msg.word[3] = rest_size;
	rq->msg.word[4] = used;
	rq->msg.cap[0] = gate;
	request_reply_data(rq, rest, rest_size);
	request_reply(rq, E_CROSS);
	return E_HELD;
}

u64 fake_label(cap_t gate)
{
	u32 i = (gate & ~CAP_MOVE) - GATE_FIRST;

	must(i < FAKE_CAPS && gates[i].used, "no such gate");
	return gates[i].label;
}

void fake_close(cap_t gate)
{
	fake_label(gate);
	gate_gone((gate & ~CAP_MOVE) - GATE_FIRST);
}

u32 fake_gates(void)
{
	u32 count = 0;

	for (u32 i = 0; i < FAKE_CAPS; i++)
		count += gates[i].used;
	return count;
}

u64 rt_now(void) { return fake.now; }
u64 rt_realtime(void) { return fake.realtime; }

void rt_log(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("# log: ");
	vprintf(format, args);
	printf("\n");
	va_end(args);
}

const char *rt_error_text(err_t error)
{
	(void)error;
	return "an error";
}

void rt_call_deadline(u64 deadline) { (void)deadline; }

/* --- events and capabilities --- */

cap_t fake_event(u32 index) { return FAKE_EVENT_FIRST + index; }

static u32 event_index(cap_t event)
{
	must(event >= FAKE_EVENT_FIRST && event < FAKE_EVENT_FIRST + FAKE_EVENTS, "no such event");
	return (event - FAKE_EVENT_FIRST) % (FAKE_EVENTS / 2);
}

u64 fake_event_take(u32 index)
{
	u64 bits = fake.event_bits[index];

	fake.event_bits[index] = 0;
	return bits;
}

err_t event_signal(cap_t event, u64 bits)
{
	fake.event_bits[event_index(event)] |= bits;
	fake.signals++;
	fake.last_signalled = event;
	return OK;
}

err_t event_timer(cap_t event, u64 bits, u64 deadline)
{
	(void)bits;
	fake.timer[event_index(event)] = deadline;
	return OK;
}

err_t cap_same(cap_t a, cap_t b) { return event_index(a) == event_index(b) ? OK : E_XDEV; }

err_t cap_close(cap_t cap)
{
	fake.caps_closed++;
	if (cap >= FAKE_EVENT_FIRST)
		return OK;
	/* Our own copy of a gate that was just made: the only one. */
	must(cap >= GATE_FIRST && gates[cap - GATE_FIRST].used, "closing what is not there");
	gates[cap - GATE_FIRST].closed = true;
	return OK;
}
