/* SPDX-License-Identifier: MIT */
/* The message calls. Registers: abi/message.h. A short call goes straight from the caller to the
 * server that waits, a short reply straight back. */
#include "ipc/lend.h"
#include "object/port.h"
#include "object/segment.h"
#include "object/task.h"
#include "object/thread.h"
#include "sched/run.h"

/* --- capabilities in messages --- */

/* Move or copy the capabilities named in `regs` of `from`'s message; the numbers in `to`'s table go
 * to `out`. All or nothing. */
static err_t caps_transfer(struct task *from, const u64 *in, struct task *to, u64 *out)
{
	struct slot_reservation slots[MSG_CAPS];
	struct object *objects[MSG_CAPS];
	cap_t caps[MSG_CAPS] = { (cap_t)in[0], (cap_t)(in[0] >> 32), (cap_t)in[1],
		                 (cap_t)(in[1] >> 32) };
	err_t error = OK;
	unsigned n = 0;

	for (unsigned i = 0; i < MSG_CAPS && !error; i++) {
		if (!caps[i])
			continue;
		objects[i] = cap_find_in(from, caps[i] & ~CAP_MOVE, KIND_NONE,
		                         caps[i] & CAP_MOVE ? 0 : RIGHT_COPY);
		error = objects[i] ? cap_reserve(to, &slots[i]) : E_CAP;
		if (!error)
			n |= 1u << i;
	}
	if (error) {
		for (unsigned i = 0; i < MSG_CAPS; i++) {
			if (n >> i & 1)
				cap_cancel(&slots[i]);
		}
		return error;
	}
	cap_t given[MSG_CAPS] = { 0 };
	for (unsigned i = 0; i < MSG_CAPS; i++) {
		if (!(n >> i & 1))
			continue;
		u32 rights = cap_rights(from, caps[i] & ~CAP_MOVE) & RIGHT_ALL;
		given[i] = cap_fill(&slots[i], objects[i], rights);
		if (caps[i] & CAP_MOVE)
			cap_drop(from, caps[i] & ~CAP_MOVE);
	}
	out[0] = given[0] | (u64)given[1] << 32;
	out[1] = given[2] | (u64)given[3] << 32;
	return OK;
}

/* Capabilities that could not be delivered and were to be moved are gone all the same: nobody knows
 * their numbers any more. */
static void caps_discard(struct task *from, const u64 *in)
{
	cap_t caps[MSG_CAPS] = { (cap_t)in[0], (cap_t)(in[0] >> 32), (cap_t)in[1],
		                 (cap_t)(in[1] >> 32) };
	for (unsigned i = 0; i < MSG_CAPS; i++) {
		if (caps[i] & CAP_MOVE)
			cap_drop(from, caps[i] & ~CAP_MOVE);
	}
}

static err_t message_caps(struct thread *from, struct thread *to)
{
	const u64 *in = &arch_regs(from)[ARCH_REG_CAPS];
	u64 *out = &arch_regs(to)[ARCH_REG_CAPS];
	if (!(in[0] | in[1])) {
		out[0] = out[1] = 0;
		return OK;
	}
	u64 given[2];
	err_t error = caps_transfer(from->task, in, to->task, given);
	if (!error) {
		out[0] = given[0];
		out[1] = given[1];
	}
	return error;
}

static void message_words(struct thread *from, struct thread *to)
{
	const u64 *a = &arch_regs(from)[ARCH_REG_WORD];
	u64 *b = &arch_regs(to)[ARCH_REG_WORD];
	for (unsigned i = 0; i < MSG_WORDS; i++)
		b[i] = a[i];
}

/* --- call --- */

/* Bytes of the lent `in` that go along with the message into the receiver's buffer. */
static u64 message_in(struct thread *caller, struct thread *receiver, u64 in, u32 in_size)
{
	const u64 *regs = arch_regs(receiver);
	u64 done = 0, size = min_u64(in_size, (u32)regs[ARCH_REG_SIZES]);
	err_t error;
	if (size)
		(void)lend_copy(caller->task, in, receiver->task, regs[ARCH_REG_IN], size, &done,
		                &error);
	return done;
}

bool ipc_deliver(struct port *port, struct thread *caller, u64 label, struct thread *receiver)
{
	struct reply *reply = list_first(&port->idle, struct reply, link);
	u64 *regs = arch_regs(receiver);
	const u64 *call = arch_regs(caller);

	err_t error = message_caps(caller, receiver);
	if (error) {
		thread_wake(caller, error, 0);
		return false;
	}
	list_remove(&reply->link);
	reply->taken = true;
	reply->caller = caller;
	reply->in = call[ARCH_REG_IN];
	reply->out = call[ARCH_REG_OUT];
	reply->in_size = (u32)call[ARCH_REG_SIZES];
	reply->out_size = (u32)(call[ARCH_REG_SIZES] >> 32);
	caller->state = THREAD_SERVED;
	caller->reply = reply;
	caller->gate = NULL;

	regs[ARCH_REG_OUT] = message_in(caller, receiver, reply->in, reply->in_size);
	regs[ARCH_REG_SIZES] = call[ARCH_REG_SIZES];
	regs[ARCH_REG_IN] = label;
	regs[ARCH_REG_CALL] = RECEIVE_MESSAGE | (u64)reply->cap << 32;
	message_words(caller, receiver);
	return true;
}

/* Checks of a call; the gate's note if it may go on. */
static err_t call_check(struct thread *thread, bool interruptible, struct gate **gate)
{
	const u64 *regs = arch_regs(thread);
	*gate = CAP_FIND((cap_t)(regs[ARCH_REG_CALL] >> 32), GATE, gate, RIGHT_USE);
	if (!*gate)
		return E_CAP;
	if (!(*gate)->note)
		return E_DEAD;
	if (!range_fits(regs[ARCH_REG_IN], (u32)regs[ARCH_REG_SIZES], USER_END) ||
	    !range_fits(regs[ARCH_REG_OUT], regs[ARCH_REG_SIZES] >> 32, USER_END))
		return E_FAULT;
	if (interruptible && thread->control && thread->control->pending)
		return E_INTR;
	return OK;
}

void ipc_call(struct thread *thread, bool interruptible)
{
	struct gate *gate;
	err_t error = call_check(thread, interruptible, &gate);
	u64 deadline = thread_call_deadline(thread);
	if (!error && deadline != DEADLINE_NEVER && deadline <= arch_now())
		error = E_TIMEOUT;
	if (error) {
		arch_regs(thread)[ARCH_REG_CALL] = error;
		return;
	}
	struct port *port = gate->note->port;
	thread->interruptible = interruptible;
	thread->waits_for = &port->object;
	thread->gate = gate;
	thread->call_label = gate->note->label;
	if (deadline != DEADLINE_NEVER)
		timer_set(&thread->timer, deadline);

	struct thread *receiver = list_first(&port->receivers, struct thread, wait_link);
	thread->state = THREAD_CALLING;
	if (!receiver || list_empty(&port->idle)) {
		list_add_tail(&port->callers, &thread->wait_link);
		return;
	}
	if (!ipc_deliver(port, thread, thread->call_label, receiver))
		return;
	thread_unwait(receiver);
	if (!receiver->on_cpu)
		sched_switch_to(receiver);
}

/* --- receive and reply --- */

static void receiver_fail(struct thread *thread, err_t error)
{
	u64 *regs = arch_regs(thread);
	regs[ARCH_REG_CALL] = RECEIVE_ERROR;
	regs[ARCH_REG_WORD] = error;
}

/* Take what the port has, or wait for it. */
static void receive_or_wait(struct thread *thread, struct port *port)
{
	if (port_deliver(port, thread))
		return;
	thread->state = THREAD_RECEIVING;
	thread->waits_for = &port->object;
	list_add_tail(&port->receivers, &thread->wait_link);
}

void ipc_receive(struct thread *thread)
{
	cap_t cap = (cap_t)(arch_regs(thread)[ARCH_REG_CALL] >> 32);
	struct port *port = CAP_FIND(cap, PORT, port, RIGHT_WAIT);
	if (!port) {
		receiver_fail(thread, E_CAP);
		return;
	}
	receive_or_wait(thread, port);
}

/* Copy the answer to the caller. E_TOUCH, E_FAULT: its data could not be copied, nothing has
 * happened. */
static err_t reply_send(struct thread *server, struct reply *reply)
{
	struct thread *caller = reply->caller;
	const u64 *answer = arch_regs(server);
	u64 *regs = arch_regs(caller);
	u64 done = 0, size = min_u64(answer[ARCH_REG_SIZES] >> 32, reply->out_size);
	err_t error;

	if (size) {
		enum lend_stop stop = lend_copy(server->task, answer[ARCH_REG_OUT], caller->task,
		                                reply->out, size, &done, &error);
		if (stop == LEND_FROM)
			return E_FAULT;
		if (stop == LEND_TO)
			return E_TOUCH;
	}
	error = message_caps(server, caller);
	if (error)
		caps_discard(server->task, &answer[ARCH_REG_CAPS]);
	message_words(server, caller);
	regs[ARCH_REG_CALL] = error;
	regs[ARCH_REG_OUT] = done;
	return OK;
}

void ipc_reply(struct thread *thread, bool receive)
{
	u64 *regs = arch_regs(thread);
	struct reply *reply = CAP_FIND((cap_t)(regs[ARCH_REG_CALL] >> 32), REPLY, reply, RIGHT_USE);
	err_t error = !reply ? E_CAP : !reply->taken ? E_RANGE : OK;
	struct thread *caller = error ? NULL : reply->caller;

	if (caller)
		error = reply_send(thread, reply);
	else if (!error)
		caps_discard(thread->task, &regs[ARCH_REG_CAPS]);
	if (error) {
		if (receive)
			receiver_fail(thread, error);
		else
			regs[ARCH_REG_CALL] = error;
		return;
	}
	struct port *port = reply->port;
	reply_release(reply);
	if (caller)
		thread_unwait(caller);
	if (receive) {
		receive_or_wait(thread, port);
	} else {
		regs[ARCH_REG_CALL] = OK;
		port_poke(port);
	}
	if (!caller || caller->on_cpu)
		return;
	if (thread->state == THREAD_RECEIVING)
		sched_switch_to(caller);
	else
		sched_ready(caller);
}
