/* SPDX-License-Identifier: MIT */
/* What the auth server's files share. An identity is a set of ids that never changes; equal ones
 * are one object, however many gates lead to it, so that nobody fills our memory by asking for what
 * he has already. Nothing here calls another server. */
#pragma once

#include "proto/auth.h"
#include "rt/rt.h"

enum {
	LABEL_SERVER = 0,  /* may redeem */
	LABEL_CONTROL = 1, /* and make identities from nothing */
};

struct identity {
	struct list link; /* of all */
	u32 users;        /* gates and tickets */
	u32 tickets;      /* of them, tickets */
	u64 number;       /* its gates' label */
	struct auth_ids ids;
	u32 group_count;
	u32 groups[]; /* ascending, each once */
};

struct ticket {
	struct list link;
	u64 number; /* its gate's label */
	struct identity *identity;
	cap_t target;
};

/* --- rules.c: who may become whom --- */

/* May the holder of `old` have `new`'s ids? E_PERM, E_INVAL. */
MUST_CHECK err_t rules_change(const struct auth_ids *old, const struct auth_ids *new);
/* May the holder of `old` choose supplementary groups? */
bool rules_groups(const struct auth_ids *old);

/* --- table.c --- */

void table_start(void);
/* The identity with these ids and (sorted here) groups, with one more user; NULL without memory. */
struct identity *identity_make(const struct auth_ids *ids, u32 *groups, u32 group_count);
struct identity *identity_find(u64 number);
void identity_put(struct identity *identity);
u32 identity_count(void);
/* A number that no gate has had before. */
u64 number_new(void);

/* --- ticket.c --- */

/* Takes `target` over if it succeeds. E_LIMIT, E_FUNDS. */
MUST_CHECK err_t ticket_make(struct identity *identity, cap_t target, struct ticket **ticket);
struct ticket *ticket_find(u64 number);
/* Forget it; the target is closed unless it has been taken out (0). */
void ticket_free(struct ticket *ticket);

/* --- serve.c --- */

void auth_dispatch(struct server *server, struct request *rq);
void auth_closed(struct server *server, u64 label);
