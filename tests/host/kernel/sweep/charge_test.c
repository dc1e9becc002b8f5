/* SPDX-License-Identifier: MIT */
/* I:charge-first: each call that stores anything is run with 0, 1, 2, ... pages to be had until it
 * succeeds, and each failure leaves the kernel's whole state as it was. */
#include "boot/syscall.h"
#include "object/bank.h"
#include "scene.h"
#include "sched/run.h"
#include "state.h"

enum { SWEEP_MAX = 200 };

static struct scene s;
static cap_t made;
static u64 value;

struct charged {
	const char *name;
	err_t (*call)(void);
};

static bool sweep(const struct charged *charged, u64 *needed)
{
	u64 limit = root_bank->limit;
	bool good = true;
	err_t error = E_FUNDS;

	for (*needed = 0; good && error; ++*needed) {
		root_bank->limit = root_bank->charged + *needed;
		struct state *before = state_take();
		error = charged->call();
		if (error) {
			struct state *after = state_take();
			good = error == E_FUNDS && state_same(before, after) && *needed < SWEEP_MAX;
			state_free(after);
		}
		state_free(before);
	}
	root_bank->limit = limit;
	--*needed;
	if (!good)
		printf("# %s with %lu pages: error %u\n", charged->name, *needed, error);
	return good;
}

/* --- the calls --- */

#define CALL_OF(name, expression)                                                                  \
	static err_t do_##name(void) { return expression; }

CALL_OF(cap_copy, cap_copy(0, s.event, RIGHT_ALL, 0, &made))
CALL_OF(cap_copy_far, cap_copy(0, s.event, RIGHT_ALL, 100000, &made))
CALL_OF(cap_copy_other, cap_copy(s.task, s.event, RIGHT_ALL, 5000, &made))
CALL_OF(bank_create, bank_create(s.bank, 50, 0, &made))
CALL_OF(bank_create_reserve, bank_create(s.bank, 50, 20, &made))
CALL_OF(bank_set, bank_set(s.bank, 100, 30))
CALL_OF(segment_create, segment_create(s.bank, 3 * PAGE_SIZE, 0, &made))
CALL_OF(segment_create_committed, segment_create(s.bank, 30 * PAGE_SIZE, SEGMENT_COMMITTED, &made))
CALL_OF(segment_clone, segment_clone(s.bank, s.small, 0, 8 * PAGE_SIZE, 0, &made))
CALL_OF(segment_clone_large,
        segment_clone(s.bank, s.large, 0, SCENE_LARGE *(u64)PAGE_SIZE, 0, &made))
CALL_OF(segment_clone_committed,
        segment_clone(s.bank, s.small, 0, 8 * PAGE_SIZE, SEGMENT_COMMITTED, &made))
CALL_OF(segment_clone_kept, segment_clone(s.bank, s.kept, 0, 16 * PAGE_SIZE, 0, &made))
CALL_OF(segment_physical, segment_physical(s.bank, s.physical, 0, PAGE_SIZE, &made))
CALL_OF(segment_contiguous, segment_contiguous(s.bank, SIGMA0_PHYSICAL, 6 * PAGE_SIZE, &made))
CALL_OF(segment_address, segment_address(s.large, SIGMA0_PHYSICAL, 1500 * PAGE_SIZE, &value))
CALL_OF(segment_move, segment_move(s.small, 0, s.large, 1500 * PAGE_SIZE, PAGE_SIZE, &value))
CALL_OF(segment_resize, segment_resize(s.large, 1ull << 40))
CALL_OF(segment_window, segment_window(s.bank, s.large, 0, 10 * PAGE_SIZE, RIGHT_READ, &made))
CALL_OF(task_create, task_create(s.bank, &made))
CALL_OF(task_clone, task_clone(s.task, s.bank, &made))
CALL_OF(task_map, task_map(s.task, s.other, 0, SCENE_HOLE, PAGE_SIZE, ACCESS_READ))
CALL_OF(task_map_replace, task_map(s.task, s.other, 0, SCENE_MAPPED + 2 * PAGE_SIZE, PAGE_SIZE,
                                   ACCESS_READ | MAP_REPLACE))
CALL_OF(task_unmap, task_unmap(s.task, SCENE_MAPPED + 2 * PAGE_SIZE, PAGE_SIZE))
CALL_OF(task_protect, task_protect(s.task, SCENE_MAPPED + 2 * PAGE_SIZE, PAGE_SIZE, ACCESS_READ))
CALL_OF(task_move, task_move(s.task, SCENE_MAPPED + 2 * PAGE_SIZE, PAGE_SIZE, SCENE_HOLE))
CALL_OF(task_segment, task_segment(s.task, SCENE_MAPPED, &made))
CALL_OF(task_cap, task_cap(s.task, 700, &made))
CALL_OF(task_write, task_write(s.task, SCENE_MAPPED + 5 * PAGE_SIZE, SCENE_MAPPED, 100))
CALL_OF(task_write_large, task_write(s.task, 0x80000000 + 100 * PAGE_SIZE, SCENE_MAPPED, 100))
CALL_OF(task_fetch, task_fetch(s.task, SCENE_MAPPED, SCENE_BUFFER, 100))
CALL_OF(thread_create, thread_create(s.task, s.bank, SIGMA0_SCHEDULE, 0, &made))
CALL_OF(thread_create_control,
        thread_create(s.task, s.bank, SIGMA0_SCHEDULE, SCENE_MAPPED + 5 * PAGE_SIZE, &made))
CALL_OF(port_create, port_create(s.bank, &made))
CALL_OF(gate_create, gate_create(s.port, s.bank, 1, &made))
CALL_OF(gate_bind, gate_bind(s.gate, s.port, 2))
CALL_OF(reply_create, reply_create(s.bank, s.port, &made))
CALL_OF(event_create, event_create(s.bank, &made))
CALL_OF(interrupt_create, interrupt_create(s.bank, SIGMA0_INTERRUPTS, 7, 0, &made))
CALL_OF(interrupt_create_message, interrupt_create_message(s.bank, SIGMA0_INTERRUPTS, &made))
CALL_OF(io_ports_create, io_ports_create(s.bank, SIGMA0_IO_PORTS, 1, 1, &made))
CALL_OF(physical_create, physical_create(s.bank, SIGMA0_PHYSICAL, 0, 0, RIGHT_DMA, &made))
CALL_OF(schedule_create, schedule_create(s.bank, SIGMA0_SCHEDULE, 1, &made))
CALL_OF(futex_wake, futex_wake(SCENE_BUFFER, 1, 1, &value))
CALL_OF(futex_wait, futex_wait(SCENE_BUFFER + PAGE_SIZE, 0, 1, 0) == E_TIMEOUT ? OK : E_FUNDS)
CALL_OF(machine_log_read, machine_log_read(SIGMA0_MACHINE, 0, SCENE_BUFFER, 100, &value))
CALL_OF(cap_close, cap_close(s.event))
CALL_OF(cap_destroy, cap_destroy(s.task))
CALL_OF(cap_info, cap_info(s.event, &value))
CALL_OF(cap_same, cap_same(s.event, s.event))
CALL_OF(bank_read, bank_read(s.bank, BANK_AVAILABLE, &value))
CALL_OF(bank_watermark, bank_watermark(s.bank, 5, s.event, 1))
CALL_OF(segment_keeper, segment_keeper(s.other, s.port, 1))
CALL_OF(segment_flush, segment_flush(s.small, 0, 8 * PAGE_SIZE, FLUSH_DISCARD))
CALL_OF(segment_evict, segment_evict(s.large, 511 * PAGE_SIZE, 7))
CALL_OF(segment_survey, segment_survey(s.small, 0, &value))
CALL_OF(segment_fail, segment_fail(s.kept, 0, E_IO))
CALL_OF(segment_read, segment_read(s.small, SEGMENT_RESIDENT, &value))
CALL_OF(segment_resident, segment_resident(s.small, 0, &value))
CALL_OF(task_clone_sharing, task_clone_sharing(s.task, s.bank, 0x80000000, &made))
CALL_OF(task_entries, task_entries(s.task, 0x5000, 0x6000))
CALL_OF(task_suspend, task_suspend(s.task))
CALL_OF(task_resume, task_resume(s.suspended))
CALL_OF(task_reset, task_reset(s.task))
CALL_OF(task_watch, task_watch(s.task, s.event, 1))
CALL_OF(task_read, task_read(s.task, TASK_RESIDENT, &value))
CALL_OF(task_caps_keep, task_caps_keep(s.task, SCENE_LIST, SCENE_LIST_COUNT))
CALL_OF(thread_start, thread_start(s.thread, 0x1000, 0x2000, 0, 0, 0))
CALL_OF(thread_interrupt, thread_interrupt(s.thread))
CALL_OF(thread_exit, thread_exit(SCENE_BUFFER) == BLOCKED ? OK : E_FUNDS)
CALL_OF(upcall_return, upcall_return() == E_FAULT ? OK : E_FUNDS) /* sigma0 has no control block */
CALL_OF(thread_yield, thread_yield())
CALL_OF(thread_read, thread_read(s.thread, THREAD_STATE, &value))
CALL_OF(thread_affinity, thread_affinity(s.thread, 1))
CALL_OF(lend_read, lend_read(s.taken, 0, SCENE_BUFFER, 100, &value) ? E_FUNDS : OK)
CALL_OF(lend_write, lend_write(s.taken, 0, SCENE_MAPPED, 100, &value) ? E_FUNDS : OK)
CALL_OF(gate_identify, gate_identify(s.port, s.gate, &value))
CALL_OF(event_signal, event_signal(s.event, 1))
CALL_OF(event_wait, event_wait(s.event, 1, 0, &value) == E_TIMEOUT ? OK : E_FUNDS)
CALL_OF(event_bind, event_bind(s.event, s.port, 1))
CALL_OF(event_timer, event_timer(s.event, 1, 1000000))
CALL_OF(futex_requeue, futex_requeue(SCENE_BUFFER, 1, SCENE_MAPPED, 1, 0, &value))
CALL_OF(interrupt_message, interrupt_message(s.message, &value))
CALL_OF(interrupt_bind, interrupt_bind(s.interrupt, s.event, 1))
CALL_OF(interrupt_ack, interrupt_ack(s.interrupt))
CALL_OF(io_read, io_read(s.ports, 0x100, 1, &value))
CALL_OF(io_write, io_write(s.ports, 0x100, 1, 0))
CALL_OF(machine_log, machine_log(SIGMA0_MACHINE, 0, 0, 0, 0, 0))
CALL_OF(machine_set_time, machine_set_time(SIGMA0_MACHINE, 1000))
CALL_OF(machine_read, machine_read(SIGMA0_MACHINE, MACHINE_CPUS, &value))
CALL_OF(machine_console_off, machine_console_off(SIGMA0_MACHINE))
CALL_OF(null_call, null_call())
CALL_OF(thread_self_time, thread_self_time(&value))

#define CHARGED(name)                                                                              \
	{                                                                                          \
#name, do_##name                                                                   \
	}
static const struct charged every_call[] = {
	CHARGED(cap_copy),
	CHARGED(cap_copy_far),
	CHARGED(cap_copy_other),
	CHARGED(bank_create),
	CHARGED(bank_create_reserve),
	CHARGED(bank_set),
	CHARGED(segment_create),
	CHARGED(segment_create_committed),
	CHARGED(segment_clone),
	CHARGED(segment_clone_large),
	CHARGED(segment_clone_committed),
	CHARGED(segment_clone_kept),
	CHARGED(segment_physical),
	CHARGED(segment_contiguous),
	CHARGED(segment_address),
	CHARGED(segment_move),
	CHARGED(segment_resize),
	CHARGED(segment_window),
	CHARGED(task_create),
	CHARGED(task_clone),
	CHARGED(task_map),
	CHARGED(task_map_replace),
	CHARGED(task_unmap),
	CHARGED(task_protect),
	CHARGED(task_move),
	CHARGED(task_segment),
	CHARGED(task_cap),
	CHARGED(task_write),
	CHARGED(task_write_large),
	CHARGED(task_fetch),
	CHARGED(thread_create),
	CHARGED(thread_create_control),
	CHARGED(port_create),
	CHARGED(gate_create),
	CHARGED(gate_bind),
	CHARGED(reply_create),
	CHARGED(event_create),
	CHARGED(interrupt_create),
	CHARGED(interrupt_create_message),
	CHARGED(io_ports_create),
	CHARGED(physical_create),
	CHARGED(schedule_create),
	CHARGED(futex_wake),
	CHARGED(futex_wait),
	CHARGED(machine_log_read),
	CHARGED(cap_close),
	CHARGED(cap_destroy),
	CHARGED(cap_info),
	CHARGED(cap_same),
	CHARGED(bank_read),
	CHARGED(bank_watermark),
	CHARGED(segment_keeper),
	CHARGED(segment_flush),
	CHARGED(segment_evict),
	CHARGED(segment_survey),
	CHARGED(segment_fail),
	CHARGED(segment_read),
	CHARGED(segment_resident),
	CHARGED(task_clone_sharing),
	CHARGED(task_entries),
	CHARGED(task_suspend),
	CHARGED(task_resume),
	CHARGED(task_reset),
	CHARGED(task_watch),
	CHARGED(task_read),
	CHARGED(task_caps_keep),
	CHARGED(thread_start),
	CHARGED(thread_interrupt),
	CHARGED(thread_exit),
	CHARGED(upcall_return),
	CHARGED(thread_yield),
	CHARGED(thread_read),
	CHARGED(thread_affinity),
	CHARGED(lend_read),
	CHARGED(lend_write),
	CHARGED(gate_identify),
	CHARGED(event_signal),
	CHARGED(event_wait),
	CHARGED(event_bind),
	CHARGED(event_timer),
	CHARGED(futex_requeue),
	CHARGED(interrupt_message),
	CHARGED(interrupt_bind),
	CHARGED(interrupt_ack),
	CHARGED(io_read),
	CHARGED(io_write),
	CHARGED(machine_log),
	CHARGED(machine_set_time),
	CHARGED(machine_read),
	CHARGED(machine_console_off),
	CHARGED(null_call),
	CHARGED(thread_self_time),
};

/* Each in a process of its own, since success changes the world. */
static bool sweep_apart(const struct charged *charged, void (*prepare)(void))
{
	int status = 1;
	pid_t child = fork();

	if (child == 0) {
		u64 needed;
		if (setjmp(test_end))
			exit(1);
		if (prepare)
			prepare();
		bool good = sweep(charged, &needed);
		if (good && getenv("VERBOSE"))
			printf("# %s: %lu pages\n", charged->name, needed);
		exit(!good);
	}
	bool good = child > 0 && waitpid(child, &status, 0) == child && status == 0;
	if (!good)
		printf("# %s failed\n", charged->name);
	return good;
}

static void sweep_all(void (*prepare)(void))
{
	u32 failed = 0;

	world_make(600, 2);
	s = scene_make();
	sched_budget = 1; /* each call pauses as often as it can */
	for (u32 i = 0; i < COUNT_OF(every_call); i++)
		failed += !sweep_apart(&every_call[i], prepare);
	CHECK_EQ(failed, 0);
}

/* Those it cannot be tried with: the machine stops. */
static bool swept(const char *name)
{
	for (u32 i = 0; i < COUNT_OF(every_call); i++)
		if (strcmp(every_call[i].name, name) == 0)
			return true;
	return strcmp(name, "machine_reset") == 0;
}

TEST(every_kernel_call_is_swept)
{
	u32 missing = 0;

	for (u32 i = 0; i < syscall_count; i++) {
		if (!syscalls[i].call || swept(syscalls[i].name))
			continue;
		printf("# %s is not\n", syscalls[i].name);
		missing++;
	}
	CHECK_EQ(missing, 0);
}

TEST(a_call_that_cannot_be_paid_changes_nothing) { sweep_all(NULL); }
TEST(a_call_whose_slot_cannot_be_paid_changes_nothing) { sweep_all(scene_fill_table); }
