/* SPDX-License-Identifier: MIT */
/* Memory, interrupts, ports and console of the simulated machine, and how it is switched on. */
#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "abi/bundle.h"
#include "abi/clock.h"
#include "boot/boot_info.h"

enum { MEMORY_START = 1 << 20, VECTOR_FIRST = 0x30, VECTOR_END = 0xf0 };

u8 host_ports[65536];
char host_console[65536];
size_t host_console_size;

static struct {
	bool open, message, masked;
} irqs[ARCH_VECTORS];

/* --- switching on --- */

/* sigma0 is a page of code and a page of data; the test is what runs. */
static void bundle_make(struct boot_info *info, paddr_t at)
{
	struct bundle_header *bundle = arch_ptr(at);

	*bundle = (struct bundle_header){
		.magic = BUNDLE_MAGIC,
		.size = (HOST_BUNDLE_PAGES + 1) * PAGE_SIZE,
		.sigma0_offset = PAGE_SIZE,
		.sigma0_size = HOST_BUNDLE_PAGES * PAGE_SIZE,
		.sigma0_text_size = PAGE_SIZE,
		.sigma0_address = HOST_SIGMA0_TEXT,
		.sigma0_entry = HOST_SIGMA0_TEXT,
	};
	info->bundle = at;
	info->bundle_size = bundle->size;
}

void host_boot(u64 pages, u32 count)
{
	static struct boot_info info;
	paddr_t bundle = MEMORY_START + pages * PAGE_SIZE;
	paddr_t end = bundle + (HOST_BUNDLE_PAGES + 1) * PAGE_SIZE;

	void *memory = mmap(arch_ptr(0), end, PROT_READ | PROT_WRITE,
	                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (memory != arch_ptr(0)) {
		printf("# no memory at %p\n", arch_ptr(0));
		abort();
	}
	info = (struct boot_info){ .usable = { { MEMORY_START, bundle } },
		                   .usable_count = 1,
		                   .ram = { { MEMORY_START, end } },
		                   .ram_count = 1,
		                   .command_line = "test" };
	bundle_make(&info, bundle);
	host_start(&info, count);
}

void arch_clock_page_init(void *page)
{
	*(struct clock_page *)page =
	        (struct clock_page){ .scale = 1ull << 32, .tsc_frequency = 1000000000 };
}

/* --- interrupts --- */

static unsigned irq_open(bool message)
{
	for (unsigned vector = VECTOR_FIRST; vector < VECTOR_END; vector++) {
		if (irqs[vector].open)
			continue;
		irqs[vector].open = irqs[vector].masked = true;
		irqs[vector].message = message;
		return vector;
	}
	return 0;
}

unsigned arch_irq_open(u32 number, u32 flags)
{
	(void)flags;
	return number < 24 ? irq_open(false) : 0;
}

unsigned arch_irq_open_message(u64 *address_data)
{
	unsigned vector = irq_open(true);

	*address_data = 0xfee00000ull | (u64)vector << 32;
	return vector;
}

void arch_irq_close(unsigned vector)
{
	ASSERT(irqs[vector].open);
	irqs[vector].open = false;
}

void arch_irq_mask(unsigned vector) { irqs[vector].masked = true; }
void arch_irq_unmask(unsigned vector) { irqs[vector].masked = false; }
bool host_irq_masked(unsigned vector) { return irqs[vector].masked; }

unsigned host_irqs_open(void)
{
	unsigned count = 0;

	for (unsigned vector = 0; vector < ARCH_VECTORS; vector++)
		count += irqs[vector].open;
	return count;
}

/* --- ports and console --- */

u32 arch_io_read(u32 port, u32 width)
{
	u32 value = 0;

	memcpy(&value, &host_ports[port], width);
	return value;
}

void arch_io_write(u32 port, u32 width, u32 value) { memcpy(&host_ports[port], &value, width); }

void arch_console_write(const char *text, size_t size)
{
	for (size_t i = 0; i < size && host_console_size < sizeof(host_console); i++)
		host_console[host_console_size++] = text[i];
}

void arch_console_off(void) {}
