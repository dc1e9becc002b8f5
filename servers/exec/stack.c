/* SPDX-License-Identifier: MIT */
/* The program's first stack, as the System V ABI (AMD64 supplement, 3.4.1) and Linux have it:
 *
 * 	sp -> argc | argv... 0 | envp... 0 | auxiliary vector ... 0 0 | padding |
 * 	      random bytes | platform | name, arguments, environment | 8 zero bytes | top
 *
 * The region has three parts: what is written here, promised and no larger than it must be; what
 * most programs use; and the rest, so that an unused rest needs no table of pages. */
#include "exec.h"

#include <cpuid.h>
#include <elf.h>
#include <string.h>

enum { AT_DROVE = 0x44524f56, AUX_MAX = 24, RANDOM_SIZE = 16, HWCAP2_FSGSBASE = 2 };
enum { STACK_NEAR = 0x200000, STACK_FILLED_MAX = 0x220000 };

/* 23 random bits of pages and 8 bits of 16 bytes. */
#define STACK_RANDOM_PAGES 0x800000ull
enum { STACK_RANDOM_BYTES = 0x1000 };

struct writer {
	char *memory; /* our view of the stack's end */
	u64 base;     /* its address in the program */
	u64 size;
	u64 at; /* words are written here, upwards */
};

static void put(struct writer *w, u64 value)
{
	memcpy(w->memory + w->at, &value, sizeof(value));
	w->at += sizeof(value);
}

/* Pointers to `count` strings of `text`, which lies at `addr` in the program, and a null pointer.
 */
static void put_strings(struct writer *w, const char *text, u64 addr, u32 count, u64 *used)
{
	for (u32 i = 0; i < count; i++) {
		put(w, addr + *used);
		*used += strlen(text + *used) + 1;
	}
	put(w, 0);
}

/* AT_HWCAP is CPUID.1:EDX. */
static u64 processor_features(void)
{
	u32 a, b, c, d = 0;

	return __get_cpuid(1, &a, &b, &c, &d) ? d : 0;
}

/* Where the things are that the auxiliary vector points to. */
struct places {
	u64 name, random, platform;
};

static void put_auxiliary(struct writer *w, const struct plan *plan, const struct places *places)
{
	const struct elf_image *image = &plan->image;
	u64 base = plan->interpreted ? plan->interpreter_bias + plan->interpreter.low : 0;
	u64 headers = image->header_addr ? image->header_addr + plan->bias : 0;
	const u64 pairs[][2] = {
		{ AT_SYSINFO, personality.gate_entry },
		{ AT_SYSINFO_EHDR, personality.vdso },
		{ AT_DROVE, 1 },
		{ AT_PHDR, headers },
		{ AT_PHENT, sizeof(Elf64_Phdr) },
		{ AT_PHNUM, headers ? image->header_count : 0 },
		{ AT_PAGESZ, PAGE_SIZE },
		{ AT_BASE, base },
		{ AT_FLAGS, 0 },
		{ AT_ENTRY, image->entry + plan->bias },
		/* Everybody is root until there is somebody who says who is who. */
		{ AT_UID, 0 },
		{ AT_EUID, 0 },
		{ AT_GID, 0 },
		{ AT_EGID, 0 },
		{ AT_SECURE, 0 },
		{ AT_CLKTCK, 100 },
		{ AT_HWCAP, processor_features() },
		{ AT_HWCAP2, HWCAP2_FSGSBASE },
		{ AT_RANDOM, places->random },
		{ AT_PLATFORM, places->platform },
		{ AT_EXECFN, places->name },
		{ AT_NULL, 0 },
	};
	_Static_assert(COUNT_OF(pairs) <= AUX_MAX, "room for the auxiliary vector");

	for (u32 i = 0; i < COUNT_OF(pairs); i++) {
		put(w, pairs[i][0]);
		put(w, pairs[i][1]);
	}
}

static u64 words_size(const struct exec_arguments *h)
{
	return 8 * (1 + (u64)h->arguments + 1 + h->environment + 1 + 2 * AUX_MAX);
}

/* `shift`: bytes at the top that stay unused, so that addresses in the page cannot be guessed. */
static void stack_fill(struct plan *plan, const struct exec_request *request, struct writer *w,
                       u64 shift)
{
	static const char platform[] = "x86_64";
	const struct exec_arguments *h = &request->header;
	u64 strings = w->size - shift - 8 - h->strings_size;
	u64 platform_at = strings - sizeof(platform);
	u64 random_at = (platform_at - RANDOM_SIZE) & ~15ull;
	u64 random[2] = { random_bits(), random_bits() }, used = 0;
	struct places places = { w->base + strings, w->base + random_at, w->base + platform_at };

	memcpy(w->memory + strings, request->name, h->strings_size);
	memcpy(w->memory + platform_at, platform, sizeof(platform));
	memcpy(w->memory + random_at, random, sizeof(random));
	w->at = (random_at - words_size(h)) & ~15ull;
	plan->program_sp = w->base + w->at;
	plan->name_addr = places.name;

	u64 text = places.name + h->name_size;
	put(w, h->arguments);
	put_strings(w, request->strings, text, h->arguments, &used);
	put_strings(w, request->strings, text, h->environment, &used);
	put_auxiliary(w, plan, &places);
}

/* [low, high) of the stack's region, filled by touch. */
static err_t stack_rest(struct plan *plan, u64 low, u64 high, u32 access)
{
	struct plan_map map = { .addr = low,
		                .size = high - low,
		                .access = access,
		                .region = REGION_STACK,
		                .own = true,
		                .told = true };

	if (low >= high)
		return OK;
	err_t error = segment_create(plan->bank, map.size, 0, &map.segment);
	return error ? error : plan_add(plan, &map);
}

err_t stack_plan(struct plan *plan, const struct exec_request *request)
{
	const struct exec_arguments *h = &request->header;
	u64 shift = random_bits() % STACK_RANDOM_BYTES & ~15ull;
	u64 fixed = 8 + sizeof("x86_64") + RANDOM_SIZE + 48;
	u64 size = page_round_up(shift + h->strings_size + words_size(h) + fixed);
	u64 high = PROGRAM_STACK_TOP - random_bits() % STACK_RANDOM_PAGES * PAGE_SIZE;
	u64 low = high - PROGRAM_STACK_SIZE_MAX, near = high - STACK_NEAR;
	u32 access = ACCESS_READ | ACCESS_WRITE | (plan->image.stack_exec ? ACCESS_EXEC : 0);
	struct plan_map map = { .addr = high - size,
		                .size = size,
		                .access = access,
		                .region = REGION_STACK,
		                .told = true };
	void *memory;

	if (size > STACK_FILLED_MAX)
		return E_2BIG;
	err_t error = plan_create(plan, &map, &memory);
	if (error)
		return error;
	struct writer w = { .memory = memory, .base = map.addr, .size = size };
	stack_fill(plan, request, &w, shift);
	plan_unmap(&map, memory);
	plan->stack_low = low;
	plan->stack_high = high;
	if (near > map.addr)
		near = map.addr;
	error = stack_rest(plan, near, map.addr, access);
	return error ? error : stack_rest(plan, low, near, access);
}
