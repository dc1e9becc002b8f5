/* SPDX-License-Identifier: MIT */
/* The clients of the world: their calls, from message to answer. */
#include <string.h>

#include "world.h"

enum { HELD = 512, GATES = 4096, CONTROL_GATE = 2 };

static struct held held[HELD];

void client_reset(void) { memset(held, 0, sizeof(held)); }

u32 world_held(void)
{
	u32 count = 0;

	for (u32 i = 0; i < HELD; i++)
		count += held[i].used && !held[i].answered;
	return count;
}

static struct held *held_of(struct request *rq) { return (struct held *)(void *)rq; }

err_t request_hold(struct request *rq, void (*cancel)(struct request *rq))
{
	must(rq->state == REQUEST_OPEN, "held, but not open");
	for (u32 i = 0; i < MSG_CAPS; i++) {
		if (rq->msg.cap[i])
			must(cap_close(rq->msg.cap[i]) == OK, "close");
		rq->msg.cap[i] = 0;
	}
	rq->state = REQUEST_HELD;
	rq->cancel = cancel;
	world.last = held_of(rq);
	return E_HELD;
}

void request_caps_drop(struct request *rq)
{
	for (u32 i = 0; i < MSG_CAPS; i++) {
		if (rq->msg.cap[i])
			must(cap_close(rq->msg.cap[i] & ~CAP_MOVE) == OK, "close");
		rq->msg.cap[i] = 0;
	}
}

void request_reply(struct request *rq, err_t error)
{
	must(rq->state != REQUEST_FREE, "answered twice");
	must(!list_linked(&rq->link), "answered, but still in a list");
	rq->state = REQUEST_FREE;
	held_of(rq)->answer = rq->msg;
	held_of(rq)->error = error;
	held_of(rq)->answered = true;
}

err_t request_read(struct request *rq, u64 offset, void *buf, size_t size)
{
	if (!range_fits(offset, size, rq->in_size))
		return E_RANGE;
	if (size)
		memcpy(buf, held_of(rq)->in + offset, size);
	return OK;
}

err_t request_write(struct request *rq, u64 offset, const void *buf, size_t size)
{
	if (!range_fits(offset, size, rq->out_size) || offset + size > sizeof(held_of(rq)->out))
		return E_RANGE;
	if (!world.touches_left)
		return E_TOUCH;
	world.touches_left--;
	memcpy(held_of(rq)->out + offset, buf, size);
	return OK;
}

err_t request_gate(struct request *rq, u64 label, cap_t *gate)
{
	(void)rq, (void)label, (void)gate;
	return E_FUNDS;
}

/* A call from a client; gates are labels here: see world_gate. */
static u64 gate_label(cap_t gate)
{
	if (gate == CONTROL_GATE)
		return LABEL_CONTROL;
	struct process *process = process_find(gate - GATES);
	return process ? process_label(process) : 0x123450000 | (gate - GATES);
}

err_t rt_call(cap_t gate, struct msg *m)
{
	struct held *call = held;

	while (call->used)
		must(++call < held + HELD, "too many calls");
	*call = (struct held){ .used = true, .in = m->in };
	struct request *rq = &call->rq;
	rq->msg = *m;
	rq->label = gate_label(gate);
	rq->in_size = m->in_size;
	rq->out_size = m->out_size;
	rq->state = REQUEST_OPEN;
	list_init(&rq->link);
	proc_dispatch(&proc.server, rq);
	must(rq->state != REQUEST_OPEN, "neither answered nor held");
	if (!call->answered)
		return E_HELD;
	if (!call->error && m->out_size)
		memcpy(m->out, call->out, m->out_size);
	call->used = false;
	*m = call->answer;
	return call->error;
}

bool held_answered(const struct held *call) { return call->answered; }

err_t held_finish(struct held *call, struct process_wait_result *result)
{
	must(call->used && call->answered, "not answered");
	if (result)
		memcpy(result, call->out, sizeof(*result));
	call->used = false;
	return call->error;
}

void held_leave(struct held *call)
{
	call->rq.abandoned = true;
	held_cancel(call);
}

void held_cancel(struct held *call)
{
	must(call->rq.state == REQUEST_HELD && call->rq.cancel, "cannot be cancelled");
	call->rq.cancel(&call->rq);
	must(call->answered, "cancel did not answer");
}

cap_t world_gate(u32 pid) { return pid ? GATES + pid : CONTROL_GATE; }

u32 world_init(void)
{
	u32 pid = 0;
	cap_t file = world_borrow(KIND_GATE), root = world_borrow(KIND_GATE);
	if (process_start(world_gate(0), file, root, "", 0, &pid))
		return 0;
	return pid;
}

u32 world_fork(u32 parent)
{
	struct process_fork how = { 0 };
	u32 pid;

	return process_fork(world_gate(parent), &how, &pid) ? 0 : pid;
}

void world_exit(u32 pid, u32 status) { (void)process_exit(world_gate(pid), status); }

void world_exec(u32 pid, const char *name)
{
	(void)process_started(world_gate(pid), world_borrow(KIND_THREAD), name, strlen(name));
}

err_t world_wait(u32 pid, i64 which, u32 options, struct process_wait_result *result)
{
	return process_wait(world_gate(pid), which, options, result, sizeof(*result));
}

struct process_page *world_page(u32 pid)
{
	struct process *process = process_find(pid);

	must(process && process->page, "no page");
	return process->page;
}

bool world_pending(u32 pid, u32 signal) { return world_page(pid)->pending & signal_bit(signal); }
