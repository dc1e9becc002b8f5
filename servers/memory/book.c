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
	u32 free;   /* the first free entry + 1; the next one's is in its `pid` */
} book;

static void entry_drop(struct bank_entry *entry)
{
	if (cap_close(entry->bank))
		rt_log("a bank's capability cannot be closed");
	if (entry->name)
		book.named--;
	free(entry->name);
	*entry = (struct bank_entry){ .pid = book.free };
	book.free = (u32)(entry - book.entry) + 1;
}

static void entry_check(struct bank_entry *entry)
{
	u64 info;

	if (entry->bank && cap_info(entry->bank, &info) != OK)
		entry_drop(entry);
}

/* Look at the next few; what has been found dead waits in a list of its own. */
static void book_sweep(void)
{
	for (u32 i = 0; i < LOOKED_AT && book.count; i++) {
		entry_check(&book.entry[book.cursor]);
		book.cursor = book.cursor + 1 < book.count ? book.cursor + 1 : 0;
	}
}

static struct bank_entry *book_entry(void)
{
	book_sweep();
	if (book.free) {
		struct bank_entry *entry = &book.entry[book.free - 1];
		book.free = entry->pid;
		entry->pid = 0;
		return entry;
	}
	if (book.count == book.room) {
		size_t size = (book.room + GROWTH) * sizeof(*book.entry);
		struct bank_entry *grown = realloc(book.entry, size);
		if (!grown)
			return NULL;
		book.entry = grown;
		book.room += GROWTH;
	}
	struct bank_entry *entry = &book.entry[book.count++];
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
		entry_check(entry);
		if (entry->bank)
			return entry;
	}
	return NULL;
}

u32 book_size(void) { return book.count; }

void book_clear(void)
{
	for (u32 i = 0; i < book.count; i++)
		free(book.entry[i].name);
	free(book.entry);
	memset(&book, 0, sizeof(book));
}
