/* SPDX-License-Identifier: MIT */
/* The kernel's calls: the only list of them there is (but for the message calls, see message.h).
 *
 * A call is `syscall` with eax = CALL_FIRST + number, arguments in rdi rsi rdx r10 r8 r9; it
 * returns the error in rax and its one result in rdx; rcx and r11 are destroyed. Every call either
 * succeeds or changes nothing; "bank pays" says from which account memory is taken (E_FUNDS if that
 * cannot pay), and a new capability's table slot is paid for by the bank of the task that gets it.
 * Calls do not block unless they say so. E_CAP: no such capability, wrong kind, or missing right;
 * E_RANGE: a number is out of range; not repeated below. Sizes and offsets of memory are bytes and
 * multiples of PAGE_SIZE. */
#pragma once

#include "abi/types.h"

#define SYSCALL(number)

/* Kinds of object, as cap_info tells them. */
enum kind {
	KIND_NONE,
	KIND_BANK,
	KIND_SEGMENT,
	KIND_TASK,
	KIND_THREAD,
	KIND_PORT,
	KIND_GATE,
	KIND_REPLY,
	KIND_EVENT,
	KIND_INTERRUPT,
	KIND_IO_PORTS,
	KIND_PHYSICAL,
	KIND_SCHEDULE,
	KIND_MACHINE, /* kernel log, clock setting, reset: one, given to sigma0 */
	KIND_COUNT
};

/* What a capability allows. Copies may drop rights, never add any. */
enum right {
	RIGHT_READ = 1,  /* segment: map readable; other objects: read figures */
	RIGHT_WRITE = 2, /* segment: map writable */
	RIGHT_EXEC = 4,  /* segment: map executable */
	RIGHT_USE = 8,   /* bank: charge; gate: call; event: signal; schedule: run on; port: bind,
	                  * create gates;   physical, ports, interrupt, machine: use */
	RIGHT_WAIT = 16, /* event: wait; port: receive */
	RIGHT_CONTROL = 32, /* destroy, limit, divide, re-bind, change from outside */
	RIGHT_COPY = 64,    /* may be copied; without it, it can only be moved (CAP_MOVE) */
	RIGHT_DMA = 128,    /* physical: learn physical addresses of segments */
	RIGHT_ALL = 255,
	CAP_STAYS = 256, /* not a right: task_clone leaves this slot out */
};

/* --- capabilities --- */

/* Give up the capability. The object goes when its last capability goes, except what is still in
 * use: a mapped segment, a running thread, an event that is bound. */
SYSCALL(1) err_t cap_close(cap_t cap);

/* Copy `cap` (needs RIGHT_COPY) into `task`'s table (0: the caller's own; else needs CONTROL), with
 * at most `rights`, at `slot` (0: any free one; an occupied slot is closed first; below 2^17). */
SYSCALL(2) err_t cap_copy(cap_t task, cap_t cap, u32 rights, u32 slot, cap_t *copy);

/* Destroy the object now (needs CONTROL): every capability for it becomes invalid, whoever waits
 * for it wakes with E_DEAD. A bank takes everything charged to it and its child banks along. OK if
 * it is destroyed already. May take long; it is preemptible. */
SYSCALL(3) err_t cap_destroy(cap_t cap);

/* kind | rights << 8 of what is in the slot; E_CAP if nothing is, or what was is destroyed. */
SYSCALL(4) err_t cap_info(cap_t cap, u64 *info);

/* OK if both capabilities are for the same object, whatever their rights; E_XDEV if not. How a
 * server recognises a client's event that it has been given before. */
SYSCALL(5) err_t cap_same(cap_t a, cap_t b);

/* --- banks; figures are pages --- */

/* A child of `parent` (needs USE; pays for the object) that may be charged up to `limit` pages, of
 * which `reserve` are taken from the parent now and held for the child alone. */
SYSCALL(10) err_t bank_create(cap_t parent, u64 limit, u64 reserve, cap_t *bank);

/* Change limit and reserve (needs CONTROL). E_BUSY: more is charged already. */
SYSCALL(11) err_t bank_set(cap_t bank, u64 limit, u64 reserve);

enum bank_figure {
	BANK_LIMIT,
	BANK_CHARGED, /* pages charged here and below, reserves of children included */
	BANK_RESERVE,
	BANK_RESERVE_USED,
	BANK_OWN,       /* pages charged to this very bank */
	BANK_AVAILABLE, /* what a charge could get now, looking upwards too */
	BANK_OBJECTS,   /* pages holding kernel objects of this bank */
	BANK_TABLES,    /* capability-table and page-table pages */
	BANK_NODES,     /* segment nodes */
	BANK_PROMISED,  /* pages promised to committed segments */
};
/* Needs READ. */
SYSCALL(12) err_t bank_read(cap_t bank, u32 figure, u64 *value);

/* Signal `bits` of `event` when less than `low` pages are available to `bank`; once, then set
 * again. Event 0: never. */
SYSCALL(13) err_t bank_watermark(cap_t bank, u64 low, cap_t event, u64 bits);

/* --- segments --- */

enum segment_flag {
	SEGMENT_COMMITTED =
	        1, /* all pages are charged now, so that touching one later never fails for want of
	            * funds; otherwise each page is charged when it is touched first */
};

/* An anonymous segment of `size` bytes (up to 2^47), zero-filled on touch; `bank` pays. */
SYSCALL(20) err_t segment_create(cap_t bank, u64 size, u32 flags, cap_t *segment);

/* A private copy (copy-on-write) of [offset, offset + size) of `segment` (needs READ). Anonymous
 * source: its pages are shared now. Source with a keeper: pages come from the source as they are
 * touched, and follow its changes until this copy writes to them. Flags as segment_create.
 * Preemptible. */
SYSCALL(21)
err_t segment_clone(cap_t bank, cap_t segment, u64 offset, u64 size, u32 flags, cap_t *clone);

/* A segment of the physical range's bytes [offset, offset + size): device memory, uncached. */
SYSCALL(22)
err_t segment_physical(cap_t bank, cap_t physical, u64 offset, u64 size, cap_t *segment);

/* An anonymous, committed, resident segment of physically contiguous frames for DMA (`dma`: a
 * physical range with RIGHT_DMA), at most 2 MiB. E_AGAIN: no such run of frames is free. */
SYSCALL(23) err_t segment_contiguous(cap_t bank, cap_t dma, u64 size, cap_t *segment);

/* Physical address of the page at `offset`, which is made resident (the segment's bank pays;
 * E_AGAIN: a keeper has it) and pinned until the segment goes (never moved or evicted). */
SYSCALL(24) err_t segment_address(cap_t segment, cap_t dma, u64 offset, u64 *address);

/* Make the holder of `port` (needs USE; 0: nobody any more) the keeper of `segment` (needs
 * CONTROL): touching an empty or evicted page sends RECEIVE_PAGE_IN with `label` to the port, and
 * waits until the page is moved in or segment_fail says why not. */
SYSCALL(25) err_t segment_keeper(cap_t segment, cap_t port, u64 label);

/* Move the frames of [from_offset, from_offset + size) (needs WRITE) to `to` (needs WRITE) at
 * to_offset, at most 64 pages a call. Empty source pages leave the target as it is. `to`'s bank
 * pays for what it has not promised; `from`'s gets its pages back. Whoever waits for these pages is
 * woken. E_BUSY: a frame is shared or pinned, or the target slot is resident. The result is the
 * bytes that were moved. */
SYSCALL(26)
err_t segment_move(cap_t from, u64 from_offset, cap_t to, u64 to_offset, u64 size, u64 *moved);

enum flush_flag {
	FLUSH_UNMAP =
	        0, /* take the pages out of every address space: the next touch faults again */
	FLUSH_DISCARD = 1, /* and drop them: they are empty again, their charge is given back */
	FLUSH_READONLY = 2 /* only take write access away (for writing back dirty pages) */
};
/* Preemptible. Needs CONTROL. */
SYSCALL(27) err_t segment_flush(cap_t segment, u64 offset, u64 size, u32 flags);

/* Give the frame at `offset` back and remember `token` (below 2^61) in its place (needs CONTROL).
 * E_AGAIN: not resident. */
SYSCALL(28) err_t segment_evict(cap_t segment, u64 offset, u64 token);

/* Two bits a page for the 32 pages from `offset`: bit 2i referenced, bit 2i+1 dirty; read and
 * cleared (needs CONTROL). */
SYSCALL(29) err_t segment_survey(cap_t segment, u64 offset, u64 *bits);

/* Change the size (needs CONTROL); pages beyond a smaller size are dropped and unmapped (E_BUSY:
 * one of them is pinned). Not for clones. Preemptible. */
SYSCALL(30) err_t segment_resize(cap_t segment, u64 size);

/* Tell whoever waits for the page at `offset` that it cannot come: their fault is reported with
 * `error`. */
SYSCALL(31) err_t segment_fail(cap_t segment, u64 offset, u32 reason);

enum segment_figure {
	SEGMENT_SIZE,
	SEGMENT_RESIDENT,
	SEGMENT_MAPPINGS,
	SEGMENT_REFERENCES, /* capabilities, mappings and copies: 1 means that nobody but the caller
	                       can reach it */
};
SYSCALL(32) err_t segment_read(cap_t segment, u32 figure, u64 *value);

/* A revocable view of a range with at most `rights`: destroying it takes it out of every address
 * space. */
SYSCALL(33)
err_t segment_window(cap_t bank, cap_t segment, u64 offset, u64 size, u32 rights, cap_t *window);

/* Bit i of the result: page i of the 64 from `offset` is resident (needs READ). */
SYSCALL(34) err_t segment_resident(cap_t segment, u64 offset, u64 *bits);

/* --- tasks --- */

/* An empty task: no mappings, an empty table, charged to `bank`, which also pays for its tables and
 * page tables from now on. */
SYSCALL(40) err_t task_create(cap_t bank, cap_t *task);

/* A copy of `task` (needs CONTROL) that `bank` pays for: private regions cloned, shared ones
 * mapped, capabilities copied to the same slots (those marked CAP_STAYS left out), entries taken
 * over; no thread. Preemptible. */
SYSCALL(41) err_t task_clone(cap_t task, cap_t bank, cap_t *clone);

enum map_flag {
	MAP_SHARED = 8,   /* task_clone maps the same segment; otherwise it clones it */
	MAP_REPLACE = 16, /* unmap what is there first; otherwise E_EXISTS */
};
/* Map [offset, offset + size) of `segment` at `addr` of `task` (0: own) with `flags` = ACCESS_* |
 * map_flag; needs the rights on the segment. The task's bank pays for the region. The mapping keeps
 * the segment alive. */
SYSCALL(42) err_t task_map(cap_t task, cap_t segment, u64 offset, u64 addr, u64 size, u32 flags);

/* Unmap whatever lies in the range; a region that sticks out is cut (the task's bank pays if one is
 * cut in two). */
SYSCALL(43) err_t task_unmap(cap_t task, u64 addr, u64 size);

/* Change the access of all regions in the range, at most to what the segment's capability allowed
 * when it was mapped. E_FAULT: part of the range is not mapped. */
SYSCALL(44) err_t task_protect(cap_t task, u64 addr, u64 size, u32 access);

/* Where reflected system calls and upcalls enter (0: such a system call answers E_NOSYS, a fault
 * ends the task). */
SYSCALL(45) err_t task_entries(cap_t task, u64 syscall_entry, u64 upcall_entry);

/* Stop all threads from outside (they finish no instruction more in user mode; a wait in the kernel
 * stays one) / let them go on. */
SYSCALL(46) err_t task_suspend(cap_t task);
SYSCALL(47) err_t task_resume(cap_t task);

/* Make the task empty again: all threads end, all regions are unmapped; the capability table stays.
 * Not on the own task. Preemptible. */
SYSCALL(48) err_t task_reset(cap_t task);

enum watch_bit_shift { WATCH_DEAD = 0, WATCH_FAULT = 1 };
/* Signal `bits` of `event` when the task dies (is destroyed, or its last thread ends), `bits` << 1
 * when it stops at a fault that nobody handles (task_read tells which). One watcher; event 0
 * removes it. Needs CONTROL. */
SYSCALL(49) err_t task_watch(cap_t task, cap_t event, u64 bits);

/* Move the regions in [from, from + size) to `to`; nothing may be mapped there. */
SYSCALL(50) err_t task_move(cap_t task, u64 from, u64 size, u64 to);

enum task_figure {
	TASK_FAULT_KIND, /* upcall_kind of the fault it stopped at, 0 if none */
	TASK_FAULT_CODE,
	TASK_FAULT_ADDRESS,
	TASK_FAULT_IP,
	TASK_FAULT_SP,
	TASK_THREADS,
	TASK_TIME_NS,  /* processor time used by its threads, ended ones included */
	TASK_RESIDENT, /* pages in its page tables */
	TASK_CAPS,     /* capabilities in its table */
};
SYSCALL(51) err_t task_read(cap_t task, u32 figure, u64 *value);

/* A capability (READ|WRITE|EXEC as the region allows, COPY) for the segment mapped at `addr` of
 * `task` (needs CONTROL). */
SYSCALL(52) err_t task_segment(cap_t task, u64 addr, cap_t *segment);

/* Copy `size` bytes (at most 4096) from own memory at `from` into `task` (needs CONTROL) at `to`,
 * as if it wrote there itself, access rights of the region aside; E_TOUCH: a page is neither
 * resident nor zero-fill. For loaders and debuggers. */
SYSCALL(53) err_t task_write(cap_t task, u64 to, u64 from, u64 size);
/* Likewise from `task` at `from` into own memory at `to`. */
SYSCALL(54) err_t task_fetch(cap_t task, u64 from, u64 to, u64 size);

/* Close all slots of `task` (needs CONTROL) from 16 up but those in the sorted array of `count`
 * cap_t's in own memory at `list`. */
SYSCALL(55) err_t task_caps_keep(cap_t task, u64 list, u64 count);

/* As task_clone, but regions that begin below `end` are mapped, not cloned: the copy works on the
 * same memory there (vfork). */
SYSCALL(56) err_t task_clone_sharing(cap_t task, cap_t bank, u64 end, cap_t *clone);

/* A copy of what is in slot `cap` of `task` (needs CONTROL), with the rights it has there; it must
 * have RIGHT_COPY (E_CAP). For debuggers: who controls a task can make it give the capability away
 * anyway. */
SYSCALL(57) err_t task_cap(cap_t task, cap_t cap, cap_t *copy);

/* --- threads --- */

/* A stopped thread in `task` (needs CONTROL) on `schedule`; `bank` pays. `control`: address of its
 * struct thread_control (0: none, then its faults end the task and it cannot be interrupted),
 * 8-byte aligned. */
SYSCALL(60) err_t thread_create(cap_t task, cap_t bank, cap_t schedule, u64 control, cap_t *thread);

/* Let a stopped or new thread run at `ip` with stack `sp` and `argument` in rdi; other registers
 * are zero, gs_base and fs_base as given. */
SYSCALL(61)
err_t thread_start(cap_t thread, u64 ip, u64 sp, u64 argument, u64 fs_base, u64 gs_base);

/* Ask for an upcall UPCALL_INTERRUPT (now or when unmasked), and cancel the thread's interruptible
 * call or wait. */
SYSCALL(62) err_t thread_interrupt(cap_t thread);

/* End the calling thread. If `clear` is not 0, then, once it runs no more, the u32 there is set to
 * 0 and one futex waiter on it is woken. */
SYSCALL(63) err_t thread_exit(u64 clear);

/* Continue with the registers in the control block's `saved`, masked = 0. Returns only if there is
 * no control block, E_FAULT. If `pending` is set (by thread_interrupt meanwhile), an upcall follows
 * at once. */
SYSCALL(64) err_t upcall_return(void);

/* Let others of the same priority run first. */
SYSCALL(65) err_t thread_yield(void);

enum thread_figure { THREAD_TIME_NS, THREAD_STATE, THREAD_IP, THREAD_CPU };
enum { THREAD_STATE_RUNNABLE = 1 }; /* THREAD_STATE of one that runs or could; others wait */
SYSCALL(66) err_t thread_read(cap_t thread, u32 figure, u64 *value);

/* Run only on the processors whose bits are set (64 at most); E_RANGE: none of them exists. */
SYSCALL(67) err_t thread_affinity(cap_t thread, u64 cpus);

/* --- ports, gates, replies (messages: message.h) --- */

SYSCALL(70) err_t port_create(cap_t bank, cap_t *port);

/* A gate to `port` (needs USE) with `label`. `payer` is a bank, or a reply object the caller owns:
 * then the bank of the task that waits behind it pays. The port's bank pays for the note of it
 * (NO_CLIENTS comes when the last copy is gone). */
SYSCALL(71) err_t gate_create(cap_t port, cap_t payer, u64 label, cap_t *gate);

/* Lead the gate (needs CONTROL) to another port; calls that wait at the old port and are not yet
 * received go along. */
SYSCALL(72) err_t gate_bind(cap_t gate, cap_t port, u64 label);

/* A reply object in the pool of `port`: receive takes a free one for each call it delivers; with
 * none free, calls wait. */
SYSCALL(73) err_t reply_create(cap_t bank, cap_t port, cap_t *reply);

/* Copy from the caller's lent `in` / into its `out`, between `offset` and own memory at `addr`. The
 * result is the bytes copied. E_TOUCH: less than all, a page was not at hand (answer E_TOUCH, the
 * caller touches its pages and calls again). E_RANGE: beyond the lent buffer. E_DEAD: the caller
 * has left. */
SYSCALL(74) err_t lend_read(cap_t reply, u64 offset, u64 addr, u64 size, u64 *done);
SYSCALL(75) err_t lend_write(cap_t reply, u64 offset, u64 addr, u64 size, u64 *done);

/* The label of `gate`, if it leads to `port` (needs WAIT on the port); E_XDEV if it leads
 * elsewhere. How a server recognises its own. */
SYSCALL(76) err_t gate_identify(cap_t port, cap_t gate, u64 *label);

/* --- events --- */

SYSCALL(80) err_t event_create(cap_t bank, cap_t *event);
SYSCALL(81) err_t event_signal(cap_t event, u64 bits);

/* Wait until one of `mask`'s bits is signalled; the result is those bits, which are cleared.
 * Blocks; E_TIMEOUT, E_INTR (thread_interrupt). */
SYSCALL(82) err_t event_wait(cap_t event, u64 mask, u64 deadline, u64 *bits);

/* Deliver the event's bits as RECEIVE_EVENT with `label` at `port` (needs RIGHT_WAIT on it; 0: no
 * more). */
SYSCALL(83) err_t event_bind(cap_t event, cap_t port, u64 label);

/* Signal `bits` at `deadline` (DEADLINE_NEVER: cancel); one timer an event. */
SYSCALL(84) err_t event_timer(cap_t event, u64 bits, u64 deadline);

/* --- futexes: on u32s of own memory; shared mappings of one segment meet --- */

/* Wait if *addr == expected, until a wake whose bitset meets ours. E_AGAIN: another value. Blocks;
 * E_TIMEOUT, E_INTR. */
SYSCALL(90) err_t futex_wait(u64 addr, u32 expected, u32 bitset, u64 deadline);
SYSCALL(91) err_t futex_wake(u64 addr, u32 count, u32 bitset, u64 *woken);
/* If check is true, *addr must be `expected` (high half of `expected_check` nonzero: check). Wakes
 * up to `wake`, moves up to `move` waiters to `target`; the result is woken + moved. */
SYSCALL(92)
err_t futex_requeue(u64 addr, u32 wake, u64 target, u32 move, u64 expected_check, u64 *count);

/* --- devices --- */

enum interrupt_flag { INTERRUPT_LEVEL = 1, INTERRUPT_LOW = 2 };
/* From the root interrupt capability (needs CONTROL): global system interrupt `number`. */
SYSCALL(110)
err_t interrupt_create(cap_t bank, cap_t interrupts, u32 number, u32 flags, cap_t *interrupt);
/* A message-signalled interrupt; interrupt_message tells what the device is to write: address |
 * data << 32. */
SYSCALL(111) err_t interrupt_create_message(cap_t bank, cap_t interrupts, cap_t *interrupt);
SYSCALL(112) err_t interrupt_message(cap_t interrupt, u64 *address_data);
/* Signal `bits` of `event` at each interrupt; a line interrupt is masked then, until interrupt_ack.
 * Unmasks it now. */
SYSCALL(113) err_t interrupt_bind(cap_t interrupt, cap_t event, u64 bits);
SYSCALL(114) err_t interrupt_ack(cap_t interrupt);

/* Ports [first, first + count) of an I/O port range (needs CONTROL). */
SYSCALL(120) err_t io_ports_create(cap_t bank, cap_t ports, u32 first, u32 count, cap_t *range);
/* `width` is 1, 2 or 4 bytes; `port` is the absolute number. */
SYSCALL(121) err_t io_read(cap_t ports, u32 port, u32 width, u64 *value);
SYSCALL(122) err_t io_write(cap_t ports, u32 port, u32 width, u32 value);

/* [base, base + size) of a physical range (absolute address; needs CONTROL); `rights` may drop
 * RIGHT_DMA. */
SYSCALL(130)
err_t physical_create(cap_t bank, cap_t physical, u64 base, u64 size, u32 rights, cap_t *range);

/* --- schedules --- */

enum { PRIORITY_MAX = 31 };
/* A schedule with `priority` (0 least), at most the parent's. */
SYSCALL(140) err_t schedule_create(cap_t bank, cap_t schedule, u32 priority, cap_t *child);

/* --- the machine --- */

/* Append up to 40 bytes (5 words, zero bytes skipped) to the kernel log and the console. */
SYSCALL(150) err_t machine_log(cap_t machine, u64 a, u64 b, u64 c, u64 d, u64 e);
/* Set real time: nanoseconds since 1970 now. */
SYSCALL(151) err_t machine_set_time(cap_t machine, u64 realtime_ns);
/* Reset the processors (triple fault): the last resort of reboot. Does not return. */
SYSCALL(152) err_t machine_reset(cap_t machine);
enum machine_figure {
	MACHINE_CPUS,
	MACHINE_PAGES_FREE, /* frames on the kernel's free list */
	MACHINE_PAGES_TOTAL,
	MACHINE_KERNEL_PAGES, /* image and boot structures */
	MACHINE_IDLE_NS,      /* idle time, all processors */
	MACHINE_RSDP,         /* physical address of ACPI's root pointer */
	MACHINE_BOOT_NS, /* monotonic time at kernel entry is 0; this is the time sigma0 started */
	MACHINE_LOG_SEQUENCE, /* bytes ever logged */
};
SYSCALL(153) err_t machine_read(cap_t machine, u32 figure, u64 *value);
/* Copy kernel log bytes from `sequence` on to `addr`, at most `size`; the result is the number
 * copied. */
SYSCALL(154) err_t machine_log_read(cap_t machine, u64 sequence, u64 addr, u64 size, u64 *copied);
/* Stop the kernel's own output on the serial port: a driver takes it over (log goes on in memory).
 */
SYSCALL(155) err_t machine_console_off(cap_t machine);

/* Does nothing: what a kernel call costs. */
SYSCALL(160) err_t null_call(void);
/* Own task, for programs that lost theirs; figures of the caller. */
SYSCALL(161) err_t thread_self_time(u64 *ns);

/* --- the capabilities that sigma0 finds in its table --- */
enum sigma0_cap {
	SIGMA0_TASK = 1,
	SIGMA0_BANK,     /* root bank: all of the machine's memory */
	SIGMA0_SCHEDULE, /* root schedule, priority PRIORITY_MAX */
	SIGMA0_THREAD,
	SIGMA0_CLOCK,      /* segment: the clock page, read */
	SIGMA0_BUNDLE,     /* segment: the boot bundle, read, execute */
	SIGMA0_INTERRUPTS, /* all interrupts */
	SIGMA0_IO_PORTS,   /* all I/O ports */
	SIGMA0_PHYSICAL,   /* all physical memory that is not RAM, with RIGHT_DMA */
	SIGMA0_MACHINE,
	SIGMA0_COMMAND_LINE, /* segment, one page: the kernel command line, zero-terminated */
};
