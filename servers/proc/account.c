/* SPDX-License-Identifier: MIT */
/* Accounts: who pays for a process, and when that ends.
 *
 * A process's open files are gates that its own bank pays for, and fork gives the child copies:
 * when the parent ends first, its bank must not take the child's files along (nor memory that they
 * share). So the bank of a process that has ended stays until nothing is charged to it any more,
 * or until nobody is left who descends from the process: accounts form a tree along fork, and one
 * goes when its process has left and its children have gone. A process that never forked, the
 * usual case, gives everything back at once. I:bank-outlives-heirs */
#include <stdlib.h>

#include "proc.h"
#include "proto/memory.h"

#define MEMORY_WAIT_NS 5000000000ull

err_t account_create(struct account *parent, u32 pid, struct account **account)
{
	struct account *made = calloc(1, sizeof(*made));

	if (!made)
		return E_FUNDS;
	rt_call_deadline(rt_now() + MEMORY_WAIT_NS);
	err_t error = memory_bank_process(proc.memory, 0, pid, &made->bank);
	rt_call_deadline(0);
	if (error) {
		free(made);
		return error;
	}
	made->parent = parent;
	if (parent)
		parent->children++;
	*account = made;
	return OK;
}

static bool account_empty(const struct account *account)
{
	u64 charged;

	return bank_read(account->bank, BANK_CHARGED, &charged) != OK || charged == 0;
}

static void account_close(struct account *account)
{
	if (!account->bank)
		return;
	ignore(cap_destroy(account->bank));
	ignore(cap_close(account->bank));
	account->bank = 0;
}

/* Ancestors whose banks have gone already need not stay as links between those who remain. */
static void account_shorten(struct account *account)
{
	for (struct account *up = account->parent; up && up->left; up = account->parent) {
		if (up->bank && account_empty(up))
			account_close(up);
		if (up->bank || up->children > 1)
			return;
		account->parent = up->parent;
		free(up);
	}
}

void account_leave(struct account *account)
{
	account->left = true;
	while (account && account->left && account->children == 0) {
		struct account *parent = account->parent;
		account_close(account);
		free(account);
		if (parent)
			parent->children--;
		account = parent;
	}
	if (!account)
		return;
	if (account->left && account->bank && account_empty(account))
		account_close(account);
	account_shorten(account);
}
