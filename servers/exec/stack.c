/* SPDX-License-Identifier: MIT */
/* The program's first stack, as the System V ABI (AMD64 supplement, 3.4.1) and Linux have it:
 *
 *	sp -> argc | argv... 0 | envp... 0 | auxiliary vector ... 0 0 | padding | random bytes, platform, strings | top
 */
#include <string.h>

#include "exec.h"

#include <elf.h>

enum { AT_DROVE = 0x44524f56, AUX_MAX = 28, RANDOM_SIZE = 16, STACK_SHIFT_PAGES = 0x800 };

struct writer {
	char *memory; /* our view of the stack's end */
	u64 base;     /* its address in the program */
	u64 size;
	u64 at;	      /* words are written here, upwards */
};

static void put(struct writer *w, u64 value)
{
	memcpy(w->memory + w->at, &value, sizeof(value));
	w->at += sizeof(value);
}

static void put_pair(struct writer *w, u64 key, u64 value)
{
	put(w, key);
	put(w, value);
}

/* Pointers to `count` strings of the block; where the next one begins. */
static u64 put_strings(struct writer *w, const char *text, u64 addr, u32 count, u64 *used)
{
	for (u32 i = 0; i < count; i++) {
		put(w, addr + *used);
		*used += strlen(text + *used) + 1;
	}
	put(w, 0);
	return addr + *used;
}

static void put_auxiliary(struct writer *w, const struct plan *plan, u64 name, u64 random, u64 platform)
{
	const struct elf_image *image = &plan->image;
	put_pair(w, AT_SYSINFO, personality.gate_entry);
	put_pair(w, AT_DROVE, 1);
	if (image->header_addr)
		put_pair(w, AT_PHDR, image->header_addr + plan->bias);
	put_pair(w, AT_PHENT, 56);
	put_pair(w, AT_PHNUM, image->header_count);
	put_pair(w, AT_PAGESZ, PAGE_SIZE);
	put_pair(w, AT_BASE, plan->interpreted ? plan->interpreter_bias + plan->interpreter.low : 0);
	put_pair(w, AT_FLAGS, 0);
	put_pair(w, AT_ENTRY, image->entry + plan->bias);
	/* Everybody is root until there is an auth server. */
	put_pair(w, AT_UID, 0);
	put_pair(w, AT_EUID, 0);
	put_pair(w, AT_GID, 0);
	put_pair(w, AT_EGID, 0);
	put_pair(w, AT_SECURE, 0);
	put_pair(w, AT_CLKTCK, 100);
	put_pair(w, AT_HWCAP, 0);
	put_pair(w, AT_HWCAP2, 2); /* FSGSBASE may be used */
	put_pair(w, AT_RANDOM, random);
	put_pair(w, AT_PLATFORM, platform);
	put_pair(w, AT_EXECFN, name);
	put_pair(w, AT_NULL, 0);
}

static void stack_fill(struct plan *plan, const struct exec_request *request, struct writer *w)
{
	static const char platform[] = "x86_64";
	const struct exec_arguments *h = &request->header;
	u64 end = w->size - 8; /* the last word is zero, as on Linux */
	u64 strings = end - h->strings_size;
	u64 platform_at = strings - sizeof(platform);
	u64 random_at = (platform_at - RANDOM_SIZE) & ~15ull;
	u64 words = 1 + h->arguments + 1 + h->environment + 1 + 2 * AUX_MAX;
	u64 used = 0, random[2] = { random_bits(), random_bits() };

	memcpy(w->memory + strings, request->name, h->strings_size);
	memcpy(w->memory + platform_at, platform, sizeof(platform));
	memcpy(w->memory + random_at, random, sizeof(random));
	w->at = (random_at - 8 * words) & ~15ull;
	plan->program_sp = w->base + w->at;

	u64 text = w->base + strings + h->name_size;
	put(w, h->arguments);
	put_strings(w, request->strings, text, h->arguments, &used);
	put_strings(w, request->strings, text, h->environment, &used);
	put_auxiliary(w, plan, w->base + strings, w->base + random_at, w->base + platform_at);
}

err_t stack_plan(struct plan *plan, const struct exec_request *request)
{
	const struct exec_arguments *h = &request->header;
	u64 need = h->strings_size + 8 * ((u64)h->arguments + h->environment + 2 * AUX_MAX + 16) + 64;
	u64 size = page_round_up(need);
	u64 top = PROGRAM_STACK_TOP - (plan->random % STACK_SHIFT_PAGES) * PAGE_SIZE;
	struct plan_map map = { .addr = top - PROGRAM_STACK_SIZE_MAX, .size = PROGRAM_STACK_SIZE_MAX,
				.access = RIGHT_READ | RIGHT_WRITE, .own = true, .tell = true,
				.region_flags = 2 };

	if (size > PROGRAM_STACK_SIZE_MAX / 4)
		return E_2BIG;
	if (plan->image.stack_exec)
		map.access |= RIGHT_EXEC;
	err_t error = segment_create(plan->bank, PROGRAM_STACK_SIZE_MAX, 0, &map.segment);
	if (error)
		return error;
	struct writer w = { .base = top - size, .size = size };
	w.memory = rt_map(map.segment, PROGRAM_STACK_SIZE_MAX - size, size, RIGHT_READ | RIGHT_WRITE);
	if (!w.memory) {
		(void)!cap_close(map.segment);
		return E_FUNDS;
	}
	stack_fill(plan, request, &w);
	rt_unmap(w.memory, size);
	plan->stack_low = map.addr;
	plan->stack_high = top;
	return plan_add(plan, &map);
}
