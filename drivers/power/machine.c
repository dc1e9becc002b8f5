/* SPDX-License-Identifier: MIT */
#include "machine.h"
#include "abi/thread.h"
#include "lib/driver.h"
#include "lib/mmio.h"

enum pm1_control { /* 4.8.3.2.1 */
	           PM1_SCI_ENABLED = 1 << 0,
	           PM1_TYPE_SHIFT = 10,
	           PM1_TYPE_MASK = 7 << 10,
	           PM1_SLEEP = 1 << 13,
};
enum { PORT_RESET = 0xcf9, RESET_HARD = 2, RESET_NOW = 4 };
#define ENABLE_NS 3000000000ull /* for firmware to hand over */
#define END_NS    2000000000ull /* for a command to take effect */

/* --- reading tables --- */

struct physical_source {
	struct acpi_source source;
	cap_t physical;
};

/* The pages around [addr, addr + size), mapped. */
static u8 *physical_map(cap_t physical, paddr_t addr, u32 size, u32 access)
{
	paddr_t base = page_round_down(addr);
	cap_t segment;

	if (!range_fits(addr, size, 1ull << 52))
		return NULL;
	u64 whole = page_round_up(addr + size) - base;
	if (segment_physical(RT_BANK, physical, base, whole, &segment))
		return NULL;
	u8 *ptr = rt_map(segment, 0, whole, access);
	(void)cap_close(segment); /* the mapping keeps it */
	return ptr ? ptr + (addr - base) : NULL;
}

static void physical_unmap(const u8 *ptr, u32 size)
{
	u64 start = page_round_down((u64)ptr);

	rt_unmap((void *)start, page_round_up((u64)ptr + size) - start);
}

static const u8 *table_map(struct acpi_source *source, paddr_t addr, u32 size)
{
	return physical_map(container_of(source, struct physical_source, source)->physical, addr,
	                    size, ACCESS_READ);
}

static void table_unmap(struct acpi_source *source, const u8 *ptr, u32 size)
{
	(void)source;
	physical_unmap(ptr, size);
}

void machine_open(struct machine *machine)
{
	struct physical_source source = { .source = { .map = table_map, .unmap = table_unmap },
		                          .physical = machine->physical };
	u64 rsdp = 0;
	err_t error = machine_read(machine->machine, MACHINE_RSDP, &rsdp);

	if (!error)
		error = acpi_read(&source.source, rsdp, &machine->power);
	if (error)
		rt_log("ACPI tables: %s", rt_error_text(error));
	else if (!machine->power.can_off)
		rt_log("ACPI tables do not say how to switch off");
}

/* --- ending --- */

/* Take the power management registers over from firmware. */
static err_t control_take(const struct machine *machine)
{
	const struct acpi_power *power = &machine->power;
	u64 deadline = rt_now() + ENABLE_NS, value = 0;
	err_t error = io_read(machine->ports, power->control_a, 2, &value);

	if (error || value & PM1_SCI_ENABLED || !power->smi_command || !power->smi_enable)
		return error;
	error = io_write(machine->ports, power->smi_command, 1, power->smi_enable);
	while (!error && !(value & PM1_SCI_ENABLED)) {
		if (rt_now() > deadline)
			return E_TIMEOUT;
		rt_sleep_until(rt_now() + DRIVER_POLL_NS);
		error = io_read(machine->ports, power->control_a, 2, &value);
	}
	return error;
}

static err_t control_sleep(const struct machine *machine, u32 port, u32 type)
{
	u64 value;
	err_t error = io_read(machine->ports, port, 2, &value);

	if (error)
		return error;
	u32 next = ((u32)value & ~(u32)(PM1_TYPE_MASK | PM1_SLEEP)) | type << PM1_TYPE_SHIFT;
	error = io_write(machine->ports, port, 2, next);
	return error ? error : io_write(machine->ports, port, 2, next | PM1_SLEEP);
}

err_t machine_off(struct machine *machine)
{
	const struct acpi_power *power = &machine->power;

	if (!power->can_off)
		return E_NOTSUP;
	err_t error = control_take(machine);
	if (error)
		rt_log("firmware does not hand over: %s",
		       rt_error_text(error)); /* it may work all the same */
	error = control_sleep(machine, power->control_a, power->type_a);
	if (!error && power->control_b)
		error = control_sleep(machine, power->control_b, power->type_b);
	if (error)
		return error;
	rt_sleep_until(rt_now() + END_NS);
	return E_IO;
}

static void reset_register(const struct machine *machine)
{
	const struct acpi_power *power = &machine->power;

	if (power->reset_space == ACPI_IO) {
		if (power->reset_addr <= UINT16_MAX)
			(void)io_write(machine->ports, (u32)power->reset_addr, 1,
			               power->reset_value);
		return;
	}
	u8 *target =
	        physical_map(machine->physical, power->reset_addr, 1, ACCESS_READ | ACCESS_WRITE);
	if (target)
		mmio_write8(target, power->reset_value);
}

_Noreturn void machine_reboot(struct machine *machine)
{
	if (machine->power.can_reset) {
		reset_register(machine);
		rt_sleep_until(rt_now() + END_NS);
	}
	/* The chip sets' reset control register. */
	(void)io_write(machine->ports, PORT_RESET, 1, RESET_HARD);
	(void)io_write(machine->ports, PORT_RESET, 1, RESET_HARD | RESET_NOW);
	rt_sleep_until(rt_now() + END_NS);
	(void)machine_reset(machine->machine);
	driver_fail("the machine does not reset");
}
