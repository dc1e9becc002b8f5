/* SPDX-License-Identifier: MIT */
/* User address spaces: four levels of tables, pages of 4 KiB (SDM vol. 3A, 4.5). Entries are
 * changed with atomic operations, since processors set the accessed and dirty bits of a space that
 * is in use at any time. */
#include "machine.h"

#include "x86.h"

enum { LEVELS = 4, INDEX_BITS = 9, CURSOR_SHIFT = 21 };
#define TABLE_FLAGS (PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED)

static u64 *table_of(u64 entry) { return arch_ptr(entry & PTE_ADDR); }

/* Bytes that one entry of a table of `level` (1 to 4) stands for. */
static u64 level_size(unsigned level) { return 1ull << (PAGE_SHIFT + INDEX_BITS * (level - 1)); }

static u64 *level_entry(u64 *table, unsigned level, vaddr_t addr)
{
	return &table[addr / level_size(level) % TABLE_ENTRIES];
}

/* The last-level entry for `addr`; if a table is missing NULL, and `level` tells in which level's
 * table. */
static u64 *space_find(const struct arch_space *space, vaddr_t addr, unsigned *level)
{
	u64 *table = arch_ptr(space->root);

	for (*level = LEVELS; *level > 1; --*level) {
		u64 entry = *level_entry(table, *level, addr);
		if (!(entry & PTE_PRESENT))
			return NULL;
		table = table_of(entry);
	}
	return level_entry(table, 1, addr);
}

static u64 *space_find_page(const struct arch_space *space, vaddr_t addr)
{
	unsigned level;
	u64 *entry = addr < USER_END ? space_find(space, addr, &level) : NULL;

	return entry && (*entry & PTE_PRESENT) ? entry : NULL;
}

paddr_t arch_image_paddr(const void *ptr) { return (paddr_t)ptr - KERNEL_OFFSET; }

void arch_space_init(struct arch_space *space, paddr_t root)
{
	u64 *table = arch_ptr(root);

	for (u32 i = ROOT_USER_ENTRIES; i < TABLE_ENTRIES; i++)
		table[i] = kernel_root[i];
	*space = (struct arch_space){ .root = root };
}

unsigned arch_map_needs(const struct arch_space *space, vaddr_t addr)
{
	unsigned level;

	return space_find(space, addr, &level) ? 0 : level - 1;
}

u64 arch_hole(const struct arch_space *space, vaddr_t addr)
{
	unsigned level;

	return space_find(space, addr, &level) ? 0 : level_size(level);
}

static u64 page_entry(paddr_t page, u32 access)
{
	u64 entry = page | PTE_PRESENT | PTE_USER | PTE_ACCESSED;

	if (access & ACCESS_WRITE)
		entry |= PTE_WRITE;
	if (!(access & ACCESS_EXEC))
		entry |= PTE_NX;
	if (access & ARCH_UNCACHED)
		entry |= PTE_PCD | PTE_PWT;
	return entry;
}

void arch_map(struct arch_space *space, vaddr_t addr, paddr_t page, u32 access, const paddr_t *new)
{
	u64 *table = arch_ptr(space->root);

	for (unsigned level = LEVELS; level > 1; level--) {
		u64 *entry = level_entry(table, level, addr);
		if (!(*entry & PTE_PRESENT))
			__atomic_store_n(entry, *new ++ | TABLE_FLAGS, __ATOMIC_RELEASE);
		table = table_of(*entry);
	}
	__atomic_store_n(level_entry(table, 1, addr), page_entry(page, access), __ATOMIC_RELEASE);
}

typedef u64 entry_change(u64 *entry);

/* Do `change` to each present entry of the range, and or what it returns. Missing tables are
 * stepped over whole. */
static u64 space_change(struct arch_space *space, vaddr_t addr, u64 count, entry_change *change)
{
	u64 left = addr < USER_END ? (USER_END - addr) / PAGE_SIZE : 0;
	vaddr_t end = addr + (count < left ? count : left) * PAGE_SIZE;
	u64 seen = 0;

	while (addr < end) {
		unsigned level;
		u64 *entry = space_find(space, addr, &level);
		if (!entry) {
			addr = (addr | (level_size(level) - 1)) + 1;
			continue;
		}
		do {
			if (*entry & PTE_PRESENT)
				seen |= change(entry);
			entry++;
			addr += PAGE_SIZE;
		} while (addr < end && addr % level_size(2));
	}
	return seen;
}

static u32 usage(u64 entry)
{
	return (entry & PTE_ACCESSED ? ARCH_REFERENCED : 0u) |
	       (entry & PTE_DIRTY ? ARCH_DIRTY : 0u);
}

static u64 entry_clear(u64 *entry) { return __atomic_exchange_n(entry, 0, __ATOMIC_ACQ_REL); }

static u64 entry_protect(u64 *entry)
{
	return __atomic_fetch_and(entry, ~PTE_WRITE, __ATOMIC_ACQ_REL);
}

u32 arch_unmap(struct arch_space *space, vaddr_t addr, u64 count)
{
	return usage(space_change(space, addr, count, entry_clear));
}

void arch_write_protect(struct arch_space *space, vaddr_t addr, u64 count)
{
	space_change(space, addr, count, entry_protect);
}

u32 arch_survey(struct arch_space *space, vaddr_t addr)
{
	u64 *entry = space_find_page(space, addr);

	if (!entry)
		return 0;
	return usage(__atomic_fetch_and(entry, ~(PTE_ACCESSED | PTE_DIRTY), __ATOMIC_ACQ_REL));
}

bool arch_translate(struct arch_space *space, vaddr_t addr, u32 access, paddr_t *page)
{
	u64 *entry = space_find_page(space, addr);
	u64 used = PTE_ACCESSED | (access & ACCESS_WRITE ? PTE_DIRTY : 0);

	if (!entry || (access & ACCESS_WRITE && !(*entry & PTE_WRITE)) ||
	    (access & ACCESS_EXEC && *entry & PTE_NX))
		return false;
	if ((*entry & used) != used)
		__atomic_fetch_or(entry, used, __ATOMIC_ACQ_REL);
	*page = *entry & PTE_ADDR;
	return true;
}

static paddr_t entry_take_table(u64 *entry)
{
	paddr_t table = *entry & PTE_ADDR;

	*entry = 0;
	return table;
}

/* The cursor only moves forward, so that each entry of each table is looked at once in the space's
 * lifetime. */
paddr_t arch_space_take_table(struct arch_space *space)
{
	vaddr_t addr = space->cursor << CURSOR_SHIFT;
	paddr_t root = space->root;

	while (root && addr < USER_END) {
		u64 *entry = NULL;
		u64 *table = arch_ptr(root);
		unsigned level;
		for (level = LEVELS; level > 1; level--) {
			entry = level_entry(table, level, addr);
			if (!(*entry & PTE_PRESENT))
				break;
			table = table_of(*entry);
		}
		if (level == 1) { /* a last-level table */
			space->cursor = addr >> CURSOR_SHIFT;
			return entry_take_table(entry);
		}
		/* Nothing below this entry. At the end of its table, the table itself is next. */
		addr = (addr | (level_size(level) - 1)) + 1;
		if (level < LEVELS && addr % level_size(level + 1) == 0) {
			vaddr_t last = addr - 1;
			table = arch_ptr(root);
			for (unsigned above = LEVELS; above > level + 1; above--)
				table = table_of(*level_entry(table, above, last));
			space->cursor = last >> CURSOR_SHIFT;
			return entry_take_table(level_entry(table, level + 1, last));
		}
	}
	space->root = 0;
	return root;
}

/* A repeated string instruction is the fastest way on all processors of the last decade. */
void arch_words_set(void *to, u64 word, u64 count)
{
	__asm__ volatile("rep stosq" : "+D"(to), "+c"(count) : "a"(word) : "memory");
}

void arch_words_copy(void *to, const void *from, u64 count)
{
	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(count)::"memory");
}
