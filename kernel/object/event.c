/* SPDX-License-Identifier: MIT */
#include "object/event.h"

#include "object/bank.h"
#include "object/port.h"
#include "object/task.h"
#include "object/thread.h"

void event_raise(struct event *event, u64 bits)
{
	event->pending |= bits;
	struct list *next;
	for (struct list *l = event->waiters.next; l != &event->waiters; l = next) {
		struct thread *thread = container_of(l, struct thread, wait_link);
		u64 taken = event->pending & thread->mask;
		next = l->next;
		if (taken) {
			event->pending &= ~taken;
			thread_wake(thread, OK, taken);
		}
	}
	if (event->pending && event->port && !list_linked(&event->ready_link)) {
		list_add_tail(&event->port->ready, &event->ready_link);
		port_poke(event->port);
	}
}

void event_timer_fired(struct event *event) { event_raise(event, event->timer_bits); }

void event_unbind(struct event *event)
{
	event->port = NULL;
	list_remove(&event->port_link);
	list_remove(&event->ready_link);
}

void event_destroy(struct event *event)
{
	struct thread *thread;
	event->object.dying = true;
	while ((thread = list_first(&event->waiters, struct thread, wait_link)))
		thread_wake(thread, E_DEAD, 0);
	timer_cancel(&event->timer);
	event_unbind(event);
	object_give(&event->object);
}

/* --- calls --- */

err_t sys_event_create(cap_t bank_cap, cap_t *out)
{
	struct bank *bank = CAP_FIND(bank_cap, BANK, bank, RIGHT_USE);
	if (!bank)
		return E_CAP;
	struct event *event = object_take(bank, KIND_EVENT);
	if (!event)
		return E_FUNDS;
	list_init(&event->waiters);
	list_init(&event->port_link);
	list_init(&event->ready_link);
	event->timer.of_event = true;
	return cap_publish(&event->object, RIGHT_ALL, out);
}

err_t sys_event_signal(cap_t cap, u64 bits)
{
	struct event *event = CAP_FIND(cap, EVENT, event, RIGHT_USE);
	if (!event)
		return E_CAP;
	COMMIT();
	event_raise(event, bits);
	return OK;
}

err_t sys_event_wait(cap_t cap, u64 mask, u64 deadline, u64 *bits)
{
	struct thread *thread = current();
	struct event *event = CAP_FIND(cap, EVENT, event, RIGHT_WAIT);
	if (!event)
		return E_CAP;
	if (!mask)
		return E_RANGE;
	u64 taken = event->pending & mask;
	if (taken) {
		event->pending &= ~taken;
		*bits = taken;
		return OK;
	}
	if (deadline <= arch_now())
		return E_TIMEOUT;
	if (thread->control && thread->control->pending)
		return E_INTR;

	COMMIT();
	thread->state = THREAD_EVENT;
	thread->mask = mask;
	thread->interruptible = true;
	list_add_tail(&event->waiters, &thread->wait_link);
	timer_set(&thread->timer, deadline);
	return E_BLOCKED;
}

err_t sys_event_bind(cap_t cap, cap_t port_cap, u64 label)
{
	struct event *event = CAP_FIND(cap, EVENT, event, RIGHT_WAIT);
	struct port *port = port_cap ? CAP_FIND(port_cap, PORT, port, RIGHT_WAIT) : NULL;
	if (!event || (port_cap && !port))
		return E_CAP;

	COMMIT();
	event_unbind(event);
	event->label = label;
	if (port) {
		event->port = port;
		list_add_tail(&port->bound, &event->port_link);
		event_raise(event, 0);
	}
	return OK;
}

err_t sys_event_timer(cap_t cap, u64 bits, u64 deadline)
{
	struct event *event = CAP_FIND(cap, EVENT, event, RIGHT_USE);
	if (!event)
		return E_CAP;
	COMMIT();
	event->timer_bits = bits;
	timer_set(&event->timer, deadline);
	return OK;
}
