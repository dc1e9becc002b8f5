/* SPDX-License-Identifier: MIT */
/* The message calls. Registers: abi/message.h. A short call goes straight from the caller to the
 * server that waits, a short reply straight back. */
#include "ipc/lend.h"
#include "object/port.h"
#include "object/segment.h"
#include "object/task.h"
#include "object/thread.h"
#include "sched/run.h"
#include "trap.h"

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
	object_get(&from->object); /* one may be the last for the task itself */
	for (unsigned i = 0; i < MSG_CAPS; i++) {
		if (caps[i] & CAP_MOVE)
			cap_drop(from, caps[i] & ~CAP_MOVE);
	}
	object_put(&from->object);
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

/* --- call --- */

/* Bytes of the lent `in` that go along with the message into the receiver's buffer. */
static u64 message_in(struct thread *caller, struct thread *receiver)
{
	const u64 *regs = arch_regs(receiver), *call = arch_regs(caller);
	u64 done = 0, size = min_u64((u32)call[ARCH_REG_SIZES], (u32)regs[ARCH_REG_SIZES]);
	err_t error;
	if (size)
		(void)lend_copy(caller->task, call[ARCH_REG_IN], receiver->task, regs[ARCH_REG_IN],
		                size, &done, &error);
	return done;
}

/* Hand the call, which waits for nothing yet, to a receiver that waits for nothing any more; but
 * for the words. */
static INLINE err_t deliver(struct port *port, struct thread *caller, u64 label,
                            struct thread *receiver)
{
	struct reply *reply = list_first(&port->idle, struct reply, link);
	u64 *regs = arch_regs(receiver);
	const u64 *call = arch_regs(caller);

	err_t error = message_caps(caller, receiver);
	if (error)
		return error;
	list_remove(&reply->link);
	reply->caller = caller;
	caller->state = THREAD_SERVED;
	caller->reply = reply;

	regs[ARCH_REG_OUT] = (u32)call[ARCH_REG_SIZES] ? message_in(caller, receiver) : 0;
	regs[ARCH_REG_SIZES] = call[ARCH_REG_SIZES];
	regs[ARCH_REG_IN] = label;
	regs[ARCH_REG_CALL] = RECEIVE_MESSAGE | (u64)reply->cap << 32;
	return OK;
}

bool ipc_deliver(struct port *port, struct thread *caller, u64 label, struct thread *receiver)
{
	err_t error = deliver(port, caller, label, receiver);

	caller->gate = NULL;
	if (error)
		thread_wake(caller, error, 0);
	else
		thread_words(caller, receiver);
	return !error;
}

/* Checks of a call; the gate's note if it may go on. */
static INLINE err_t call_check(struct thread *thread, bool interruptible, struct gate **gate)
{
	const u64 *regs = arch_regs(thread);
	struct object *object = cap_look_up(&thread->task->caps, (cap_t)(regs[ARCH_REG_CALL] >> 32),
	                                    KIND_GATE, RIGHT_USE);
	if (!object)
		return E_CAP;
	*gate = container_of(object, struct gate, object);
	if (!(*gate)->note)
		return E_DEAD;
	u64 sizes = regs[ARCH_REG_SIZES];
	if (sizes && (!range_fits(regs[ARCH_REG_IN], (u32)sizes, USER_END) ||
	              !range_fits(regs[ARCH_REG_OUT], sizes >> 32, USER_END)))
		return E_FAULT;
	if (interruptible && thread->control && thread->control->pending)
		return E_INTR;
	return OK;
}

/* No receiver waits, or none has a reply to take the call with. */
static void call_wait(struct thread *thread, struct port *port, struct gate *gate)
{
	thread->state = THREAD_CALLING;
	thread->gate = gate;
	thread->call_label = gate->note->label;
	list_add_tail(&port->callers, &thread->wait_link);
}

static INLINE void ipc_call(struct cpu *cpu, struct thread *thread, bool interruptible)
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
	if (deadline != DEADLINE_NEVER)
		timer_set(&thread->timer, deadline);

	struct thread *receiver = list_first(&port->receivers, struct thread, wait_link);
	if (!receiver || list_empty(&port->idle)) {
		call_wait(thread, port, gate);
		return;
	}
	error = deliver(port, thread, gate->note->label, receiver);
	if (error) {
		thread_wake(thread, error, 0);
		return;
	}
	thread_received(receiver);
	sched_hand_over(cpu, thread, receiver);
}

/* --- receive and reply --- */

static void receiver_fail(struct thread *thread, err_t error)
{
	u64 *regs = arch_regs(thread);
	regs[ARCH_REG_CALL] = RECEIVE_ERROR;
	regs[ARCH_REG_WORD] = error;
}

static INLINE void receiver_wait(struct thread *thread, struct port *port)
{
	thread->state = THREAD_RECEIVING;
	list_add_tail(&port->receivers, &thread->wait_link);
}

/* Take what the port has, or wait for it. */
static void receive_or_wait(struct thread *thread, struct port *port)
{
	if (!port_deliver(port, thread))
		receiver_wait(thread, port);
}

static void ipc_receive(struct thread *thread)
{
	cap_t cap = (cap_t)(arch_regs(thread)[ARCH_REG_CALL] >> 32);
	struct port *port = CAP_FIND(cap, PORT, port, RIGHT_WAIT);
	if (!port) {
		receiver_fail(thread, E_CAP);
		return;
	}
	receive_or_wait(thread, port);
}

/* Copy the answer to the caller, but for the words. If it fails, nothing has happened. */
static INLINE err_t reply_send(struct thread *server, struct thread *caller)
{
	const u64 *answer = arch_regs(server);
	u64 *regs = arch_regs(caller);
	u64 out = 0;

	if (answer[ARCH_REG_SIZES] >> 32) {
		u64 size = min_u64(answer[ARCH_REG_SIZES] >> 32, regs[ARCH_REG_SIZES] >> 32),
		    done = 0;
		err_t why;
		enum lend_stop stop = lend_copy(server->task, answer[ARCH_REG_OUT], caller->task,
		                                regs[ARCH_REG_OUT], size, &done, &why);
		if (stop != LEND_DONE)
			return stop == LEND_FROM ? E_FAULT : E_TOUCH;
		out = size;
	}
	regs[ARCH_REG_CALL] = message_caps(server, caller);
	regs[ARCH_REG_OUT] = out;
	return OK;
}

/* The reply has been sent, and whoever waited for it runs; the server goes on. */
static void reply_end(struct thread *thread, struct port *port, bool receive)
{
	if (receive) {
		receive_or_wait(thread, port);
	} else {
		arch_regs(thread)[ARCH_REG_CALL] = OK;
		port_poke(port);
	}
}

/* The same where nobody has got the capabilities. To discard one may destroy anything, the reply
 * and the server included, so it comes last. */
static void reply_undelivered(struct thread *thread, struct reply *reply, bool receive)
{
	const u64 caps[2] = { arch_regs(thread)[ARCH_REG_CAPS],
		              arch_regs(thread)[ARCH_REG_CAPS + 1] };
	struct task *task = thread->task;
	struct port *port = reply->port;
	struct thread *caller = reply->caller;

	reply_release(reply);
	if (caller) {
		thread_answered(caller);
		thread_words(thread, caller);
		sched_ready(caller);
	}
	reply_end(thread, port, receive);
	caps_discard(task, caps);
}

static INLINE void ipc_reply(struct cpu *cpu, struct thread *thread, bool receive)
{
	u64 *regs = arch_regs(thread);
	struct object *object = cap_look_up(&thread->task->caps, (cap_t)(regs[ARCH_REG_CALL] >> 32),
	                                    KIND_REPLY, RIGHT_USE);
	struct reply *reply = container_of(object, struct reply, object);
	err_t error = !object ? E_CAP : !reply_taken(reply) ? E_RANGE : OK;
	struct thread *caller = error ? NULL : reply->caller;

	if (caller)
		error = reply_send(thread, caller);
	if (error) {
		if (receive)
			receiver_fail(thread, error);
		else
			regs[ARCH_REG_CALL] = error;
		return;
	}
	if (!caller || arch_regs(caller)[ARCH_REG_CALL] != OK) {
		reply_undelivered(thread, reply, receive);
		return;
	}
	struct port *port = reply->port;
	reply_release(reply);
	thread_answered(caller);
	if (receive && !port_has_news(port)) {
		receiver_wait(thread, port);
		sched_hand_over(cpu, thread, caller);
	}
	thread_words(thread, caller);
	sched_ready(caller);
	reply_end(thread, port, receive);
}

_Noreturn HOT void trap_message(void)
{
	struct cpu *cpu = arch_cpu();

	sched_enter(cpu);
	struct thread *thread = cpu->current;
	u32 number = (u32)arch_call_number(thread);

	if (number <= CALL_FIRST + CALL_IPC_CALL_INTERRUPTIBLE)
		ipc_call(cpu, thread, number != CALL_FIRST + CALL_IPC_CALL);
	else if (number == CALL_FIRST + CALL_IPC_REPLY_RECEIVE)
		ipc_reply(cpu, thread, true);
	else if (number == CALL_FIRST + CALL_IPC_REPLY)
		ipc_reply(cpu, thread, false);
	else if (number == CALL_FIRST + CALL_IPC_RECEIVE)
		ipc_receive(thread);
	else
		arch_call_result(thread, E_NOSYS, 0);
	sched_run();
}
