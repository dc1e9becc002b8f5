/* SPDX-License-Identifier: MIT */
#include "object/cap.h"

#include "object/bank.h"
#include "object/task.h"

static struct cap_slot *slot_page(u64 entry) { return (struct cap_slot *)(entry & ~PAGE_MASK); }

static bool slot_alive(const struct cap_slot *slot)
{
	return slot->what > CAP_RESERVED &&
	       object_alive_as(slot_object(slot), slot_kind(slot), slot->serial);
}

/* The slot, if it holds a live capability. */
static struct cap_slot *slot_live(const struct cap_table *table, cap_t cap)
{
	struct cap_slot *slot = slot_find(table, cap);

	return slot && slot_alive(slot) ? slot : NULL;
}

struct object *cap_find_in(struct task *task, cap_t cap, enum kind kind, u32 rights)
{
	const struct cap_slot *slot = slot_find(&task->caps, cap);

	if (kind == KIND_NONE)
		kind = slot ? slot_kind(slot) : KIND_NONE;
	return kind == KIND_NONE ? NULL : cap_look_up(&task->caps, cap, kind, rights);
}

struct object *cap_find(cap_t cap, enum kind kind, u32 rights)
{
	return cap_find_in(current_task(), cap, kind, rights);
}

u32 cap_rights(struct task *task, cap_t cap)
{
	const struct cap_slot *slot = slot_live(&task->caps, cap);
	return slot ? slot_rights(slot) : 0;
}

/* --- reserving --- */

static void slot_count_down(struct task *task, u32 index)
{
	struct cap_table *table = &task->caps;
	u64 *entry = &table->root[index / CAP_PAGE_SLOTS];

	table->used--;
	if (index < table->first_free)
		table->first_free = index;
	if ((--*entry & PAGE_MASK) != 0)
		return;
	bank_give_page(task->object.bank, slot_page(*entry));
	*entry = 0;
	if (--table->pages == 0) {
		bank_give_page(task->object.bank, table->root);
		table->root = NULL;
	}
}

/* Make sure that the slot page of `index` is there. */
static err_t slot_page_make(struct task *task, u32 index)
{
	struct cap_table *table = &task->caps;
	bool new_root = !table->root;

	if (new_root) {
		table->root = bank_take_page(task->object.bank, FRAME_CAPS);
		if (!table->root)
			return E_FUNDS;
	}
	u64 *entry = &table->root[index / CAP_PAGE_SLOTS];
	if (*entry)
		return OK;
	void *page = bank_take_page(task->object.bank, FRAME_CAPS);
	if (!page) {
		if (new_root) {
			bank_give_page(task->object.bank, table->root);
			table->root = NULL;
		}
		return E_FUNDS;
	}
	*entry = (u64)page;
	table->pages++;
	return OK;
}

err_t cap_reserve_at(struct task *task, u32 index, struct slot_reservation *slot)
{
	if (index == 0 || index >= CAP_MAX)
		return E_RANGE;
	err_t error = slot_page_make(task, index);
	if (error)
		return error;

	struct cap_slot *s = slot_find(&task->caps, index);
	if (s->what)
		return E_BUSY;
	s->what = CAP_RESERVED;
	task->caps.root[index / CAP_PAGE_SLOTS]++;
	task->caps.used++;
	*slot = (struct slot_reservation){ .task = task, .index = index };
	return OK;
}

err_t cap_reserve(struct task *task, struct slot_reservation *slot)
{
	struct cap_table *table = &task->caps;
	u32 i = table->first_free ? table->first_free : 1;

	while (i < CAP_MAX) {
		const struct cap_slot *s = slot_find(table, i);
		if (!s || !s->what)
			break;
		i++;
	}
	if (i == CAP_MAX)
		return E_LIMIT;
	err_t error = cap_reserve_at(task, i, slot);
	if (!error)
		table->first_free = i + 1;
	return error;
}

void cap_cancel(const struct slot_reservation *slot)
{
	slot_find(&slot->task->caps, slot->index)->what = 0;
	slot_count_down(slot->task, slot->index);
}

cap_t cap_fill(const struct slot_reservation *slot, struct object *object, u32 rights)
{
	*slot_find(&slot->task->caps, slot->index) = (struct cap_slot){
		.what = ((u64)object & ((1ull << CAP_ADDRESS_BITS) - 1)) |
		        (u64)rights << CAP_ADDRESS_BITS | (u64)object->kind << CAP_KIND_SHIFT,
		.serial = object->serial,
	};
	object_get(object);
	return slot->index;
}

err_t cap_grant(struct object *object, u32 rights, cap_t *out)
{
	struct slot_reservation slot;
	err_t error = cap_reserve(current_task(), &slot);
	if (error)
		return error;

	COMMIT();
	*out = cap_fill(&slot, object, rights);
	return OK;
}

err_t cap_publish(struct object *object, u32 rights, cap_t *out)
{
	object_get(object);
	err_t error = cap_grant(object, rights, out);
	object_put(object);
	return error;
}

err_t cap_drop(struct task *task, cap_t cap)
{
	struct cap_slot *slot = slot_find(&task->caps, cap);
	if (!slot || slot->what <= CAP_RESERVED)
		return E_CAP;
	struct object *object = slot_object(slot);
	bool alive = slot_alive(slot);
	*slot = (struct cap_slot){ 0 };
	slot_count_down(task, cap);
	if (alive)
		object_put(object);
	return OK;
}

cap_t cap_next(const struct task *task, cap_t cap)
{
	if (!task->caps.root)
		return 0;
	while (cap < CAP_MAX) {
		const struct cap_slot *slot = slot_find(&task->caps, cap);
		if (slot && slot->what > CAP_RESERVED)
			return cap;
		cap = slot ? cap + 1 : (cap / CAP_PAGE_SLOTS + 1) * CAP_PAGE_SLOTS;
	}
	return 0;
}

err_t cap_copy_all(struct task *from, struct task *to)
{
	for (cap_t cap = cap_next(from, 1); cap; cap = cap_next(from, cap + 1)) {
		const struct cap_slot *slot = slot_live(&from->caps, cap);
		u32 rights = slot ? slot_rights(slot) : 0;
		if (!slot || rights & CAP_STAYS || !(rights & RIGHT_COPY))
			continue;
		struct slot_reservation copy;
		err_t error = cap_reserve_at(to, cap, &copy);
		if (error)
			return error;
		cap_fill(&copy, slot_object(slot), rights);
	}
	return OK;
}

/* --- calls --- */

err_t sys_cap_close(cap_t cap) { return cap_drop(current_task(), cap); }

err_t sys_cap_copy(cap_t task_cap, cap_t cap, u32 rights, u32 index, cap_t *out)
{
	struct task *to = task_cap ? CAP_FIND(task_cap, TASK, task, RIGHT_CONTROL) : current_task();
	struct object *object = cap_find(cap, KIND_NONE, RIGHT_COPY);
	if (!to || !object)
		return E_CAP;
	if (index >= CAP_MAX || rights & ~(u32)(RIGHT_ALL | CAP_STAYS))
		return E_RANGE;
	u32 have = cap_rights(current_task(), cap);
	u32 given = (rights & have & RIGHT_ALL) | (rights & CAP_STAYS);
	bool replace = index && slot_find(&to->caps, index) && slot_find(&to->caps, index)->what;

	struct slot_reservation slot;
	if (replace) {
		/* The slot is paid for already; the new reference comes first, lest the object go
		 * with the old one. */
		COMMIT();
		object_get(object);
		struct cap_slot old = *slot_find(&to->caps, index);
		slot = (struct slot_reservation){ .task = to, .index = index };
		cap_fill(&slot, object, given);
		if (slot_alive(&old))
			object_put(slot_object(&old));
		object_put(object);
		*out = index;
		return OK;
	}
	err_t error = index ? cap_reserve_at(to, index, &slot) : cap_reserve(to, &slot);
	if (error)
		return error;

	COMMIT();
	*out = cap_fill(&slot, object, given);
	return OK;
}

err_t sys_cap_destroy(cap_t cap)
{
	/* One whose destruction has begun is found, too: it may go on. */
	const struct cap_slot *slot = slot_find(&current_task()->caps, cap);
	if (!slot || slot->what <= CAP_RESERVED || !(slot_rights(slot) & RIGHT_CONTROL))
		return E_CAP;
	/* Or have been brought to its end by another processor. */
	if (!slot_alive(slot))
		return OK;
	struct object *object = slot_object(slot);
	err_t error = object_destroy(object);
	if (error != E_RESTART || object->kind == KIND_THREAD)
		return error;
	object_abandon(object);
	return OK;
}

err_t sys_cap_info(cap_t cap, u64 *info)
{
	const struct object *object = cap_find(cap, KIND_NONE, 0);
	if (!object)
		return E_CAP;
	*info = object->kind | (u64)cap_rights(current_task(), cap) << 8;
	return OK;
}

err_t sys_cap_same(cap_t a, cap_t b)
{
	const struct object *object = cap_find(a, KIND_NONE, 0), *other = cap_find(b, KIND_NONE, 0);
	if (!object || !other)
		return E_CAP;
	return object == other ? OK : E_XDEV;
}

err_t sys_task_caps_keep(cap_t task_cap, u64 list, u64 count)
{
	enum { OWN_SLOTS = 17 };
	struct task *task = CAP_FIND(task_cap, TASK, task, RIGHT_CONTROL);
	if (!task)
		return E_CAP;
	if (!range_fits(count, 0, CAP_MAX))
		return E_RANGE;

	cap_t keep = 0;
	for (u64 i = 0; i < count; i++) {
		err_t error = task_fetch_u32(current_task(), list + 4 * i, &keep);
		if (error)
			return error;
	}

	COMMIT();
	const struct thread *self = current();
	u64 at = 0, serial = task->object.serial;
	keep = 0;
	for (cap_t cap = cap_next(task, OWN_SLOTS); cap; cap = cap_next(task, cap + 1)) {
		while (keep < cap && at < count) {
			err_t error = task_fetch_u32(current_task(), list + 4 * at++, &keep);
			ASSERT(!error); /* it was read just now */
		}
		if (keep != cap)
			cap_drop(task, cap);
		/* With the last capability for a task, it has gone, or we. */
		if (current() != self || !object_alive(&task->object, serial))
			return OK;
	}
	return OK;
}
