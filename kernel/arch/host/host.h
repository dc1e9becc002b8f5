/* SPDX-License-Identifier: MIT */
/* A machine made of nothing, to run the generic kernel on Linux: what tests of the kernel are
 * linked against, and the example of a port.
 *
 * Everything happens in one host thread. The test is all of user mode: it chooses a CPU (host_cpu),
 * acts as the kernel thread that is current there, and enters the kernel by the functions below,
 * which return when the kernel has gone back to user mode or to sleep on that CPU. Time stands
 * still until the test moves it; interrupts between CPUs wait until host_settle. Page tables are
 * real ones, in the pages that the kernel pays for; CPUs remember translations, so that a forgotten
 * arch_flush is seen (host_check_translations). */
#pragma once

#include "kernel.h"

enum { HOST_CPUS = 16, HOST_BUNDLE_PAGES = 2 };
/* Where the simulated bundle puts the first task. */
enum { HOST_SIGMA0_TEXT = 0x400000, HOST_SIGMA0_DATA = 0x401000 };

extern u32 host_cpu; /* the CPU that the test acts on */
extern u64 host_now;
/* How far it goes at each reading. */
extern u64 host_clock_step;
/* Called, if set, after each time the kernel has been left: where invariants are checked. */
extern void (*host_left)(void);
/* Called, if set, at each pause of a CPU in the middle of something long: may act on others. */
extern void (*host_paused)(void);

/* Boot the kernel with `pages` pages of memory (frame table included) and `count` CPUs. Once a
 * process. */
void host_boot(u64 pages, u32 count);

/* The thread that runs on host_cpu, or NULL. */
struct thread *host_thread(void);

/* Enter the kernel on host_cpu. Where a thread is needed, one must run there. */
void host_syscall(void);
void host_page_fault(vaddr_t addr, u32 access);
void host_exception(unsigned vector, u64 code);
void host_interrupt(unsigned vector);
/* Deliver kicks and timers that are due, on all CPUs, until nothing is left to deliver. */
void host_settle(void);

/* Memory as user mode sees it on host_cpu; page faults are taken. False: the thread does not run
 * any more, or was sent elsewhere. */
bool host_read(vaddr_t from, void *to, size_t size);
bool host_write(vaddr_t to, const void *from, size_t size);
/* One access; the host's address of it, or NULL. */
void *host_touch(vaddr_t addr, u32 access);

/* The translation a CPU remembers must be one that its page table still allows: aborts the test
 * otherwise. */
void host_check_translations(void);
/* Visit all pages mapped in a space, and count its tables (the root included). */
u64 host_space_walk(const struct arch_space *space,
                    void (*visit)(void *cookie, vaddr_t addr, paddr_t page, u32 access),
                    void *cookie);
extern u64 host_flushes;

/* Devices. */
extern u8 host_ports[65536];
unsigned host_irqs_open(void);
bool host_irq_masked(unsigned vector);
extern char host_console[65536];
extern size_t host_console_size;
