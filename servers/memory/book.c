/* SPDX-License-Identifier: MIT */
/* The list of banks that the report shows. Banks are destroyed by those who hold them, without a
 * word to us: each addition looks at a few entries and drops those whose bank is gone, so that the
 * list never has more than twice as many entries as there have been banks at once. */
#include <stdlib.h>
#include <string.h>

#include "memory.h"

enum { LOOKED_AT = 4, GROWTH = 32 };

static struct {
	struct bank_entry *entry;
	u32 count, room, named;
	u32 cursor; /* of the search for dead ones */
} book;

static void entry_drop(struct bank_entry *entry)
{
	if (cap_close(entry->bank))
		rt_log("a bank's capability cannot be closed");
	if (entry->name)
		book.named--;
	free(entry->name);
	*entry = (struct bank_entry){ 0 };
}

static bool entry_dead(const struct bank_entry *entry)
{
	u64 info;

	return entry->bank && cap_info(entry->bank, &info) != OK;
}

/* A free entry, if a short search finds one. */
static struct bank_entry *book_recycle(void)
{
	struct bank_entry *found = NULL;

	for (u32 i = 0; i < LOOKED_AT && book.count; i++) {
		struct bank_entry *entry = &book.entry[book.cursor++ % book.count];
		if (entry_dead(entry))
			entry_drop(entry);
		if (!entry->bank && !found)
			found = entry;
	}
	return found;
}

static struct bank_entry *book_entry(void)
{
	struct bank_entry *entry = book_recycle();

	if (entry)
		return entry;
	if (book.count == book.room) {
		size_t size = (book.room + GROWTH) * sizeof(*entry);
		struct bank_entry *grown = realloc(book.entry, size);
		if (!grown)
			return NULL;
		book.entry = grown;
		book.room += GROWTH;
	}
	entry = &book.entry[book.count++];
	*entry = (struct bank_entry){ 0 };
	return entry;
}

err_t book_add_process(cap_t bank, u32 pid)
{
	struct bank_entry *entry = book_entry();

	if (!entry)
		return E_FUNDS;
	entry->bank = bank;
	entry->pid = pid;
	return OK;
}

/* A server's bank that comes again under its name takes the old one's place. */
static struct bank_entry *book_find(const char *name)
{
	for (u32 i = 0; i < book.count; i++) {
		struct bank_entry *entry = &book.entry[i];
		if (entry->bank && entry->name && strcmp(entry->name, name) == 0)
			return entry;
	}
	return NULL;
}

err_t book_add_named(cap_t bank, const char *name)
{
	struct bank_entry *entry = book_find(name);

	if (entry) {
		if (cap_close(entry->bank))
			rt_log("the old bank of %s cannot be closed", name);
		entry->bank = bank;
		return OK;
	}
	if (book.named == NAMED_MAX)
		return E_LIMIT;
	char *copy = strdup(name);
	entry = copy ? book_entry() : NULL;
	if (!entry) {
		free(copy);
		return E_FUNDS;
	}
	*entry = (struct bank_entry){ .bank = bank, .name = copy };
	book.named++;
	return OK;
}

const struct bank_entry *book_next(u32 *index)
{
	while (*index < book.count) {
		struct bank_entry *entry = &book.entry[(*index)++];
		if (entry_dead(entry))
			entry_drop(entry);
		if (entry->bank)
			return entry;
	}
	return NULL;
}

u32 book_size(void) { return book.count; }
