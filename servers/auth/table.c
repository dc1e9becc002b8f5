/* SPDX-License-Identifier: MIT */
/* The identities that somebody holds. */
#include "auth.h"

#include <stdlib.h>
#include <string.h>

static struct list identities;
static u64 last_number;
static u32 count;

void table_start(void)
{
	list_init(&identities);
	last_number = LABEL_CONTROL;
	count = 0;
}

u64 number_new(void) { return ++last_number; }
u32 identity_count(void) { return count; }

static int group_order(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

/* Ascending, each once; the number that is left. */
static u32 groups_sort(u32 *groups, u32 group_count)
{
	u32 kept = 0;

	qsort(groups, group_count, sizeof(*groups), group_order);
	for (u32 i = 0; i < group_count; i++) {
		if (kept == 0 || groups[kept - 1] != groups[i])
			groups[kept++] = groups[i];
	}
	return kept;
}

static struct identity *identity_equal(const struct auth_ids *ids, const u32 *groups,
                                       u32 group_count)
{
	list_each (identity, &identities, struct identity, link) {
		if (identity->group_count == group_count &&
		    !memcmp(&identity->ids, ids, sizeof(*ids)) &&
		    !memcmp(identity->groups, groups, group_count * sizeof(*groups)))
			return identity;
	}
	return NULL;
}

struct identity *identity_make(const struct auth_ids *ids, u32 *groups, u32 group_count)
{
	group_count = groups_sort(groups, group_count);
	struct identity *identity = identity_equal(ids, groups, group_count);

	if (!identity) {
		identity = calloc(1, sizeof(*identity) + group_count * sizeof(*groups));
		if (!identity)
			return NULL;
		identity->number = number_new();
		identity->ids = *ids;
		identity->group_count = group_count;
		memcpy(identity->groups, groups, group_count * sizeof(*groups));
		list_add_tail(&identities, &identity->link);
		count++;
	}
	identity->users++;
	return identity;
}

struct identity *identity_find(u64 number)
{
	list_each (identity, &identities, struct identity, link) {
		if (identity->number == number)
			return identity;
	}
	return NULL;
}

void identity_put(struct identity *identity)
{
	if (--identity->users > 0)
		return;
	list_remove(&identity->link);
	count--;
	free(identity);
}
