/* SPDX-License-Identifier: MIT */
/* Names for addresses of the kernel, from the ELF symbol table that the boot loader has brought
 * along. */
#include "machine.h"

/* ELF gABI 4, symbol table; Elf64_Sym */
struct symbol {
	u32 name;
	u8 info, other;
	u16 section;
	u64 value, size;
};
enum { SYMBOL_TYPE = 15, SYMBOL_NONE = 0, SYMBOL_FUNCTION = 2 };

extern const char kernel_start[], kernel_rodata[];

static const struct symbol *table;
static u64 table_count;
static const char *names;
static u64 names_size;

void symbols_init(const void *symbols, u64 symbols_size, const char *strings, u64 strings_size)
{
	if (strings_size == 0 || strings[strings_size - 1])
		return;
	table = symbols;
	table_count = symbols_size / sizeof(*table);
	names = strings;
	names_size = strings_size;
}

/* The last one that begins at or before `ip`. Labels in assembly have no type. */
const char *symbol_find(u64 ip, u64 *start)
{
	const struct symbol *best = NULL;

	if (ip < (u64)kernel_start || ip >= (u64)kernel_rodata)
		return NULL;
	for (u64 i = 0; i < table_count; i++) {
		const struct symbol *s = &table[i];
		u8 type = s->info & SYMBOL_TYPE;
		if ((type != SYMBOL_FUNCTION && type != SYMBOL_NONE) || s->name >= names_size ||
		    !names[s->name] || s->value > ip || s->value < (u64)kernel_start)
			continue;
		if (!best || s->value > best->value ||
		    (s->value == best->value && type == SYMBOL_FUNCTION))
			best = s;
	}
	if (!best)
		return NULL;
	*start = best->value;
	return names + best->name;
}
