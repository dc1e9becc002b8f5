/* SPDX-License-Identifier: MIT */
/* The calls on the machine as a whole, and on nothing in particular. */
#include "boot/main.h"
#include "debug/log.h"
#include "mm/frame.h"
#include "object/device.h"
#include "object/task.h"
#include "sched/cpu.h"

struct machine root_machine = {
	.object = { .serial = UINT64_MAX - 5, .refs = 1, .kind = KIND_MACHINE },
};

static bool machine_usable(cap_t cap) { return CAP_FIND(cap, MACHINE, machine, RIGHT_USE) != NULL; }

err_t sys_machine_log(cap_t cap, u64 a, u64 b, u64 c, u64 d, u64 e)
{
	u64 words[] = { a, b, c, d, e };
	char text[sizeof(words)];
	size_t size = 0;
	if (!machine_usable(cap))
		return E_CAP;
	for (unsigned i = 0; i < sizeof(words); i++) {
		char byte = (char)(words[i / 8] >> (i % 8 * 8));
		if (byte)
			text[size++] = byte;
	}
	log_put(text, size);
	return OK;
}

err_t sys_machine_set_time(cap_t cap, u64 realtime_ns)
{
	if (!machine_usable(cap))
		return E_CAP;
	boot_set_realtime(realtime_ns);
	return OK;
}

err_t sys_machine_reset(cap_t cap)
{
	if (!CAP_FIND(cap, MACHINE, machine, RIGHT_CONTROL))
		return E_CAP;
	arch_reset();
}

static u64 machine_idle(void)
{
	u64 idle = 0;
	for (u32 i = 0; i < cpu_count; i++)
		idle += cpus[i] ? cpus[i]->idle_ticks : 0;
	return arch_ticks_ns(idle);
}

err_t sys_machine_read(cap_t cap, u32 figure, u64 *value)
{
	if (!CAP_FIND(cap, MACHINE, machine, RIGHT_READ))
		return E_CAP;
	switch (figure) {
	case MACHINE_CPUS:
		*value = cpu_count;
		return OK;
	case MACHINE_PAGES_FREE:
		*value = frames_free;
		return OK;
	case MACHINE_PAGES_TOTAL:
		*value = frames_total;
		return OK;
	case MACHINE_KERNEL_PAGES:
		*value = boot_kernel_pages;
		return OK;
	case MACHINE_IDLE_NS:
		*value = machine_idle();
		return OK;
	case MACHINE_RSDP:
		*value = boot_rsdp;
		return OK;
	case MACHINE_BOOT_NS:
		*value = boot_sigma0_ns;
		return OK;
	case MACHINE_LOG_SEQUENCE:
		*value = log_sequence();
		return OK;
	default:
		return E_RANGE;
	}
}

err_t sys_machine_log_read(cap_t cap, u64 sequence, u64 addr, u64 size, u64 *copied)
{
	if (!CAP_FIND(cap, MACHINE, machine, RIGHT_READ))
		return E_CAP;
	if (!range_fits(addr, size, USER_END))
		return E_RANGE;
	const char *text = log_at(&sequence, &size);
	err_t error = task_copy_out(current_task(), addr, text, size);
	if (!error)
		*copied = size;
	return error;
}

err_t sys_machine_console_off(cap_t cap)
{
	if (!machine_usable(cap))
		return E_CAP;
	log_console_off();
	return OK;
}

err_t sys_null_call(void) { return OK; }
