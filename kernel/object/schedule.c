/* SPDX-License-Identifier: MIT */
#include "object/schedule.h"

#include "object/bank.h"
#include "object/task.h"

struct schedule root_schedule = {
	.object = { .serial = UINT64_MAX - 4, .refs = 1, .kind = KIND_SCHEDULE },
	.priority = PRIORITY_MAX,
};

err_t sys_schedule_create(cap_t bank_cap, cap_t cap, u32 priority, cap_t *out)
{
	struct bank *bank = CAP_FIND(bank_cap, BANK, bank, RIGHT_USE);
	const struct schedule *parent = CAP_FIND(cap, SCHEDULE, schedule, RIGHT_USE);
	if (!bank || !parent)
		return E_CAP;
	if (priority > parent->priority)
		return E_RANGE;
	struct schedule *schedule = object_take(bank, KIND_SCHEDULE);
	if (!schedule)
		return E_FUNDS;
	schedule->priority = priority;
	return cap_publish(&schedule->object, RIGHT_ALL & ~RIGHT_DMA, out);
}
