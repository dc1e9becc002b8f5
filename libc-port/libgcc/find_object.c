/* SPDX-License-Identifier: MIT */
/* _dl_find_object for Debian's libgcc_eh.a, which glibc has had since 2.35 and musl has not: found
 * by walking the loaded objects. */
#define _GNU_SOURCE
#include <link.h>
#include <stddef.h>

/* As libgcc's unwind-dw2-fde-dip.c expects it. */
struct dl_find_object {
	unsigned long long flags;
	void *map_start, *map_end;
	struct link_map *link_map;
	void *eh_frame;
	unsigned long long reserved[7];
};

struct query {
	unsigned long pc;
	struct dl_find_object *object;
};

static int object_visit(struct dl_phdr_info *info, size_t size, void *argument)
{
	struct query *query = argument;
	unsigned long low = -1UL, high = 0;
	void *eh_frame = NULL;
	int hit = 0;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = info->dlpi_phdr + i;
		unsigned long address = info->dlpi_addr + header->p_vaddr;
		if (header->p_type == PT_GNU_EH_FRAME)
			eh_frame = (void *)address;
		if (header->p_type != PT_LOAD)
			continue;
		low = address < low ? address : low;
		high = address + header->p_memsz > high ? address + header->p_memsz : high;
		hit |= query->pc - address < header->p_memsz;
	}
	if (!hit)
		return 0;
	if (!eh_frame)
		return 2;
	*query->object = (struct dl_find_object){ .map_start = (void *)low,
		                                  .map_end = (void *)high,
		                                  .eh_frame = eh_frame };
	return 1;
}

__attribute__((visibility("hidden"))) int _dl_find_object(void *pc, struct dl_find_object *object)
{
	struct query query = { (unsigned long)pc, object };
	return dl_iterate_phdr(object_visit, &query) == 1 ? 0 : -1;
}
