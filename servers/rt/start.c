/* SPDX-License-Identifier: MIT */
/* From the start block to main(): argument vector and auxiliary vector as musl's __libc_start_main
 * wants them. */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { VECTOR_STRINGS_MAX = 64, AT_DROVE = 0x44524f56, AUX_MAX = 12 };

struct rt_start *rt_start;
struct thread_control *rt_control;

/* argc is apart; argv, NULL, environment, NULL, auxv: one after the other, as the System V ABI has
 * them on the stack. */
static u64 vector[VECTOR_STRINGS_MAX + 2 + 2 * AUX_MAX];
static u64 random_seed[2];

extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));
int main(int argc, char **argv);
int __libc_start_main(int (*main)(int, char **), int argc, char **argv);

cap_t rt_cap(const char *name)
{
	for (u32 i = 0; i < rt_start->names && i < RT_START_NAMES; i++)
		if (strncmp(rt_start->name[i].name, name, sizeof(rt_start->name[i].name)) == 0)
			return rt_start->name[i].cap;
	return 0;
}

cap_t rt_cap_need(const char *name)
{
	cap_t cap = rt_cap(name);

	if (!cap)
		rt_fail("the manifest grants no \"%s\"", name);
	return cap;
}

/* Append pointers to `count` strings of `text` and a null; the byte behind the last. */
static char *vector_strings(u64 **at, char *text, const char *end, u32 count)
{
	for (u32 i = 0; i < count && text < end; i++) {
		*(*at)++ = (u64)text;
		text += strnlen(text, (size_t)(end - text)) + 1;
	}
	*(*at)++ = 0;
	return text;
}

static void vector_aux(u64 **at, u64 type, u64 value)
{
	*(*at)++ = type;
	*(*at)++ = value;
}

/* Not secret: for stack protectors of a server that has no other source yet. */
static void random_fill(void)
{
	u64 x = __builtin_ia32_rdtsc() ^ (u64)rt_start << 20;

	for (unsigned i = 0; i < COUNT_OF(random_seed); i++) {
		x += 0x9e3779b97f4a7c15ull;
		u64 z = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
		random_seed[i] = (z ^ z >> 27) * 0x94d049bb133111ebull;
	}
}

static int vector_make(void)
{
	u64 *at = vector;
	char *text = rt_start->text;
	const char *end = text + RT_START_TEXT;
	u32 arguments = rt_start->arguments, environment = rt_start->environment;

	if (arguments > VECTOR_STRINGS_MAX || environment > VECTOR_STRINGS_MAX - arguments)
		environment = arguments = 0;
	rt_start->text[RT_START_TEXT - 1] = 0;
	text = vector_strings(&at, text, end, arguments);
	vector_strings(&at, text, end, environment);
	vector_aux(&at, AT_PAGESZ, PAGE_SIZE);
	vector_aux(&at, AT_RANDOM, (u64)random_seed);
	vector_aux(&at, AT_PHDR, (u64)&__ehdr_start + __ehdr_start.e_phoff);
	vector_aux(&at, AT_PHNUM, __ehdr_start.e_phnum);
	vector_aux(&at, AT_PHENT, __ehdr_start.e_phentsize);
	vector_aux(&at, AT_SYSINFO, (u64)rt_gate);
	vector_aux(&at, AT_DROVE, 1);
	vector_aux(&at, AT_NULL, 0);
	return (int)arguments;
}

_Noreturn void rt_start_main(struct rt_start *start)
{
	rt_start = start;
	if (start->control) {
		rt_control = (struct thread_control *)start->control;
		rt_control->masked = 1;
	}
	rt_memory_start(start->heap_start, start->heap_end);
	rt_time_start();
	random_fill();
	int count = vector_make();
	exit(__libc_start_main(main, count, (char **)(void *)vector));
}

const char *rt_name(void) { return rt_start && rt_start->arguments ? rt_start->text : "server"; }
