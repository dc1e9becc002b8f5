/* SPDX-License-Identifier: MIT */
/* The report: where the machine's memory is, in pages, as text for people. */
#include <stdio.h>

#include "memory.h"

static u64 figure(cap_t bank, u32 which)
{
	u64 value = 0;
	return bank_read(bank, which, &value) ? 0 : value;
}

static size_t put_bank(char *text, size_t room, const char *name, cap_t bank)
{
	int n = snprintf(text, room, "%-16s %8lu %8lu %8lu %8lu %8lu %8lu %8lu\n", name,
			 figure(bank, BANK_LIMIT), figure(bank, BANK_CHARGED), figure(bank, BANK_RESERVE),
			 figure(bank, BANK_OBJECTS), figure(bank, BANK_TABLES), figure(bank, BANK_NODES),
			 figure(bank, BANK_PROMISED));
	return n < 0 || (size_t)n >= room ? 0 : (size_t)n;
}

size_t report_make(const struct memory *memory, char *text, size_t room)
{
	u64 total = 0, free_pages = 0, kernel = 0;
	if (memory->machine) {
		(void)!machine_read(memory->machine, MACHINE_PAGES_TOTAL, &total);
		(void)!machine_read(memory->machine, MACHINE_PAGES_FREE, &free_pages);
		(void)!machine_read(memory->machine, MACHINE_KERNEL_PAGES, &kernel);
	}
	int n = snprintf(text, room,
			 "machine: %lu pages, %lu free; the kernel's own: %lu\n"
			 "%-16s %8s %8s %8s %8s %8s %8s %8s\n",
			 total, free_pages, kernel, "bank", "limit", "charged", "reserve", "objects", "tables",
			 "nodes", "promised");
	size_t used = n < 0 || (size_t)n >= room ? 0 : (size_t)n;
	used += put_bank(text + used, room - used, "processes", memory->ram);
	for (u32 i = 0; i < memory->named; i++)
		used += put_bank(text + used, room - used, memory->bank[i].name, memory->bank[i].bank);
	return used;
}
