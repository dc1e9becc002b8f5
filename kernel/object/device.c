/* SPDX-License-Identifier: MIT */
#include "object/device.h"

#include "boot/boot_info.h"
#include "object/bank.h"
#include "object/event.h"
#include "object/segment.h"
#include "object/task.h"

static struct interrupt *interrupts[ARCH_VECTORS]; /* by vector */

struct interrupt root_interrupt = {
	.object = { .serial = UINT64_MAX - 1, .refs = 1, .kind = KIND_INTERRUPT },
};
struct device_range root_io_ports = {
	.object = { .serial = UINT64_MAX - 2, .refs = 1, .kind = KIND_IO_PORTS },
	.end = 0x10000,
};
struct device_range root_physical = {
	.object = { .serial = UINT64_MAX - 3, .refs = 1, .kind = KIND_PHYSICAL },
	.end = 1ull << 52,
};

/* Memory that is somebody's: what the kernel manages or occupies. */
static struct boot_range ram[BOOT_RANGES_MAX];
static u32 ram_count;

void device_init(const struct boot_info *info)
{
	ram_count = info->ram_count;
	for (u32 i = 0; i < ram_count; i++)
		ram[i] = info->ram[i];
}

static bool range_is_device(paddr_t start, paddr_t end)
{
	for (u32 i = 0; i < ram_count; i++) {
		if (start < ram[i].end && ram[i].start < end)
			return false;
	}
	return true;
}

/* A new object of `kind`, and its slot. */
static err_t device_new(cap_t bank_cap, enum kind kind, void **object,
                        struct slot_reservation *slot)
{
	struct bank *bank = CAP_FIND(bank_cap, BANK, bank, RIGHT_USE);
	if (!bank)
		return E_CAP;
	*object = object_take(bank, kind);
	if (!*object)
		return E_FUNDS;
	err_t error = cap_reserve(current_task(), slot);
	if (error)
		object_give(object_header(*object, kind));
	return error;
}

/* --- interrupts --- */

void interrupt_deliver(unsigned vector)
{
	struct interrupt *interrupt = interrupts[vector];
	struct object *event = interrupt ? weak_get(&interrupt->event) : NULL;
	if (event)
		event_raise(container_of(event, struct event, object), interrupt->bits);
}

void interrupt_destroy(struct interrupt *interrupt)
{
	arch_irq_close(interrupt->vector);
	interrupts[interrupt->vector] = NULL;
	object_give(&interrupt->object);
}

static err_t interrupt_new(cap_t bank, cap_t root, u32 number, u32 flags, bool message, cap_t *out)
{
	struct interrupt *interrupt;
	struct slot_reservation slot;
	if (CAP_FIND(root, INTERRUPT, interrupt, RIGHT_CONTROL) != &root_interrupt)
		return E_CAP;
	if (flags & ~(u32)(INTERRUPT_LEVEL | INTERRUPT_LOW))
		return E_RANGE;
	err_t error = device_new(bank, KIND_INTERRUPT, (void **)&interrupt, &slot);
	if (error)
		return error;
	u64 address_data = 0;
	unsigned vector =
	        message ? arch_irq_open_message(&address_data) : arch_irq_open(number, flags);
	if (!vector) {
		cap_cancel(&slot);
		object_give(&interrupt->object);
		return E_BUSY;
	}

	COMMIT();
	interrupt->vector = vector;
	interrupt->message = address_data;
	interrupts[vector] = interrupt;
	*out = cap_fill(&slot, &interrupt->object, RIGHT_ALL & ~RIGHT_DMA);
	return OK;
}

err_t sys_interrupt_create(cap_t bank, cap_t root, u32 number, u32 flags, cap_t *out)
{
	return interrupt_new(bank, root, number, flags, false, out);
}

err_t sys_interrupt_create_message(cap_t bank, cap_t root, cap_t *out)
{
	return interrupt_new(bank, root, 0, 0, true, out);
}

err_t sys_interrupt_message(cap_t cap, u64 *address_data)
{
	const struct interrupt *interrupt = CAP_FIND(cap, INTERRUPT, interrupt, RIGHT_USE);
	if (!interrupt)
		return E_CAP;
	if (!interrupt->message)
		return E_RANGE;
	*address_data = interrupt->message;
	return OK;
}

err_t sys_interrupt_bind(cap_t cap, cap_t event_cap, u64 bits)
{
	struct interrupt *interrupt = CAP_FIND(cap, INTERRUPT, interrupt, RIGHT_USE);
	struct event *event = CAP_FIND(event_cap, EVENT, event, RIGHT_USE);
	if (!interrupt || !event)
		return E_CAP;
	if (!interrupt->vector)
		return E_RANGE;

	COMMIT();
	weak_set(&interrupt->event, &event->object);
	interrupt->bits = bits;
	if (!interrupt->message)
		arch_irq_unmask(interrupt->vector);
	return OK;
}

err_t sys_interrupt_ack(cap_t cap)
{
	const struct interrupt *interrupt = CAP_FIND(cap, INTERRUPT, interrupt, RIGHT_USE);
	if (!interrupt)
		return E_CAP;
	if (!interrupt->vector)
		return E_RANGE;
	if (!interrupt->message)
		arch_irq_unmask(interrupt->vector);
	return OK;
}

/* --- ranges --- */

/* A part of a range. `rights` of the new capability. */
static err_t range_new(cap_t bank, enum kind kind, const struct device_range *from, u64 start,
                       u64 size, u32 rights, cap_t *out)
{
	struct device_range *range;
	struct slot_reservation slot;
	if (!from)
		return E_CAP;
	if (start < from->start || !range_fits(start, size, from->end))
		return E_RANGE;
	err_t error = device_new(bank, kind, (void **)&range, &slot);
	if (error)
		return error;

	COMMIT();
	range->start = start;
	range->end = start + size;
	*out = cap_fill(&slot, &range->object, rights);
	return OK;
}

err_t sys_io_ports_create(cap_t bank, cap_t ports, u32 first, u32 count, cap_t *out)
{
	return range_new(bank, KIND_IO_PORTS,
	                 CAP_FIND(ports, IO_PORTS, device_range, RIGHT_CONTROL), first, count,
	                 RIGHT_ALL & ~RIGHT_DMA, out);
}

err_t sys_physical_create(cap_t bank, cap_t physical, u64 base, u64 size, u32 rights, cap_t *out)
{
	if ((base | size) & PAGE_MASK)
		return E_RANGE;
	return range_new(bank, KIND_PHYSICAL,
	                 CAP_FIND(physical, PHYSICAL, device_range, RIGHT_CONTROL), base, size,
	                 rights & cap_rights(current_task(), physical) & RIGHT_ALL, out);
}

static err_t io_check(cap_t cap, u32 port, u32 width)
{
	const struct device_range *ports = CAP_FIND(cap, IO_PORTS, device_range, RIGHT_USE);
	if (!ports)
		return E_CAP;
	if ((width != 1 && width != 2 && width != 4) || port < ports->start ||
	    !range_fits(port, width, ports->end))
		return E_RANGE;
	return OK;
}

err_t sys_io_read(cap_t cap, u32 port, u32 width, u64 *value)
{
	err_t error = io_check(cap, port, width);
	if (!error)
		*value = arch_io_read(port, width);
	return error;
}

err_t sys_io_write(cap_t cap, u32 port, u32 width, u32 value)
{
	err_t error = io_check(cap, port, width);
	if (!error)
		arch_io_write(port, width, value);
	return error;
}

err_t sys_segment_physical(cap_t bank_cap, cap_t cap, u64 offset, u64 size, cap_t *out)
{
	struct bank *bank = CAP_FIND(bank_cap, BANK, bank, RIGHT_USE);
	const struct device_range *physical = CAP_FIND(cap, PHYSICAL, device_range, RIGHT_USE);
	if (!bank || !physical)
		return E_CAP;
	if ((offset | size) & PAGE_MASK || size == 0 ||
	    !range_fits(offset, size, physical->end - physical->start))
		return E_RANGE;
	paddr_t base = physical->start + offset;
	if (!range_is_device(base, base + size))
		return E_RANGE;
	struct segment *segment = segment_new_physical(bank, base, size / PAGE_SIZE);
	if (!segment)
		return E_FUNDS;
	return cap_publish(&segment->object, RIGHT_ALL & ~(RIGHT_DMA | RIGHT_EXEC), out);
}
