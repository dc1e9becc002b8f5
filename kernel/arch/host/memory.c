/* SPDX-License-Identifier: MIT */
/* Address spaces of the simulated machine: four levels of tables of 512 entries, and what CPUs
 * remember of them. */
#include "machine.h"

#include <stdio.h>
#include <stdlib.h>

enum { LEVELS = 4, TABLE_SHIFT = 9, TABLE_ENTRIES = 1 << TABLE_SHIFT };
enum entry {
	ENTRY_PRESENT = 1,
	ENTRY_WRITE = 2,
	ENTRY_EXEC = 4,
	ENTRY_UNCACHED = 8,
	ENTRY_REFERENCED = 0x20,
	ENTRY_DIRTY = 0x40,
};

u64 host_flushes;

void arch_words_copy(void *to, const void *from, u64 count) { memcpy(to, from, 8 * count); }
void arch_words_set(void *to, u64 word, u64 count)
{
	for (u64 i = 0; i < count; i++)
		memcpy((char *)to + 8 * i, &word, 8);
}
paddr_t arch_image_paddr(const void *ptr) { return arch_paddr(ptr); }

static paddr_t entry_addr(u64 entry) { return entry & ~PAGE_MASK; }
static u64 *table_ptr(paddr_t table) { return arch_ptr(table); }

static u64 *table_entry(paddr_t table, vaddr_t addr, unsigned level)
{
	return &table_ptr(
	        table)[addr >> (PAGE_SHIFT + TABLE_SHIFT * (level - 1)) & (TABLE_ENTRIES - 1)];
}

/* The last level's entry for `addr`; NULL if a table is missing, `missing` of them. */
static u64 *entry_find(const struct arch_space *space, vaddr_t addr, unsigned *missing)
{
	paddr_t table = space->root;

	for (unsigned level = LEVELS; level > 1; level--) {
		u64 entry = *table_entry(table, addr, level);
		*missing = level - 1;
		if (!entry)
			return NULL;
		table = entry_addr(entry);
	}
	*missing = 0;
	return table_entry(table, addr, 1);
}

void arch_space_init(struct arch_space *space, paddr_t root)
{
	for (unsigned i = 0; i < TABLE_ENTRIES; i++)
		ASSERT(!table_ptr(root)[i]);
	space->root = root;
}

unsigned arch_map_needs(const struct arch_space *space, vaddr_t addr)
{
	unsigned missing;

	(void)entry_find(space, addr, &missing);
	return missing;
}

u64 arch_hole(const struct arch_space *space, vaddr_t addr)
{
	unsigned missing;

	return entry_find(space, addr, &missing) ? 0 : (u64)PAGE_SIZE << (TABLE_SHIFT * missing);
}

void arch_map(struct arch_space *space, vaddr_t addr, paddr_t page, u32 access,
              const paddr_t *tables)
{
	paddr_t table = space->root;

	ASSERT(!(addr & PAGE_MASK) && !(page & PAGE_MASK) && addr >= USER_START && addr < USER_END);
	for (unsigned level = LEVELS; level > 1; level--) {
		u64 *entry = table_entry(table, addr, level);
		if (!*entry) {
			for (unsigned i = 0; i < TABLE_ENTRIES; i++)
				ASSERT(!table_ptr(*tables)[i]);
			*entry = *tables++ | ENTRY_PRESENT;
		}
		table = entry_addr(*entry);
	}
	*table_entry(table, addr, 1) = page | ENTRY_PRESENT |
	                               (access & ACCESS_WRITE ? (u64)ENTRY_WRITE : 0) |
	                               (access & ACCESS_EXEC ? (u64)ENTRY_EXEC : 0) |
	                               (access & ARCH_UNCACHED ? (u64)ENTRY_UNCACHED : 0);
}

/* Call `change` for each present entry of the range; tables that are missing are skipped whole. */
static void range_each(const struct arch_space *space, vaddr_t addr, u64 count,
                       void (*change)(u64 *entry, u32 *bits), u32 *bits)
{
	vaddr_t end = addr + count * PAGE_SIZE;

	while (addr < end) {
		unsigned missing;
		u64 *entry = entry_find(space, addr, &missing);
		u64 span = (u64)PAGE_SIZE << (TABLE_SHIFT * missing);
		if (entry && *entry)
			change(entry, bits);
		addr = (addr & ~(span - 1)) + span;
	}
}

static u32 entry_bits(u64 entry)
{
	return (entry & ENTRY_REFERENCED ? (u32)ARCH_REFERENCED : 0) |
	       (entry & ENTRY_DIRTY ? (u32)ARCH_DIRTY : 0);
}

static void entry_unmap(u64 *entry, u32 *bits)
{
	*bits |= entry_bits(*entry);
	*entry = 0;
}

static void entry_protect(u64 *entry, u32 *bits)
{
	(void)bits;
	*entry &= ~(u64)ENTRY_WRITE;
}

static void entry_survey(u64 *entry, u32 *bits)
{
	*bits |= entry_bits(*entry);
	*entry &= ~(u64)(ENTRY_REFERENCED | ENTRY_DIRTY);
}

u32 arch_unmap(struct arch_space *space, vaddr_t addr, u64 count)
{
	u32 bits = 0;

	range_each(space, addr, count, entry_unmap, &bits);
	return bits;
}

void arch_write_protect(struct arch_space *space, vaddr_t addr, u64 count)
{
	u32 bits = 0;

	range_each(space, addr, count, entry_protect, &bits);
}

u32 arch_survey(struct arch_space *space, vaddr_t addr)
{
	u32 bits = 0;

	range_each(space, addr, 1, entry_survey, &bits);
	return bits;
}

static u32 entry_access(u64 entry)
{
	return ACCESS_READ | (entry & ENTRY_WRITE ? (u32)ACCESS_WRITE : 0) |
	       (entry & ENTRY_EXEC ? (u32)ACCESS_EXEC : 0);
}

bool arch_translate(struct arch_space *space, vaddr_t addr, u32 access, paddr_t *page)
{
	unsigned missing;
	u64 *entry = addr < USER_END ? entry_find(space, addr, &missing) : NULL;

	if (!entry || !*entry || access & ~entry_access(*entry))
		return false;
	*entry |= ENTRY_REFERENCED | (access & ACCESS_WRITE ? (u64)ENTRY_DIRTY : 0);
	*page = entry_addr(*entry);
	return true;
}

/* A table without tables below it, taken out of its parent; the root at last. */
paddr_t arch_space_take_table(struct arch_space *space)
{
	paddr_t table = space->root;
	u64 *parent = NULL;

	for (unsigned level = LEVELS; table && level > 1; level--) {
		u64 *child = NULL;
		for (unsigned i = 0; i < TABLE_ENTRIES && !child; i++)
			if (table_ptr(table)[i])
				child = &table_ptr(table)[i];
		if (!child)
			break;
		parent = child;
		table = entry_addr(*child);
	}
	if (parent)
		*parent = 0;
	else
		space->root = 0;
	return table;
}

u64 host_space_walk(const struct arch_space *space,
                    void (*visit)(void *cookie, vaddr_t addr, paddr_t page, u32 access),
                    void *cookie)
{
	struct {
		paddr_t table;
		unsigned next;
	} at[LEVELS + 1] = { [LEVELS] = { space->root, 0 } };
	u64 tables = 1;
	vaddr_t addr = 0;

	for (unsigned level = LEVELS; level <= LEVELS;) {
		if (at[level].next == TABLE_ENTRIES) {
			level++;
			continue;
		}
		u64 entry = table_ptr(at[level].table)[at[level].next];
		unsigned shift = PAGE_SHIFT + TABLE_SHIFT * (level - 1);
		addr = (addr & ~((1ull << (shift + TABLE_SHIFT)) - 1)) | (u64)at[level].next
		                                                                 << shift;
		at[level].next++;
		if (!entry)
			continue;
		if (level == 1) {
			visit(cookie, addr, entry_addr(entry),
			      entry_access(entry) |
			              (entry & ENTRY_UNCACHED ? (u32)ARCH_UNCACHED : 0));
		} else {
			at[--level].table = entry_addr(entry);
			at[level].next = 0;
			tables++;
		}
	}
	return tables;
}

/* --- what CPUs remember --- */

static struct host_translation *translation_find(struct arch_cpu *cpu,
                                                 const struct arch_space *space, vaddr_t addr)
{
	for (unsigned i = 0; i < HOST_TRANSLATIONS; i++)
		if (cpu->translations[i].space == space && cpu->translations[i].addr == addr)
			return &cpu->translations[i];
	return NULL;
}

/* As user mode on `cpu` sees it, by memory or by the tables. */
bool host_translate(struct arch_cpu *cpu, struct arch_space *space, vaddr_t addr, u32 access,
                    paddr_t *page)
{
	vaddr_t start = page_round_down(addr);
	struct host_translation *known = translation_find(cpu, space, start);

	if (known && !(access & ~known->access)) {
		*page = known->page;
		return true;
	}
	if (!arch_translate(space, start, access, page))
		return false;
	if (!known)
		known = &cpu->translations[cpu->next_translation++ % HOST_TRANSLATIONS];
	*known = (struct host_translation){
		.space = space, .addr = start, .page = *page, .access = access | ACCESS_READ
	};
	return true;
}

static void translations_forget(const struct arch_space *space, vaddr_t addr, u64 count)
{
	for (u32 i = 0; i < cpu_count; i++) {
		for (unsigned j = 0; j < HOST_TRANSLATIONS; j++) {
			struct host_translation *known = &cpus[i]->arch.translations[j];
			if (known->space == space && known->addr >= addr &&
			    known->addr - addr < count * PAGE_SIZE)
				known->space = NULL;
		}
	}
}

void arch_flush(struct arch_space *space, vaddr_t addr, u64 count)
{
	host_flushes++;
	translations_forget(space, addr, count);
}

void arch_space_leave(struct arch_space *space)
{
	translations_forget(space, 0, USER_END / PAGE_SIZE);
}

static void translation_check(const struct host_translation *known)
{
	unsigned missing;
	const u64 *entry =
	        known->space->root ? entry_find(known->space, known->addr, &missing) : NULL;

	if (entry && *entry && entry_addr(*entry) == known->page &&
	    !(known->access & ~entry_access(*entry)))
		return;
	printf("# a CPU remembers %#lx with access %u, which is gone: a flush is missing\n",
	       known->addr, known->access);
	abort();
}

void host_check_translations(void)
{
	for (u32 i = 0; i < cpu_count; i++)
		for (unsigned j = 0; j < HOST_TRANSLATIONS; j++)
			if (cpus[i]->arch.translations[j].space)
				translation_check(&cpus[i]->arch.translations[j]);
}
