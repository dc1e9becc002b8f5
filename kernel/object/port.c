/* SPDX-License-Identifier: MIT */
#include "object/port.h"

#include "object/bank.h"
#include "object/event.h"
#include "object/segment.h"
#include "object/task.h"
#include "object/thread.h"
#include "sched/run.h"

/* --- what a receiver gets --- */

static void receiver_result(struct thread *receiver, enum receive_kind kind, cap_t reply, u64 label,
                            u64 word0)
{
	u64 *regs = arch_regs(receiver);
	regs[ARCH_REG_CALL] = kind | (u64)reply << 32;
	regs[ARCH_REG_IN] = label;
	regs[ARCH_REG_WORD] = word0;
}

static void deliver_page_in(struct port *port, struct thread *faulting, struct thread *receiver)
{
	const struct segment *segment = faulting->page_segment;
	const u64 *slot = segment_slot(faulting->page_segment, faulting->page_index);
	u64 *regs = arch_regs(receiver);

	(void)port;
	list_remove(&faulting->wait_link);
	faulting->page_sent = true;
	receiver_result(receiver, RECEIVE_PAGE_IN, 0, segment->label,
	                faulting->page_index * PAGE_SIZE);
	regs[ARCH_REG_WORD + 1] = faulting->page_access;
	regs[ARCH_REG_WORD + 2] = slot && slot_evicted(*slot) ? slot_token(*slot) : 0;
	regs[ARCH_REG_WORD + 3] = slot && slot_evicted(*slot);
}

bool port_deliver(struct port *port, struct thread *receiver)
{
	struct reply *cancel = list_first(&port->cancels, struct reply, cancel_link);
	if (cancel) {
		list_remove(&cancel->cancel_link);
		receiver_result(receiver, RECEIVE_CANCEL, cancel->cap, 0, !cancel->caller);
		return true;
	}
	struct note *note = list_first(&port->gone, struct note, link);
	if (note) {
		receiver_result(receiver, RECEIVE_NO_CLIENTS, 0, note->label, 0);
		list_remove(&note->link);
		object_give(&note->object);
		return true;
	}
	struct event *event = list_first(&port->ready, struct event, ready_link);
	if (event) {
		list_remove(&event->ready_link);
		receiver_result(receiver, RECEIVE_EVENT, 0, event->label, event->pending);
		event->pending = 0;
		return true;
	}
	struct thread *faulting = list_first(&port->faults, struct thread, wait_link);
	if (faulting) {
		deliver_page_in(port, faulting, receiver);
		return true;
	}
	struct thread *caller;
	while (!list_empty(&port->idle) &&
	       (caller = list_first(&port->callers, struct thread, wait_link))) {
		list_remove(&caller->wait_link);
		if (ipc_deliver(port, caller, caller->call_label, receiver))
			return true;
	}
	return false;
}

void port_poke(struct port *port)
{
	struct thread *receiver = list_first(&port->receivers, struct thread, wait_link);
	if (!receiver || !port_deliver(port, receiver))
		return;
	thread_unwait(receiver);
	if (!thread_on_cpu(receiver))
		sched_ready(receiver);
}

/* --- replies --- */

void reply_cancel(struct reply *reply)
{
	if (!list_linked(&reply->cancel_link))
		list_add_tail(&reply->port->cancels, &reply->cancel_link);
	port_poke(reply->port);
}

void reply_abandon(struct reply *reply)
{
	reply->caller = NULL;
	reply_cancel(reply);
}

void reply_destroy(struct reply *reply)
{
	struct thread *caller = reply->caller;
	reply->caller = NULL;
	list_remove(&reply->all_link);
	list_remove(&reply->link);
	list_remove(&reply->cancel_link);
	object_give(&reply->object);
	if (caller)
		thread_wake(caller, E_DEAD, 0);
}

/* --- gates --- */

/* Callers that came through `gate` and have not been received get E_DEAD. */
static void gate_turn_away(struct gate *gate)
{
	struct list *next, *callers = &gate->note->port->callers;
	for (struct list *l = callers->next; l != callers; l = next) {
		struct thread *thread = container_of(l, struct thread, wait_link);
		next = l->next;
		if (thread->gate == gate)
			thread_wake(thread, E_DEAD, 0);
	}
}

void gate_destroy(struct gate *gate)
{
	struct note *note = gate->note;
	if (note) {
		gate_turn_away(gate);
		note->gate = NULL;
		list_remove(&note->link);
		list_add_tail(&note->port->gone, &note->link);
	}
	object_give(&gate->object);
	if (note)
		port_poke(note->port);
}

static void note_list_free(struct list *notes)
{
	struct note *note;
	while ((note = list_first(notes, struct note, link))) {
		if (note->gate)
			note->gate->note = NULL;
		list_remove(&note->link);
		object_give(&note->object);
	}
}

void port_destroy(struct port *port)
{
	struct thread *thread;
	struct reply *reply;
	struct event *event;
	struct segment *segment;

	port->object.dying = true;
	while ((segment = list_first(&port->kept, struct segment, keeper_link)))
		segment_keeper_gone(segment);
	while ((thread = list_first(&port->callers, struct thread, wait_link)))
		thread_wake(thread, E_DEAD, 0);
	while ((thread = list_first(&port->receivers, struct thread, wait_link))) {
		receiver_result(thread, RECEIVE_ERROR, 0, 0, E_DEAD);
		thread_unwait(thread);
		if (!thread_on_cpu(thread))
			sched_ready(thread);
	}
	while ((reply = list_first(&port->replies, struct reply, all_link)))
		reply_destroy(reply);
	while ((event = list_first(&port->bound, struct event, port_link)))
		event_unbind(event);
	note_list_free(&port->notes);
	note_list_free(&port->gone);
	object_give(&port->object);
}

/* --- calls --- */

err_t sys_port_create(cap_t bank_cap, cap_t *out)
{
	struct bank *bank = CAP_FIND(bank_cap, BANK, bank, RIGHT_USE);
	if (!bank)
		return E_CAP;
	struct port *port = object_take(bank, KIND_PORT);
	if (!port)
		return E_FUNDS;
	struct list *lists[] = { &port->callers, &port->receivers, &port->faults, &port->replies,
		                 &port->idle,    &port->cancels,   &port->notes,  &port->gone,
		                 &port->bound,   &port->ready,     &port->kept };
	for (unsigned i = 0; i < COUNT_OF(lists); i++)
		list_init(lists[i]);
	return cap_publish(&port->object, RIGHT_ALL, out);
}

/* The bank that a payer argument names: a bank, or that of the caller behind a reply object. */
static struct bank *payer_bank(cap_t payer, err_t *error)
{
	struct bank *bank = CAP_FIND(payer, BANK, bank, RIGHT_USE);
	const struct reply *reply = CAP_FIND(payer, REPLY, reply, 0);
	*error = bank || reply ? E_DEAD : E_CAP;
	if (bank)
		return bank;
	return reply && reply->caller ? reply->caller->task->object.bank : NULL;
}

static void note_attach(struct note *note, struct port *port, struct gate *gate, u64 label)
{
	note->port = port;
	note->gate = gate;
	note->label = label;
	gate->note = note;
	list_init(&note->link);
	list_add_tail(&port->notes, &note->link);
}

err_t sys_gate_create(cap_t port_cap, cap_t payer, u64 label, cap_t *out)
{
	err_t error;
	struct port *port = CAP_FIND(port_cap, PORT, port, RIGHT_USE);
	struct bank *bank = payer_bank(payer, &error);
	if (!port)
		return E_CAP;
	if (!bank)
		return error;

	struct slot_reservation slot;
	struct gate *gate = object_take(bank, KIND_GATE);
	if (!gate)
		return E_FUNDS;
	struct note *note = object_take(port->object.bank, SLAB_NOTE);
	if (!note) {
		object_give(&gate->object);
		return E_FUNDS;
	}
	error = cap_reserve(current_task(), &slot);
	if (error) {
		object_give(&note->object);
		object_give(&gate->object);
		return error;
	}

	COMMIT();
	note_attach(note, port, gate, label);
	/* A gate that the caller pays for is on its way to the caller, who may not re-bind it. */
	bool own = CAP_FIND(payer, BANK, bank, RIGHT_USE);
	*out = cap_fill(&slot, &gate->object, RIGHT_USE | RIGHT_COPY | (own ? RIGHT_CONTROL : 0));
	return OK;
}

err_t sys_gate_bind(cap_t gate_cap, cap_t port_cap, u64 label)
{
	struct gate *gate = CAP_FIND(gate_cap, GATE, gate, RIGHT_CONTROL);
	struct port *port = CAP_FIND(port_cap, PORT, port, RIGHT_USE);
	if (!gate || !port)
		return E_CAP;
	struct note *note = object_take(port->object.bank, SLAB_NOTE);
	if (!note)
		return E_FUNDS;

	COMMIT();
	struct note *old = gate->note;
	note_attach(note, port, gate, label);
	if (old) {
		struct list *next, *callers = &old->port->callers;
		for (struct list *l = callers->next; l != callers; l = next) {
			struct thread *thread = container_of(l, struct thread, wait_link);
			next = l->next;
			if (thread->gate != gate)
				continue;
			list_remove(&thread->wait_link);
			list_add_tail(&port->callers, &thread->wait_link);
			thread->call_label = label;
		}
		list_remove(&old->link);
		object_give(&old->object);
		port_poke(port);
	}
	return OK;
}

err_t sys_gate_identify(cap_t port_cap, cap_t gate_cap, u64 *label)
{
	const struct port *port = CAP_FIND(port_cap, PORT, port, RIGHT_WAIT);
	const struct gate *gate = CAP_FIND(gate_cap, GATE, gate, 0);
	if (!port || !gate)
		return E_CAP;
	if (!gate->note || gate->note->port != port)
		return E_XDEV;
	*label = gate->note->label;
	return OK;
}

err_t sys_reply_create(cap_t bank_cap, cap_t port_cap, cap_t *out)
{
	struct bank *bank = CAP_FIND(bank_cap, BANK, bank, RIGHT_USE);
	struct port *port = CAP_FIND(port_cap, PORT, port, RIGHT_WAIT);
	if (!bank || !port)
		return E_CAP;
	struct reply *reply = object_take(bank, KIND_REPLY);
	if (!reply)
		return E_FUNDS;
	struct slot_reservation slot;
	err_t error = cap_reserve(current_task(), &slot);
	if (error) {
		object_give(&reply->object);
		return error;
	}

	COMMIT();
	reply->port = port;
	list_init(&reply->all_link);
	list_init(&reply->link);
	list_init(&reply->cancel_link);
	list_add_tail(&port->replies, &reply->all_link);
	reply->cap = cap_fill(&slot, &reply->object, RIGHT_USE | RIGHT_CONTROL);
	*out = reply->cap;
	reply_release(reply);
	port_poke(port);
	return OK;
}
