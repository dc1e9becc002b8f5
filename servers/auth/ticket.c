/* SPDX-License-Identifier: MIT */
/* Tickets on their way from a client through a server back to us. */
#include "auth.h"

#include <stdlib.h>

/* An identity's tickets are limited, so that its holders stand in nobody's way but their own. */
enum { TICKETS_MAX = 64 };

static struct list tickets = { &tickets, &tickets };

err_t ticket_make(struct identity *identity, cap_t target, struct ticket **ticket)
{
	if (identity->tickets >= TICKETS_MAX)
		return E_LIMIT;
	struct ticket *made = calloc(1, sizeof(*made));
	if (!made)
		return E_FUNDS;
	made->number = number_new();
	made->identity = identity;
	made->target = target;
	identity->users++;
	identity->tickets++;
	list_add_tail(&tickets, &made->link);
	*ticket = made;
	return OK;
}

struct ticket *ticket_find(u64 number)
{
	list_each (ticket, &tickets, struct ticket, link) {
		if (ticket->number == number)
			return ticket;
	}
	return NULL;
}

void ticket_free(struct ticket *ticket)
{
	if (ticket->target) {
		err_t closed = cap_close(ticket->target);
		(void)closed; /* it may have died */
	}
	list_remove(&ticket->link);
	ticket->identity->tickets--;
	identity_put(ticket->identity);
	free(ticket);
}
