/* SPDX-License-Identifier: MIT */
/* The report: where the machine's memory is, in pages, as text for people. */
#include <stdio.h>

#include "memory.h"

static const struct {
	const char *title;
	u32 figure;
} columns[] = {
	{ "limit", BANK_LIMIT },       { "charged", BANK_CHARGED }, { "reserve", BANK_RESERVE },
	{ "objects", BANK_OBJECTS },   { "tables", BANK_TABLES },   { "nodes", BANK_NODES },
	{ "promised", BANK_PROMISED },
};

static u64 machine_figure(u32 which)
{
	u64 value = 0;

	return memory.machine && !machine_read(memory.machine, which, &value) ? value : 0;
}

static void print_bank(struct text_window *window, const char *name, cap_t bank)
{
	text_print(window, "%-16s", name);
	for (u32 i = 0; i < COUNT_OF(columns); i++)
		text_print(window, " %8lu", figure_of(bank, columns[i].figure));
	text_print(window, "\n");
}

static void print_entry(struct text_window *window, const struct bank_entry *entry)
{
	char name[BANK_NAME_MAX + 16];

	if (entry->pid)
		snprintf(name, sizeof(name), "  process %u", entry->pid);
	else
		snprintf(name, sizeof(name), "%s", entry->name);
	print_bank(window, name, entry->bank);
}

/* Servers first, then the account of all processes, then each of these. */
void report_print(struct text_window *window)
{
	const struct bank_entry *entry;

	text_print(window, "machine: %lu pages, %lu free; the kernel's own: %lu\n",
	           machine_figure(MACHINE_PAGES_TOTAL), machine_figure(MACHINE_PAGES_FREE),
	           machine_figure(MACHINE_KERNEL_PAGES));
	text_print(window, "%-16s", "bank");
	for (u32 i = 0; i < COUNT_OF(columns); i++)
		text_print(window, " %8s", columns[i].title);
	text_print(window, "\n");
	for (u32 i = 0; (entry = book_next(&i));)
		if (!entry->pid)
			print_entry(window, entry);
	print_bank(window, "processes", memory.ram);
	for (u32 i = 0; (entry = book_next(&i));)
		if (entry->pid)
			print_entry(window, entry);
}
