/* SPDX-License-Identifier: MIT */
#include "object/bank.h"

#include "object/cap.h"
#include "object/event.h"
#include "object/task.h"
#include "sched/run.h"

#ifdef DEBUG
bool kernel_committed;
#endif

static struct bank root;
struct bank *root_bank = &root;

static void bank_init(struct bank *bank)
{
	list_init(&bank->children);
	list_init(&bank->sibling);
	list_init(&bank->abandoned);
	for (unsigned i = 0; i < SLAB_COUNT; i++)
		list_init(&bank->slabs[i]);
}

void bank_init_root(void)
{
	bank_init(&root);
	root.object = (struct object){ .serial = UINT64_MAX, .refs = 1, .kind = KIND_BANK };
	root.limit = frames_total;
}

/* What a bank counts as in its parent's figure. */
static u64 bank_weight(u64 charged, u64 reserve) { return max_u64(charged, reserve); }

static void bank_check_low(struct bank *bank)
{
	if (!bank->low || bank->limit - bank->charged >= bank->low)
		return;
	struct object *event = weak_get(&bank->low_event);
	bank->low = 0;
	if (event)
		event_raise(container_of(event, struct event, object), bank->low_bits);
}

bool bank_charge(struct bank *bank, u64 pages)
{
	ASSERT_UNCOMMITTED();
	u64 n = pages;
	for (struct bank *b = bank; b && n; b = b->object.bank) {
		if (n > b->limit - b->charged)
			return false;
		n = bank_weight(b->charged + n, b->reserve) - bank_weight(b->charged, b->reserve);
	}
	n = pages;
	for (struct bank *b = bank; b && n; b = b->object.bank) {
		u64 above = bank_weight(b->charged + n, b->reserve) -
		            bank_weight(b->charged, b->reserve);
		b->charged += n;
		bank_check_low(b);
		n = above;
	}
	bank->own += pages;
	return true;
}

void bank_refund(struct bank *bank, u64 pages)
{
	ASSERT(bank->own >= pages);
	bank->own -= pages;
	u64 n = pages;
	for (struct bank *b = bank; b && n; b = b->object.bank) {
		ASSERT(b->charged >= n);
		u64 above = bank_weight(b->charged, b->reserve) -
		            bank_weight(b->charged - n, b->reserve);
		b->charged -= n;
		n = above;
	}
}

u64 bank_available(const struct bank *bank)
{
	u64 available = UINT64_MAX;
	u64 reserved = 0; /* what lower banks can still get without asking those above */
	for (const struct bank *b = bank; b; b = b->object.bank) {
		available = min_u64(available, b->limit - b->charged + reserved);
		if (b->charged < b->reserve)
			reserved += b->reserve - b->charged;
	}
	return available;
}

struct frame *bank_take_frame(struct bank *bank, enum frame_use use)
{
	if (!bank_charge(bank, 1))
		return NULL;
	struct frame *frame = frame_take(use);
	if (!frame) {
		bank_refund(bank, 1);
		return NULL;
	}
	bank->uses[use]++;
	return frame;
}

void bank_give_frame(struct bank *bank, struct frame *frame)
{
	bank->uses[frame->use]--;
	frame_give(frame);
	bank_refund(bank, 1);
}

void *bank_take_page(struct bank *bank, enum frame_use use)
{
	struct frame *frame = bank_take_frame(bank, use);
	if (!frame)
		return NULL;
	arch_page_clear(frame_ptr(frame));
	return frame_ptr(frame);
}

void bank_give_page(struct bank *bank, void *page)
{
	bank_give_frame(bank, frame_of(arch_paddr(page)));
}

/* Kinds in the order in which they go: first what runs, then what is waited for, then what is left.
 */
static struct object *bank_next_victim(struct bank *bank)
{
	static const u8 order[] = { KIND_TASK,     KIND_THREAD,   KIND_REPLY,     KIND_PORT,
		                    KIND_GATE,     KIND_EVENT,    KIND_INTERRUPT, KIND_SEGMENT,
		                    KIND_IO_PORTS, KIND_PHYSICAL, KIND_SCHEDULE };

	struct bank *child = list_first(&bank->children, struct bank, sibling);
	if (child)
		return &child->object;
	for (unsigned i = 0; i < COUNT_OF(order); i++) {
		struct object *object = object_first(bank, order[i]);
		if (object)
			return object;
	}
	return NULL;
}

err_t bank_destroy(struct bank *bank)
{
	struct object *victim;
	/* Depth-first, one object at a time; the tree's depth is bounded by its limits, the
	 * recursion by restarting at each level. */
	while ((victim = bank_next_victim(bank))) {
		while (victim->kind == KIND_BANK) {
			struct object *below =
			        bank_next_victim(container_of(victim, struct bank, object));
			if (!below)
				break;
			victim = below;
		}
		bank->object.dying = true;
		err_t error = object_destroy(victim);
		if (error)
			return error;
		if (sched_spend(1))
			return E_RESTART;
	}
	ASSERT(bank->own == 0);
	u64 weight = bank_weight(bank->charged, bank->reserve);
	struct bank *parent = bank->object.bank;
	list_remove(&bank->sibling);
	if (weight) {
		/* The reserve goes back to the parent. */
		parent->own += weight;
		bank_refund(parent, weight);
	}
	object_give(&bank->object);
	return OK;
}

/* --- calls --- */

err_t sys_bank_create(cap_t parent_cap, u64 limit, u64 reserve, cap_t *out)
{
	struct bank *parent = CAP_FIND(parent_cap, BANK, bank, RIGHT_USE);
	if (!parent)
		return E_CAP;
	if (reserve > limit)
		return E_RANGE;

	struct bank *bank = object_take(parent, KIND_BANK);
	if (!bank)
		return E_FUNDS;
	if (!bank_charge(parent, reserve)) {
		object_give(&bank->object);
		return E_FUNDS;
	}
	parent->own -= reserve; /* it counts as the child's weight from now on */
	bank_init(bank);
	bank->limit = limit;
	bank->reserve = reserve;
	list_add_tail(&parent->children, &bank->sibling);
	return cap_publish(&bank->object, RIGHT_ALL, out);
}

err_t sys_bank_set(cap_t cap, u64 limit, u64 reserve)
{
	struct bank *bank = CAP_FIND(cap, BANK, bank, RIGHT_CONTROL);
	if (!bank)
		return E_CAP;
	if (reserve > limit || !bank->object.bank)
		return E_RANGE;
	if (limit < bank->charged)
		return E_BUSY;

	struct bank *parent = bank->object.bank;
	u64 before = bank_weight(bank->charged, bank->reserve);
	u64 after = bank_weight(bank->charged, reserve);
	if (after > before && !bank_charge(parent, after - before))
		return E_FUNDS;

	COMMIT();
	if (after > before) {
		parent->own -= after - before;
	} else if (after < before) {
		parent->own += before - after;
		bank_refund(parent, before - after);
	}
	bank->limit = limit;
	bank->reserve = reserve;
	return OK;
}

err_t sys_bank_read(cap_t cap, u32 figure, u64 *value)
{
	const struct bank *bank = CAP_FIND(cap, BANK, bank, RIGHT_READ);
	if (!bank)
		return E_CAP;
	switch (figure) {
	case BANK_LIMIT:
		*value = bank->limit;
		return OK;
	case BANK_CHARGED:
		*value = bank->charged;
		return OK;
	case BANK_RESERVE:
		*value = bank->reserve;
		return OK;
	case BANK_RESERVE_USED:
		*value = min_u64(bank->charged, bank->reserve);
		return OK;
	case BANK_OWN:
		*value = bank->own;
		return OK;
	case BANK_AVAILABLE:
		*value = bank_available(bank);
		return OK;
	case BANK_OBJECTS:
		*value = bank->uses[FRAME_SLAB];
		return OK;
	case BANK_TABLES:
		*value = bank->uses[FRAME_CAPS] + bank->uses[FRAME_SPACE];
		return OK;
	case BANK_NODES:
		*value = bank->uses[FRAME_NODE];
		return OK;
	case BANK_PROMISED:
		*value = bank->promised;
		return OK;
	default:
		return E_RANGE;
	}
}

err_t sys_bank_watermark(cap_t cap, u64 low, cap_t event_cap, u64 bits)
{
	struct bank *bank = CAP_FIND(cap, BANK, bank, RIGHT_CONTROL);
	struct event *event = event_cap ? CAP_FIND(event_cap, EVENT, event, RIGHT_USE) : NULL;
	if (!bank || (event_cap && !event))
		return E_CAP;

	COMMIT();
	bank->low = event ? low : 0;
	bank->low_bits = bits;
	weak_set(&bank->low_event, event ? &event->object : NULL);
	bank_check_low(bank);
	return OK;
}
