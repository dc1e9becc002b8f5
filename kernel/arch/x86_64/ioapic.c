/* SPDX-License-Identifier: MIT */
/* Device interrupts: I/O APICs (Intel 82093AA data sheet, chapter 3) and messages (SDM vol. 3A,
 * 10.11). All go to the first processor. A vector belongs to one interrupt; its number is all that
 * the generic kernel knows. */
#include "boot/boot.h"

#include "x86.h"

enum { VECTOR_FIRST = 0x30, VECTOR_LAST = 0xef };
enum {
	IOAPIC_VERSION = 1,
	IOAPIC_TABLE = 0x10,
	WINDOW = 4
}; /* WINDOW: index of the data register in words */
enum { ENTRY_LOW_ACTIVE = 1 << 13, ENTRY_LEVEL = 1 << 15, ENTRY_MASKED = 1 << 16 };
enum { ISA_COUNT = 16 };
enum { PIC1 = 0x20, PIC2 = 0xa0, PIC_VECTOR = 0x20 };
#define MESSAGE_ADDRESS 0xfee00000ull

enum irq_kind { IRQ_FREE, IRQ_LINE, IRQ_MESSAGE };
struct irq {
	u8 kind, ioapic;
	u16 pin;
	u32 entry; /* low half of the redirection entry, without the mask */
};

static struct irq irqs[ARCH_VECTORS];
static struct {
	volatile u32 *registers;
	u32 gsi, count;
} ioapics[IOAPICS_MAX];
static u32 ioapic_count;

/* An I/O APIC is reached through an index and a data register. Protects that pair, since interrupts
 * are acknowledged without the kernel lock; nothing waits while it is held. */
static bool ioapic_busy;

static void ioapic_lock(void)
{
	while (__atomic_exchange_n(&ioapic_busy, true, __ATOMIC_ACQUIRE))
		cpu_pause();
}

static void ioapic_unlock(void) { __atomic_store_n(&ioapic_busy, false, __ATOMIC_RELEASE); }

static u32 ioapic_read(u32 ioapic, u32 index)
{
	mmio_write32(&ioapics[ioapic].registers[0], index);
	return mmio_read32(&ioapics[ioapic].registers[WINDOW]);
}

static void ioapic_write(u32 ioapic, u32 index, u32 value)
{
	mmio_write32(&ioapics[ioapic].registers[0], index);
	mmio_write32(&ioapics[ioapic].registers[WINDOW], value);
}

static void line_write(const struct irq *irq, u32 mask)
{
	ioapic_lock();
	ioapic_write(irq->ioapic, IOAPIC_TABLE + 2u * irq->pin, irq->entry | mask);
	ioapic_unlock();
}

/* Intel 8259A data sheet: initialise both away from the exceptions' vectors, then mask all. */
static void pic_disable(void)
{
	out8(PIC1, 0x11);
	out8(PIC2, 0x11);
	out8(PIC1 + 1, PIC_VECTOR);
	out8(PIC2 + 1, PIC_VECTOR + 8);
	out8(PIC1 + 1, 4);
	out8(PIC2 + 1, 2);
	out8(PIC1 + 1, 1);
	out8(PIC2 + 1, 1);
	out8(PIC1 + 1, 0xff);
	out8(PIC2 + 1, 0xff);
}

void ioapic_init(void)
{
	const struct acpi_machine *m = &acpi_machine;

	pic_disable();
	for (u32 i = 0; i < m->ioapic_count; i++) {
		ioapics[i].registers = arch_ptr(m->ioapics[i].address);
		ioapics[i].gsi = m->ioapics[i].gsi;
		ioapics[i].count = (ioapic_read(i, IOAPIC_VERSION) >> 16 & 0xff) + 1;
		for (u32 pin = 0; pin < ioapics[i].count; pin++)
			ioapic_write(i, IOAPIC_TABLE + 2 * pin, ENTRY_MASKED);
	}
	ioapic_count = m->ioapic_count;
}

/* ACPI 6.4, 5.2.12.5: an ISA interrupt may be wired to another input, with another polarity. */
static u32 isa_route(u32 *number, u32 flags)
{
	const struct acpi_machine *m = &acpi_machine;

	for (u32 i = 0; *number < ISA_COUNT && i < m->override_count; i++) {
		const struct acpi_override *o = &m->overrides[i];
		if (o->source != *number)
			continue;
		*number = o->gsi;
		if (o->flags & MADT_LOW)
			flags = (flags & ~(u32)INTERRUPT_LOW) |
			        ((o->flags & MADT_LOW) == MADT_LOW ? (u32)INTERRUPT_LOW : 0);
		if (o->flags & MADT_LEVEL)
			flags = (flags & ~(u32)INTERRUPT_LEVEL) |
			        ((o->flags & MADT_LEVEL) == MADT_LEVEL ? (u32)INTERRUPT_LEVEL : 0);
		break;
	}
	return flags;
}

static unsigned vector_find_free(void)
{
	for (unsigned vector = VECTOR_FIRST; vector <= VECTOR_LAST; vector++)
		if (irqs[vector].kind == IRQ_FREE)
			return vector;
	return 0;
}

static bool line_in_use(u32 ioapic, u32 pin)
{
	for (unsigned vector = VECTOR_FIRST; vector <= VECTOR_LAST; vector++)
		if (irqs[vector].kind == IRQ_LINE && irqs[vector].ioapic == ioapic &&
		    irqs[vector].pin == pin)
			return true;
	return false;
}

unsigned arch_irq_open(u32 number, u32 flags)
{
	unsigned vector = vector_find_free();
	u32 ioapic;

	flags = isa_route(&number, flags);
	for (ioapic = 0; ioapic < ioapic_count; ioapic++)
		if (number >= ioapics[ioapic].gsi &&
		    number - ioapics[ioapic].gsi < ioapics[ioapic].count)
			break;
	if (vector == 0 || ioapic == ioapic_count ||
	    line_in_use(ioapic, number - ioapics[ioapic].gsi))
		return 0;
	struct irq *irq = &irqs[vector];
	irq->kind = IRQ_LINE;
	irq->ioapic = (u8)ioapic;
	irq->pin = (u16)(number - ioapics[ioapic].gsi);
	irq->entry = vector | (flags & INTERRUPT_LEVEL ? (u32)ENTRY_LEVEL : 0) |
	             (flags & INTERRUPT_LOW ? (u32)ENTRY_LOW_ACTIVE : 0);
	line_write(irq, ENTRY_MASKED);
	ioapic_lock();
	ioapic_write(ioapic, IOAPIC_TABLE + 2u * irq->pin + 1, cpus[0]->arch.apic_id << 24);
	ioapic_unlock();
	return vector;
}

unsigned arch_irq_open_message(u64 *address_data)
{
	unsigned vector = vector_find_free();

	if (vector == 0)
		return 0;
	irqs[vector].kind = IRQ_MESSAGE;
	*address_data =
	        MESSAGE_ADDRESS | (u64)(cpus[0]->arch.apic_id & 0xff) << 12 | (u64)vector << 32;
	return vector;
}

void arch_irq_close(unsigned vector)
{
	arch_irq_mask(vector);
	irqs[vector].kind = IRQ_FREE;
}

void arch_irq_mask(unsigned vector)
{
	if (irqs[vector].kind == IRQ_LINE)
		line_write(&irqs[vector], ENTRY_MASKED);
}

void arch_irq_unmask(unsigned vector)
{
	if (irqs[vector].kind == IRQ_LINE)
		line_write(&irqs[vector], 0);
}

/* A level stays until its device is served, so the line is masked; an edge would be lost while it
 * is masked, and does not repeat by itself. */
void irq_acknowledge(unsigned vector)
{
	const struct irq *irq = &irqs[vector];

	if (irq->kind == IRQ_LINE && irq->entry & ENTRY_LEVEL)
		line_write(irq, ENTRY_MASKED);
	apic_end_of_interrupt();
}
