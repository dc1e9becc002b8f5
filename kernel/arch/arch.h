/* SPDX-License-Identifier: MIT */
/* Everything that generic code asks of a machine. Implemented by arch/x86_64 and, for tests, by
 * arch/host; the build puts the right folder's arch_types.h (struct arch_thread, struct arch_space,
 * struct arch_cpu) on the include path.
 *
 * The kernel runs with interrupts disabled, on one stack per CPU that starts afresh at each entry:
 * a thread that waits is data in its struct thread. Entries call trap.h's functions, which do not
 * return but end in arch_resume or arch_idle. All of these functions expect the kernel lock to be
 * held unless they say otherwise. */
#pragma once

#include "abi/syscalls.h"
#include "abi/thread.h"
#include "abi/types.h"
#include "arch_types.h"

struct cpu;
struct thread;
struct task;

/* --- memory --- */

/* All physical memory is mapped, writable and not executable. */
static inline void *arch_ptr(paddr_t addr);
static inline paddr_t arch_paddr(const void *ptr);

/* Physical address of something in the kernel's image. */
paddr_t arch_image_paddr(const void *ptr);

/* Copy or set words of 8 bytes, in the machine's fastest way for many. */
void arch_words_copy(void *to, const void *from, u64 count);
void arch_words_set(void *to, u64 word, u64 count);
static inline void arch_page_clear(void *page) { arch_words_set(page, 0, PAGE_SIZE / 8); }
static inline void arch_page_copy(void *to, const void *from)
{
	arch_words_copy(to, from, PAGE_SIZE / 8);
}

/* --- address spaces: struct arch_space is a cache of the task's regions --- */

enum { ARCH_TABLES_MAX = 3 };     /* table pages that mapping one page can need */
enum { ARCH_UNCACHED = 1u << 8 }; /* or'ed to enum access: device memory */
enum { ARCH_REFERENCED = 1, ARCH_DIRTY = 2 };

/* `root` is a zeroed page that now belongs to the space. */
void arch_space_init(struct arch_space *space, paddr_t root);
/* Table pages (0 .. ARCH_TABLES_MAX) that are missing for a page at `addr`. */
unsigned arch_map_needs(const struct arch_space *space, vaddr_t addr);
/* Map one page, replacing what was there (the caller flushes if that can matter); `tables` are
 * arch_map_needs zeroed pages. */
void arch_map(struct arch_space *space, vaddr_t addr, paddr_t page, u32 access,
              const paddr_t *tables);
/* Unmap `count` pages; the ARCH_REFERENCED | ARCH_DIRTY of all of them. Follow with arch_flush.
 * Skips absent tables quickly. */
u32 arch_unmap(struct arch_space *space, vaddr_t addr, u64 count);
/* The size of the aligned piece of the space around `addr` that has no table for pages, and so none
 * mapped; 0: there is one. */
u64 arch_hole(const struct arch_space *space, vaddr_t addr);
/* Take write access away from `count` pages. Follow with arch_flush. */
void arch_write_protect(struct arch_space *space, vaddr_t addr, u64 count);
/* Read and clear the referenced and dirty bits of a page. */
u32 arch_survey(struct arch_space *space, vaddr_t addr);
/* The page that user mode reaches at `addr` with `access` without a fault (sets the dirty bit for
 * writing); false if none. */
bool arch_translate(struct arch_space *space, vaddr_t addr, u32 access, paddr_t *page);
/* Make all CPUs forget translations of the range. Returns when they have. */
void arch_flush(struct arch_space *space, vaddr_t addr, u64 count);
/* Take one page-table page out of a space that no thread runs in and that has no mappings left
 * (leaves first, the root last); 0 when none is left. */
paddr_t arch_space_take_table(struct arch_space *space);
/* No CPU may use the space any more (switch them to the kernel's own). */
void arch_space_leave(struct arch_space *space);

/* --- threads --- */

/* Bytes of struct thread's trailing floating-point state, which is 64-byte aligned. */
size_t arch_fpu_size(void);
/* Fill in registers so that arch_resume enters user mode at `ip`. */
void arch_thread_init(struct thread *thread);
void arch_thread_set(struct thread *thread, vaddr_t ip, vaddr_t sp, u64 argument, u64 fs_base,
                     u64 gs_base);
/* The thread stops being current on this CPU: save what is in the processor only (floating point,
 * bases). */
void arch_thread_save(struct thread *thread);
/* The thread's floating-point state starts afresh (new program). */
void arch_fpu_reset(struct thread *thread);
/* User registers <-> struct thread_regs of the control block. Loading makes flags and addresses
 * safe. The thread has been saved (arch_thread_save) or is current on this CPU. */
void arch_regs_store(struct thread *thread, struct thread_regs *regs);
void arch_regs_load(struct thread *thread, const struct thread_regs *regs);
/* Go to user mode in `thread`, which is this CPU's current one: switch space if need be, release
 * the kernel lock. */
_Noreturn void arch_resume(struct thread *thread);
/* arch_thread_save `from`, which entered the kernel on this CPU by a call, copy its message words
 * to `to`, and arch_resume that. */
_Noreturn void arch_switch_message(struct thread *from, struct thread *to);
/* Nothing to run: release the kernel lock, wait for interrupts, call sched_run with the lock held
 * after each. */
_Noreturn void arch_idle(void);
/* In the middle of something long: release the kernel lock, let this CPU's interrupts and other
 * CPUs have a turn, and call sched_run with the lock held. */
_Noreturn void arch_pause(void);

/* Access to a thread's saved registers by their role in kernel calls and messages (message.h). */
static inline u64 arch_call_number(const struct thread *thread); /* rax */
static inline u64 arch_call_argument(const struct thread *thread,
                                     unsigned i); /* rdi rsi rdx r10 r8 r9 */
static inline void arch_call_result(struct thread *thread, err_t error, u64 result); /* rax, rdx */
static inline u64 *
arch_regs(struct thread *thread); /* indexed by enum arch_reg: all of the message's */
/* Make the thread issue its present kernel call again when it next runs. */
void arch_call_restart(struct thread *thread);
static inline vaddr_t arch_ip(const struct thread *thread);
void arch_set_ip(struct thread *thread, vaddr_t ip);
vaddr_t arch_sp(const struct thread *thread);

/* --- CPUs, locks, time --- */

static inline struct cpu *arch_cpu(void); /* this one's */
/* Start all other CPUs that the firmware lists; each calls kernel_cpu_main. Fills cpus[]
 * (sched/cpu.h) and cpu_count. */
void arch_start_cpus(void);
/* Make `cpu` enter the kernel soon. */
void arch_kick(struct cpu *cpu);
/* While waiting for a lock: be polite and serve other CPUs' arch_flush. No lock needed. */
void arch_relax(void);
u64 arch_now(void); /* monotonic ns since kernel entry; no lock needed */
/* Processor time is booked in the units of a counter that costs little to read. */
static inline u64 arch_ticks(void);
u64 arch_ticks_ns(u64 ticks); /* how long so many are */
/* Interrupt this CPU at `deadline` (ns; DEADLINE_NEVER: not at all) and call trap_timer. */
void arch_timer_set(u64 deadline);
void arch_clock_page_init(void *page); /* fill struct clock_page */

/* --- interrupts and ports --- */

/* Route global interrupt `number`, masked; its vector, or 0. */
unsigned arch_irq_open(u32 number, u32 flags);
/* A vector for a message-signalled interrupt, with what the device must write; 0 if none is left.
 */
unsigned arch_irq_open_message(u64 *address_data);
void arch_irq_close(unsigned vector);
void arch_irq_mask(unsigned vector);
void arch_irq_unmask(unsigned vector);
enum { ARCH_VECTORS = 256 };

u32 arch_io_read(u32 port, u32 width);
void arch_io_write(u32 port, u32 width, u32 value);

/* --- the end --- */

void arch_console_write(const char *text, size_t size); /* polled serial port; no lock needed */
void arch_console_off(void);
_Noreturn void arch_reset(void);
/* Stop all CPUs for good, print registers of `thread` (may be null) and a symbolised back-trace. */
_Noreturn void arch_panic_stop(const struct thread *thread);

#include "arch_inline.h"
