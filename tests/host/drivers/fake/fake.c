/* SPDX-License-Identifier: MIT */
#include "fake.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAPS = 512, CAP_FIRST = 100 };
#define PHYSICAL_BASE 0x100000000ull
#define PHYSICAL_STEP 0x10000000ull /* between two segments: they never follow each other */

static struct {
	bool open, broken;
	u8 *memory;
	size_t size;
	u32 memory_owner; /* copies share memory */
	u64 bits, timer;
} caps[CAPS];

u64 fake_now;
jmp_buf fake_end;
bool fake_ending;
u32 fake_pages_left;

void fake_start(void)
{
	for (u32 i = 0; i < CAPS; i++)
		free(caps[i].memory);
	memset(caps, 0, sizeof(caps));
	fake_now = 1000000000;
	fake_pages_left = UINT32_MAX;
	fake_ending = false;
}

/* --- runtime --- */

void rt_log(const char *format, ...) { (void)format; }

_Noreturn void rt_fail(const char *format, ...)
{
	va_list args;

	if (fake_ending)
		longjmp(fake_end, 1);
	va_start(args, format);
	printf("# the driver ended: ");
	vprintf(format, args);
	printf("\n");
	va_end(args);
	abort();
}

const char *rt_error_text(err_t error)
{
	(void)error;
	return "error";
}

u64 rt_now(void) { return fake_now; }
void rt_sleep_until(u64 deadline)
{
	if (deadline > fake_now)
		fake_now = deadline;
}

cap_t rt_cap_need(const char *name)
{
	(void)name;
	return 1;
}

/* --- capabilities --- */

cap_t fake_cap(void)
{
	for (u32 i = 0; i < CAPS; i++) {
		if (caps[i].open || caps[i].memory)
			continue;
		memset(&caps[i], 0, sizeof(caps[i]));
		caps[i].open = true;
		return CAP_FIRST + i;
	}
	abort();
}

static u32 index_of(cap_t cap)
{
	u32 index = (cap & ~CAP_MOVE) - CAP_FIRST;

	return index < CAPS ? index : CAPS;
}

bool fake_cap_is_open(cap_t cap) { return index_of(cap) < CAPS && caps[index_of(cap)].open; }
void fake_cap_break(cap_t cap) { caps[index_of(cap)].broken = true; }

u32 fake_caps_open(void)
{
	u32 count = 0;

	for (u32 i = 0; i < CAPS; i++)
		count += caps[i].open;
	return count;
}

err_t cap_close(cap_t cap)
{
	if (!fake_cap_is_open(cap))
		return E_CAP;
	caps[index_of(cap)].open = false;
	return OK;
}

err_t cap_destroy(cap_t cap) { return cap_close(cap); }

err_t cap_info(cap_t cap, u64 *info)
{
	*info = 0;
	return fake_cap_is_open(cap) && !caps[index_of(cap)].broken ? OK : E_CAP;
}

err_t cap_copy(cap_t task, cap_t cap, u32 rights, u32 slot, cap_t *copy)
{
	(void)task, (void)rights, (void)slot;
	if (!fake_cap_is_open(cap))
		return E_CAP;
	*copy = fake_cap();
	return OK;
}

/* --- memory --- */

cap_t fake_segment(size_t size)
{
	cap_t cap = fake_cap();

	caps[index_of(cap)].memory = aligned_alloc(PAGE_SIZE, page_round_up(size));
	caps[index_of(cap)].size = page_round_up(size);
	memset(caps[index_of(cap)].memory, 0, page_round_up(size));
	return cap;
}

void *fake_segment_ptr(cap_t segment) { return caps[index_of(segment)].memory; }

err_t segment_create(cap_t bank, u64 size, u32 flags, cap_t *segment)
{
	(void)bank, (void)flags;
	if (fake_pages_left < size / PAGE_SIZE)
		return E_FUNDS;
	fake_pages_left -= (u32)(size / PAGE_SIZE);
	*segment = fake_segment(size);
	return OK;
}

err_t segment_contiguous(cap_t bank, cap_t dma, u64 size, cap_t *segment)
{
	(void)dma;
	return segment_create(bank, size, 0, segment);
}

err_t segment_read(cap_t segment, u32 figure, u64 *value)
{
	(void)figure;
	if (!fake_cap_is_open(segment) || !fake_segment_ptr(segment))
		return E_CAP;
	*value = caps[index_of(segment)].size;
	return OK;
}

err_t segment_address(cap_t segment, cap_t dma, u64 offset, u64 *address)
{
	(void)dma;
	if (!fake_cap_is_open(segment) || caps[index_of(segment)].broken ||
	    !range_fits(offset, PAGE_SIZE, caps[index_of(segment)].size))
		return E_RANGE;
	*address = PHYSICAL_BASE + index_of(segment) * PHYSICAL_STEP + offset;
	return OK;
}

void *fake_physical(paddr_t addr, size_t size)
{
	u64 index = (addr - PHYSICAL_BASE) / PHYSICAL_STEP,
	    offset = (addr - PHYSICAL_BASE) % PHYSICAL_STEP;

	if (addr < PHYSICAL_BASE || index >= CAPS || !range_fits(offset, size, caps[index].size))
		return NULL;
	return caps[index].memory + offset;
}

void *rt_map(cap_t segment, u64 offset, size_t size, u32 flags)
{
	(void)flags;
	if (!fake_cap_is_open(segment) || !range_fits(offset, size, caps[index_of(segment)].size))
		return NULL;
	return caps[index_of(segment)].memory + offset;
}

void rt_unmap(void *addr, size_t size) { (void)addr, (void)size; }

/* --- events --- */

err_t event_create(cap_t bank, cap_t *event)
{
	(void)bank;
	*event = fake_cap();
	return OK;
}

err_t event_signal(cap_t event, u64 bits)
{
	if (!fake_cap_is_open(event))
		return E_CAP;
	caps[index_of(event)].bits |= bits;
	return OK;
}

err_t event_timer(cap_t event, u64 bits, u64 deadline)
{
	(void)bits;
	caps[index_of(event)].timer = deadline;
	return OK;
}

u64 fake_event_take(cap_t event)
{
	u64 bits = caps[index_of(event)].bits;

	caps[index_of(event)].bits = 0;
	return bits;
}

u64 fake_event_timer(cap_t event) { return caps[index_of(event)].timer; }

err_t rt_source_add(struct server *server, struct rt_source *source)
{
	(void)server, (void)source;
	return OK;
}

void rt_source_remove(struct server *server, struct rt_source *source)
{
	(void)server, (void)source;
}
