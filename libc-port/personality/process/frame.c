/* SPDX-License-Identifier: MIT */
/* Signal frames, as Linux lays them out on x86_64 (asm/sigcontext.h, asm/ucontext.h): unwinders
 * and libcs know them.
 *
 * high   [red zone] [XSAVE area, magic2] [siginfo] [ucontext] [restorer's address]   low: rsp */
#include "core/call.h"
#include "core/text.h"
#include "core/user.h"
#include "process/process.h"
#include "process/signal.h"

enum {
	RED_ZONE = 128,
	FX_SIZE = 512,
	XSAVE_HEADER = 64,
	FX_SOFTWARE = 464,
	FX_MXCSR = 24,
	FX_CONTROL_DEFAULT = 0x37f,
	MXCSR_DEFAULT = 0x1f80,
	MXCSR_MASK = 0xffff,
	USER_CS = 0x33,
	USER_SS = 0x2b
};
#define FP_MAGIC1 0x46505853u
#define FP_MAGIC2 0x46505845u
/* Flags that a program may set: CF PF AF ZF SF TF DF OF RF AC. */
#define RFLAGS_USER  0x50dd5ull
#define RFLAGS_FIXED 0x202ull
#define RFLAGS_CLEAR 0x10500ull /* RF, DF, TF: not for a handler */

struct frame {
	u64 restorer;
	struct linux_ucontext context;
	struct linux_siginfo info;
};
_Static_assert(sizeof(struct frame) == 440, "frame");

struct fpu_software {
	u32 magic1, extended_size;
	u64 features;
	u32 size, pad[7];
};

/* The processor's way to save its state; found out at the first signal. */
static struct {
	u64 mask;
	u32 size; /* 0: not known yet */
	bool extended;
} fpu;

static u8 fpu_initial[FX_SIZE + XSAVE_HEADER] __attribute__((aligned(64)));

u64 fpu_save(void *area, u64 mask, u64 extended);
u64 fpu_load(void *area, u64 mask, u64 extended);

static void fpu_find(void)
{
	u32 a = 1, b, c = 0, d, low, high;
	u16 control = FX_CONTROL_DEFAULT;
	u32 mxcsr = MXCSR_DEFAULT;

	memcpy(fpu_initial, &control, sizeof(control));
	memcpy(fpu_initial + FX_MXCSR, &mxcsr, sizeof(mxcsr));
	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	fpu.extended = c >> 27 & 1; /* OSXSAVE */
	if (fpu.extended) {
		__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
		fpu.mask = low | (u64)high << 32;
		a = 13;
		c = 0;
		__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	}
	fpu.size = fpu.extended ? b : FX_SIZE;
}

static bool frame_save_fpu(u64 area)
{
	struct fpu_software software = { .magic1 = FP_MAGIC1,
		                         .extended_size = fpu.size + 4,
		                         .features = fpu.mask,
		                         .size = fpu.size };
	u32 magic2 = FP_MAGIC2;

	if (!user_range(area, fpu.size + 4) ||
	    (fpu.extended && !user_zero(area + FX_SIZE, XSAVE_HEADER)) ||
	    fpu_save((void *)area, fpu.mask, fpu.extended))
		return false;
	if (fpu.extended && (!user_write(area + FX_SOFTWARE, &software, sizeof(software)) ||
	                     !user_write(area + fpu.size, &magic2, sizeof(magic2))))
		return false;
	return !fpu_load(fpu_initial, fpu.mask, fpu.extended);
}

/* What the program put there is not to be trusted: XRSTOR faults on bits it does not know. */
static bool frame_load_fpu(u64 area)
{
	struct fpu_software software;
	u64 header[8];
	u32 mxcsr;

	if (area % 16 || !user_read(&mxcsr, area + FX_MXCSR, sizeof(mxcsr)))
		return false;
	mxcsr &= MXCSR_MASK;
	if (!user_write(area + FX_MXCSR, &mxcsr, sizeof(mxcsr)))
		return false;
	if (!fpu.extended)
		return !fpu_load((void *)area, 0, false);
	if (!user_read(&software, area + FX_SOFTWARE, sizeof(software)))
		return false;
	if (software.magic1 != FP_MAGIC1 || area % 64)
		return !fpu_load((void *)area, 0, false);
	if (!user_read(header, area + FX_SIZE, sizeof(header)))
		return false;
	memset(header + 1, 0, sizeof(header) - sizeof(header[0]));
	header[0] &= fpu.mask;
	return user_write(area + FX_SIZE, header, sizeof(header)) &&
	       !fpu_load((void *)area, fpu.mask, true);
}

void signal_info_fill(struct linux_siginfo *out, i32 signal, const struct signal_info *info)
{
	*out = (struct linux_siginfo){ .signal = signal, .code = info->code };
	if (info->code > 0 && info->code != SI_KERNEL && signal != SIGCHLD) {
		out->address = info->value;
		return;
	}
	out->pid = (i32)info->pid;
	out->uid = info->uid;
	out->value = info->value;
}

static void context_save(struct linux_sigcontext *c, const struct thread_regs *r)
{
	*c = (struct linux_sigcontext){
		.r8 = r->r8,
		.r9 = r->r9,
		.r10 = r->r10,
		.r11 = r->r11,
		.r12 = r->r12,
		.r13 = r->r13,
		.r14 = r->r14,
		.r15 = r->r15,
		.rdi = r->rdi,
		.rsi = r->rsi,
		.rbp = r->rbp,
		.rbx = r->rbx,
		.rdx = r->rdx,
		.rax = r->rax,
		.rcx = r->rcx,
		.rsp = r->rsp,
		.rip = r->rip,
		.rflags = r->rflags,
		.cs = USER_CS,
		.ss = USER_SS,
	};
}

static void context_load(struct thread_regs *r, const struct linux_sigcontext *c)
{
	*r = (struct thread_regs){
		.r8 = c->r8,
		.r9 = c->r9,
		.r10 = c->r10,
		.r11 = c->r11,
		.r12 = c->r12,
		.r13 = c->r13,
		.r14 = c->r14,
		.r15 = c->r15,
		.rdi = c->rdi,
		.rsi = c->rsi,
		.rbp = c->rbp,
		.rbx = c->rbx,
		.rdx = c->rdx,
		.rax = c->rax,
		.rcx = c->rcx,
		.rsp = c->rsp,
		.rip = c->rip,
		.rflags = (c->rflags & RFLAGS_USER) | RFLAGS_FIXED,
	};
}

static bool on_alternate(const struct thread *thread, u64 sp)
{
	return thread->alternate.size && sp - thread->alternate.sp < thread->alternate.size;
}

bool frame_push(struct thread *thread, i32 signal, const struct signal_info *info,
                const struct linux_sigaction *action, u64 mask)
{
	struct thread_regs *user = &thread->user;
	u64 sp = user->rsp - RED_ZONE;
	struct frame frame = { .restorer = action->restorer };

	if (!fpu.size)
		fpu_find();
	if (action->flags & SA_ONSTACK && thread->alternate.size &&
	    !on_alternate(thread, user->rsp))
		sp = thread->alternate.sp + thread->alternate.size;
	u64 area = (sp - fpu.size - 4) & ~63ull;
	u64 at = ((area - sizeof(frame)) & ~15ull) - 8;

	if (!frame_save_fpu(area))
		return false;
	signal_info_fill(&frame.info, signal, info);
	frame.context.flags =
	        (fpu.extended ? UC_FP_XSTATE : 0) | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
	frame.context.stack = thread->alternate;
	frame.context.stack.flags = !thread->alternate.size           ? SS_DISABLE
	                            : on_alternate(thread, user->rsp) ? SS_ONSTACK
	                                                              : 0;
	context_save(&frame.context.registers, user);
	frame.context.registers.old_mask = mask;
	frame.context.registers.fpu = area;
	frame.context.registers.trap = thread->control.upcall_code;
	frame.context.registers.cr2 = thread->control.upcall_address;
	frame.context.mask = mask;
	if (!user_write(at, &frame, sizeof(frame)))
		return false;
	user->rip = action->handler;
	user->rsp = at;
	user->rax = 0;
	user->rdi = (u64)signal;
	user->rsi = at + offsetof(struct frame, info);
	user->rdx = at + offsetof(struct frame, context);
	user->rflags &= ~RFLAGS_CLEAR;
	return true;
}

bool frame_pop(struct thread *thread)
{
	struct frame frame;

	if (!user_read(&frame, thread->user.rsp - offsetof(struct frame, context), sizeof(frame)))
		return false;
	if (!fpu.size)
		fpu_find();
	if (frame.context.registers.fpu && !frame_load_fpu(frame.context.registers.fpu))
		return false;
	context_load(&thread->user, &frame.context.registers);
	if (!on_alternate(thread, thread->user.rsp))
		thread->alternate = frame.context.stack.flags & SS_DISABLE
		                            ? (struct linux_sigaltstack){ 0 }
		                            : frame.context.stack;
	signal_set_mask(thread, frame.context.mask);
	return true;
}
