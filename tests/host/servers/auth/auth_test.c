/* SPDX-License-Identifier: MIT */
/* The auth server: who may become whom, and that a ticket tells one server, once. */
#include "auth/auth.h"
#include "lib/identity/identity.h"
#include "servers/fake/fake.h"
#include "test.h"

/* Gates of two servers; and copies of tickets, as they come with a message: closing them closes no
 * client's gate. */
enum {
	SERVER_A = FAKE_EVENT_FIRST,
	SERVER_A_OTHER, /* the same server, another label */
	SERVER_B,
	NO_GATE,
	COPIES = FAKE_EVENT_FIRST + 32,
	COPIES_MAX = 128,
	LOOP = 200,
	ANY_GATE = 0, /* label 0: a server's */
	PORT_A = 1,
	PORT_B = 2,
};

static u64 copied[COPIES_MAX]; /* labels */
static u32 copies;

err_t cap_info(cap_t cap, u64 *info)
{
	*info = cap == NO_GATE ? KIND_SEGMENT : KIND_GATE;
	return OK;
}

err_t gate_identify(cap_t port, cap_t gate, u64 *label)
{
	gate &= ~CAP_MOVE; /* as an answer of auth's gave it */
	if (port == PORT_A || port == PORT_B) {
		*label = gate;
		return (gate == SERVER_B) == (port == PORT_B) ? OK : E_XDEV;
	}
	if (gate < COPIES || gate >= COPIES + copies)
		return E_XDEV;
	*label = copied[gate - COPIES];
	return OK;
}

static cap_t auth_gate;

cap_t rt_cap(const char *name)
{
	CHECK_STR(name, "auth");
	return auth_gate;
}

static cap_t copy_of(cap_t gate)
{
	CHECK(copies < COPIES_MAX);
	copied[copies] = fake_label(gate);
	return COPIES + copies++;
}

static void begin(void)
{
	fake_reset(auth_dispatch, auth_closed);
	table_start();
	copies = 0;
}

static void end(void)
{
	CHECK_EQ(fake_gates(), 0);
	CHECK_EQ(identity_count(), 0);
}

static cap_t bare(cap_t cap) { return cap & ~CAP_MOVE; }

static struct auth_ids ids_of(u32 user)
{
	return (struct auth_ids){ user, user, user, user, user, user, user, user };
}

/* Through a gate with `label`; an identity that the control gate makes from nothing. */
static err_t create(u64 label, struct auth_ids ids, const u32 *groups, size_t count, cap_t *made)
{
	struct msg m = { .word[0] = CALL(20, 5), .in = groups, .in_size = count * sizeof(*groups) };

	memcpy(&m.word[1], &ids, sizeof(ids));
	err_t error = fake_finish(fake_send(label, &m), &m);
	*made = bare(m.cap[0]);
	return error;
}

static cap_t identity(u32 user)
{
	cap_t made;

	CHECK_EQ(create(LABEL_CONTROL, ids_of(user), NULL, 0, &made), OK);
	return made;
}

static err_t change(cap_t from, struct auth_ids ids, cap_t *to)
{
	err_t error = auth_change(from, &ids, false, NULL, 0, to);

	*to = error ? 0 : bare(*to);
	return error;
}

static err_t ticket_for(cap_t who, cap_t target, cap_t *ticket)
{
	err_t error = auth_ticket(who, target, ticket);

	*ticket = error ? 0 : bare(*ticket);
	return error;
}

static err_t redeem(cap_t ticket, struct auth_identity *who, cap_t *target)
{
	u64 count;

	memset(who, 0, sizeof(*who));
	err_t error = auth_redeem(ANY_GATE, ticket, who, sizeof(*who), &count, target);
	*target = error ? 0 : bare(*target);
	return error;
}

TEST(a_ticket_tells_who_and_for_which_gate_and_is_used_up)
{
	struct auth_identity who;
	cap_t user, ticket, target;

	begin();
	user = identity(1000);
	CHECK_EQ(ticket_for(user, SERVER_A, &ticket), OK);
	CHECK_EQ(redeem(copy_of(ticket), &who, &target), OK);
	CHECK_EQ(who.ids.euid, 1000);
	CHECK_EQ(target, SERVER_A); /* and B, to which A might bring it, sees that */
	CHECK_EQ(redeem(copy_of(ticket), &who, &target), E_PERM);
	fake_close(ticket);
	fake_close(user);
	end();
}

/* A request that came to a server through `gate`. */
static err_t accept(cap_t port, cap_t gate, cap_t ticket, struct auth_identity *who)
{
	struct server server = { .port = port };
	struct request rq = { .server = &server, .label = gate };

	CHECK_EQ(request_gate(&rq, LABEL_SERVER, &auth_gate), OK);
	err_t error = identity_accept(&rq, ticket, who);
	fake_close(auth_gate);
	return error;
}

TEST(a_server_cannot_use_its_clients_identity_elsewhere)
{
	struct auth_identity who;
	cap_t user, ticket;

	begin();
	user = identity(1000);
	/* The client wants to be known at A; A takes the ticket to B. */
	CHECK_EQ(ticket_for(user, SERVER_A, &ticket), OK);
	CHECK_EQ(accept(PORT_B, SERVER_B, copy_of(ticket), &who), E_PERM);
	/* Now it is used up: at A, where it was meant for, too. */
	CHECK_EQ(accept(PORT_A, SERVER_A, copy_of(ticket), &who), E_PERM);
	fake_close(ticket);
	/* Nor may another client of A act with it, through a gate of its own. */
	CHECK_EQ(ticket_for(user, SERVER_A, &ticket), OK);
	CHECK_EQ(accept(PORT_A, SERVER_A_OTHER, copy_of(ticket), &who), E_PERM);
	fake_close(ticket);
	CHECK_EQ(ticket_for(user, SERVER_A, &ticket), OK);
	CHECK_EQ(accept(PORT_A, SERVER_A, copy_of(ticket), &who), OK);
	CHECK_EQ(who.ids.uid, 1000);
	CHECK_EQ(accept(PORT_A, SERVER_A, copy_of(ticket), &who), E_PERM); /* replay */
	CHECK_EQ(accept(PORT_A, SERVER_A, 0, &who), E_PERM);
	CHECK_EQ(accept(PORT_A, SERVER_A, SERVER_A, &who), E_PERM); /* forgery */
	fake_close(ticket);
	fake_close(user);
	end();
}

TEST(what_is_no_ticket_is_refused)
{
	struct auth_identity who;
	cap_t user, ticket, target;

	begin();
	user = identity(1000);
	CHECK_EQ(redeem(SERVER_B, &who, &target), E_PERM);
	CHECK_EQ(redeem(0, &who, &target), E_PERM);
	/* An identity itself is none: a server cannot be talked into taking one. */
	CHECK_EQ(redeem(copy_of(user), &who, &target), E_PERM);
	CHECK_EQ(ticket_for(user, NO_GATE, &ticket), E_CAP);
	CHECK_EQ(ticket_for(0, SERVER_A, &ticket), E_PERM);
	CHECK_EQ(ticket_for(user, SERVER_A, &ticket), OK);
	cap_t copy = copy_of(ticket);
	fake_close(ticket);
	CHECK_EQ(redeem(copy, &who, &target), E_PERM);
	fake_close(user);
	end();
}

TEST(a_ticket_makes_no_identity)
{
	struct auth_identity who;
	cap_t user, ticket, other;
	u64 count;

	begin();
	user = identity(0);
	CHECK_EQ(ticket_for(user, SERVER_A, &ticket), OK);
	CHECK_EQ(change(ticket, ids_of(0), &other), E_PERM);
	CHECK_EQ(ticket_for(ticket, SERVER_B, &other), E_PERM);
	CHECK_EQ(auth_get(ticket, &who, sizeof(who), &count), E_PERM);
	fake_close(user);
	/* It outlives the gate that it was made through, and the identity with it. */
	CHECK_EQ(identity_count(), 1);
	fake_close(ticket);
	end();
}

TEST(tickets_on_their_way_are_limited)
{
	cap_t user, tickets[64], more;

	begin();
	user = identity(1000);
	for (u32 i = 0; i < 64; i++)
		CHECK_EQ(ticket_for(user, SERVER_A, &tickets[i]), OK);
	CHECK_EQ(ticket_for(user, SERVER_A, &more), E_LIMIT);
	cap_t root = identity(0);
	CHECK_EQ(ticket_for(root, SERVER_A, &more), OK);
	fake_close(more);
	fake_close(root);
	for (u32 i = 0; i < 64; i++)
		fake_close(tickets[i]);
	fake_close(user);
	end();
}

TEST(only_control_makes_identities_from_nothing)
{
	cap_t user, made;

	begin();
	user = identity(1000);
	CHECK_EQ(create(LABEL_SERVER, ids_of(0), NULL, 0, &made), E_PERM);
	CHECK_EQ(create(fake_label(user), ids_of(0), NULL, 0, &made), E_PERM);
	CHECK_EQ(create(LABEL_CONTROL, ids_of(UINT32_MAX), NULL, 0, &made), E_INVAL);
	fake_close(user);
	end();
}

TEST(root_becomes_anybody_and_is_not_root_again)
{
	cap_t root, user, other;

	begin();
	root = identity(0);
	CHECK_EQ(change(root, ids_of(1000), &user), OK);
	CHECK_EQ(change(user, ids_of(0), &other), E_PERM);
	CHECK_EQ(change(user, ids_of(1001), &other), E_PERM);
	CHECK_EQ(change(user, ids_of(UINT32_MAX), &other), E_INVAL);
	struct auth_ids ids = ids_of(1000);
	ids.fsuid = 0;
	CHECK_EQ(change(user, ids, &other), E_PERM);
	ids = ids_of(1000);
	ids.sgid = 0;
	CHECK_EQ(change(user, ids, &other), E_PERM);
	CHECK_EQ(auth_change(user, &ids, true, NULL, 0, &other), E_PERM);
	fake_close(root);
	fake_close(user);
	end();
}

TEST(a_saved_id_may_be_taken_up_again)
{
	cap_t root, saved, back;
	struct auth_ids ids = ids_of(1000);

	begin();
	root = identity(0);
	ids.suid = 0;
	CHECK_EQ(change(root, ids, &saved), OK);
	CHECK_EQ(change(saved, ids_of(0), &back), E_PERM); /* groups are 1000 for good */
	ids.euid = ids.fsuid = 0;
	CHECK_EQ(change(saved, ids, &back), OK);
	fake_close(root);
	fake_close(saved);
	fake_close(back);
	end();
}

TEST(equal_identities_are_one)
{
	static const u32 one[] = { 7, 5, 7 }, other[] = { 5, 7 };
	cap_t root, a, b, made[LOOP];
	struct auth_identity who;
	u64 count;

	begin();
	root = identity(0);
	struct auth_ids ids = ids_of(3);
	CHECK_EQ(auth_change(root, &ids, true, one, sizeof(one), &a), OK);
	CHECK_EQ(auth_change(root, &ids, true, other, sizeof(other), &b), OK);
	a = bare(a), b = bare(b);
	CHECK_EQ(fake_label(a), fake_label(b));
	CHECK_EQ(auth_get(a, &who, sizeof(who), &count), OK);
	CHECK_EQ(who.group_count, 2);
	CHECK_EQ(who.groups[0], 5);
	CHECK_EQ(who.groups[1], 7);
	for (u32 i = 0; i < LOOP; i++)
		CHECK_EQ(change(a, ids_of(3), &made[i]), OK);
	CHECK_EQ(identity_count(), 2);
	for (u32 i = 0; i < LOOP; i++)
		fake_close(made[i]);
	fake_close(a);
	fake_close(b);
	fake_close(root);
	end();
}

TEST(what_cannot_be_paid_for_leaves_nothing)
{
	struct auth_identity who;
	cap_t root, made, target;
	u64 count;

	begin();
	root = identity(0);
	fake.gates_left = 0;
	CHECK_EQ(change(root, ids_of(5), &made), E_FUNDS);
	CHECK_EQ(ticket_for(root, SERVER_A, &made), E_FUNDS);
	CHECK_EQ(identity_count(), 1);
	fake.gates_left = UINT32_MAX;
	/* A buffer that is too small, or not at hand, uses nothing up. */
	CHECK_EQ(ticket_for(root, SERVER_A, &made), OK);
	CHECK_EQ(auth_redeem(ANY_GATE, copy_of(made), &who, 8, &count, &target), E_RANGE);
	fake.copies_left = 0;
	CHECK_EQ(redeem(copy_of(made), &who, &target), E_TOUCH);
	fake.copies_left = UINT32_MAX;
	CHECK_EQ(redeem(copy_of(made), &who, &target), OK);
	fake_close(made);
	fake_close(root);
	end();
}

TEST(nonsense_is_answered)
{
	static const u32 bad[] = { 1, UINT32_MAX };
	static u32 many[AUTH_GROUPS_MAX + 1];
	struct auth_ids ids = ids_of(0);
	cap_t root, made;

	begin();
	root = identity(0);
	CHECK_EQ(auth_change(root, &ids, true, bad, sizeof(bad), &made), E_INVAL);
	CHECK_EQ(auth_change(root, &ids, true, many, sizeof(many), &made), E_INVAL);
	CHECK_EQ(auth_change(root, &ids, true, many, 3, &made), E_INVAL);
	for (u32 number = 0; number < 16; number++) {
		struct msg m = { .word[0] = CALL(20, number) };
		err_t error = fake_finish(fake_send(77, &m), NULL);
		CHECK(error == E_PERM || error == E_NOSYS);
	}
	fake_close(root);
	end();
}
