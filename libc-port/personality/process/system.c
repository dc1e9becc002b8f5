/* SPDX-License-Identifier: MIT */
/* Limits, scheduling, and what is told about the system as a whole. */
#include "abi/clock.h"
#include "core/call.h"
#include "core/lock.h"
#include "core/text.h"
#include "core/user.h"
#include "memory/map.h"
#include "process/process.h"
#include "proto/power.h"

/* --- limits --- */

static err_t limit_get(u32 pid, u32 resource, struct process_limit *old)
{
	if (pid)
		return process_limit_get(PROCESS_PROCESS, pid, resource, &old->soft, &old->hard);
	*old = (struct process_limit){ process_page->limit[resource].soft,
		                       process_page->limit[resource].hard };
	return OK;
}

static err_t limit_set(u32 pid, u32 resource, const struct process_limit *new)
{
	err_t error = process_limit_set(PROCESS_PROCESS, pid, resource, new->soft, new->hard);

	if (!error && !pid && resource == RLIMIT_STACK)
		memory_limit_stack();
	return error;
}

static i64 limit_change(u32 pid, u32 resource, u64 new_address, u64 old_address)
{
	struct process_limit new, old;
	err_t error = OK;

	if (resource >= RLIMIT_COUNT)
		return -EINVAL;
	if (pid == process_page->pid)
		pid = 0;
	if (new_address && !user_read(&new, new_address, sizeof(new)))
		return -EFAULT;
	if (new_address && new.soft > new.hard)
		return -EINVAL;
	if (old_address)
		error = limit_get(pid, resource, &old);
	if (!error && new_address)
		error = limit_set(pid, resource, &new);
	if (error)
		return error_result(error);
	return !old_address || user_write(old_address, &old, sizeof(old)) ? 0 : -EFAULT;
}

i64 posix_prlimit64(const struct thread_regs *a)
{
	return limit_change((u32)a->rdi, (u32)a->rsi, a->rdx, a->r10);
}

i64 posix_getrlimit(const struct thread_regs *a)
{
	return a->rsi ? limit_change(0, (u32)a->rdi, 0, a->rsi) : -EFAULT;
}

i64 posix_setrlimit(const struct thread_regs *a)
{
	return a->rsi ? limit_change(0, (u32)a->rdi, a->rsi, 0) : -EFAULT;
}

/* --- scheduling: one class, one priority, for now --- */

static u32 cpu_count(void)
{
	return ((const volatile struct clock_page *)PERSONALITY_AT(AT_CLOCK))->cpus;
}

static bool own_pid(u64 pid)
{
	return !pid || (u32)pid == process_page->pid || thread_find((u32)pid);
}

/* Is there such a process? They are all scheduled alike. */
static i64 check_pid(u64 pid)
{
	if ((i32)pid < 0)
		return -EINVAL;
	return own_pid(pid) || process_kill(PROCESS_PROCESS, (i32)pid, 0) != E_SRCH ? 0 : -ESRCH;
}

static u64 all_processors(void)
{
	u32 count = cpu_count();

	return count >= 64 ? UINT64_MAX : (1ull << (count ? count : 1)) - 1;
}

/* The thread of ours with this number (0: the caller), or NULL. With process_lock held. */
static struct thread *own_thread(u64 pid) { return pid ? thread_find((u32)pid) : self(); }

i64 posix_sched_getaffinity(const struct thread_regs *a)
{
	u64 mask = all_processors();

	if (a->rsi < sizeof(mask) || a->rsi % sizeof(mask))
		return -EINVAL;
	lock_take(&process_lock);
	const struct thread *thread = own_thread(a->rdi);
	if (thread && thread->affinity)
		mask = thread->affinity;
	lock_give(&process_lock);
	if (!thread && check_pid(a->rdi))
		return -ESRCH;
	return user_write(a->rdx, &mask, sizeof(mask)) ? (i64)sizeof(mask) : -EFAULT;
}

i64 posix_sched_setaffinity(const struct thread_regs *a)
{
	err_t error = OK;
	u64 mask = 0;

	if (!user_read(&mask, a->rdx, a->rsi < sizeof(mask) ? a->rsi : sizeof(mask)))
		return -EFAULT;
	mask &= all_processors();
	if (!mask)
		return -EINVAL;
	lock_take(&process_lock);
	struct thread *thread = own_thread(a->rdi);
	if (thread && !(error = thread_affinity(thread->cap, mask)))
		thread->affinity = mask;
	lock_give(&process_lock);
	if (!thread)
		return check_pid(a->rdi) ? -ESRCH : -EPERM;
	return error_result(error);
}

i64 posix_getcpu(const struct thread_regs *a)
{
	u64 cpu = 0;
	u32 number, node = 0;
	err_t error = thread_read(self()->cap, THREAD_CPU, &cpu);

	number = (u32)cpu;
	if (error)
		return error_result(error);
	return (!a->rdi || user_write(a->rdi, &number, 4)) &&
	                       (!a->rsi || user_write(a->rsi, &node, 4))
	               ? 0
	               : -EFAULT;
}

enum { SCHED_OTHER = 0, SCHED_BATCH = 3, SCHED_IDLE = 5 };

i64 posix_sched_getscheduler(const struct thread_regs *a)
{
	i64 result = check_pid(a->rdi);

	return result ? result : SCHED_OTHER;
}

i64 posix_sched_setscheduler(const struct thread_regs *a)
{
	i32 priority;

	if (!user_read(&priority, a->rdx, sizeof(priority)))
		return -EFAULT;
	if (!own_pid(a->rdi))
		return -ESRCH;
	if (a->rsi != SCHED_OTHER && a->rsi != SCHED_BATCH && a->rsi != SCHED_IDLE)
		return a->rsi <= 6 ? -EPERM : -EINVAL;
	return priority ? -EINVAL : 0;
}

i64 posix_sched_getparam(const struct thread_regs *a)
{
	i32 priority = 0;

	if (!a->rsi)
		return -EINVAL;
	i64 result = check_pid(a->rdi);
	if (result)
		return result;
	return user_write(a->rsi, &priority, sizeof(priority)) ? 0 : -EFAULT;
}

static i64 check_policy(u32 policy, u32 priority)
{
	if (policy != SCHED_OTHER && policy != SCHED_BATCH && policy != SCHED_IDLE)
		return policy <= 6 && policy != 4 ? -EPERM : -EINVAL;
	return priority ? -EINVAL : 0;
}

i64 posix_sched_setparam(const struct thread_regs *a)
{
	i32 priority;

	if (!a->rsi)
		return -EINVAL;
	if (!user_read(&priority, a->rsi, sizeof(priority)))
		return -EFAULT;
	i64 result = check_pid(a->rdi);
	return result ? result : check_policy(SCHED_OTHER, (u32)priority);
}

struct sched_attr {
	u32 size, policy;
	u64 flags;
	i32 nice;
	u32 priority;
	u64 runtime, deadline, period;
	u32 util_min, util_max;
};
_Static_assert(sizeof(struct sched_attr) == 56, "sched_attr");
enum { SCHED_ATTR_FIRST_SIZE = 48 };

i64 posix_sched_getattr(const struct thread_regs *a)
{
	struct sched_attr attr = { .size = sizeof(attr), .policy = SCHED_OTHER };
	u32 size = (u32)a->rdx;

	if (!a->rsi || size < SCHED_ATTR_FIRST_SIZE || size > PAGE_SIZE || (u32)a->r10)
		return -EINVAL;
	i64 result = check_pid(a->rdi);
	if (result)
		return result;
	if (size < attr.size)
		attr.size = size;
	return user_write(a->rsi, &attr, attr.size) ? 0 : -EFAULT;
}

i64 posix_sched_setattr(const struct thread_regs *a)
{
	struct sched_attr attr = { 0 };
	u32 size, known = sizeof(attr);

	if (!a->rsi || (u32)a->rdx)
		return -EINVAL;
	if (!user_read(&size, a->rsi, sizeof(size)))
		return -EFAULT;
	size = size ? size : SCHED_ATTR_FIRST_SIZE;
	if (size < SCHED_ATTR_FIRST_SIZE || size > sizeof(attr))
		return user_write(a->rsi, &known, sizeof(known)) ? -E2BIG : -EFAULT;
	if (!user_read(&attr, a->rsi, size))
		return -EFAULT;
	i64 result = check_pid(a->rdi);
	return result ? result : check_policy(attr.policy, attr.priority);
}

i64 posix_sched_rr_get_interval(const struct thread_regs *a)
{
	const struct linux_timespec slice = { 0, 10000000 }; /* the kernel's, of all threads */
	i64 result = check_pid(a->rdi);

	return result || user_write(a->rsi, &slice, sizeof(slice)) ? result : -EFAULT;
}

/* --- priorities for disks: remembered --- */

enum { IOPRIO_CLASS_SHIFT = 13, IOPRIO_LEVELS = 8, IOPRIO_WHO_USER = 3 };
enum { IOPRIO_NONE, IOPRIO_RT, IOPRIO_BE, IOPRIO_IDLE };
static u32 ioprio;

i64 posix_ioprio_get(const struct thread_regs *a)
{
	if ((u32)a->rdi < 1 || (u32)a->rdi > IOPRIO_WHO_USER)
		return -EINVAL;
	i64 result = (u32)a->rdi == 1 ? check_pid(a->rsi) : 0;
	return result ? result : ioprio;
}

i64 posix_ioprio_set(const struct thread_regs *a)
{
	u32 value = (u32)a->rdx, class = value >> IOPRIO_CLASS_SHIFT;
	u32 level = value & ((1u << IOPRIO_CLASS_SHIFT) - 1);

	if (class > IOPRIO_IDLE || (class == IOPRIO_NONE && level) ||
	    ((class == IOPRIO_RT || class == IOPRIO_BE) && level >= IOPRIO_LEVELS))
		return -EINVAL;
	if (class == IOPRIO_RT && process_page->ids.euid)
		return -EPERM;
	if ((u32)a->rdi < 1 || (u32)a->rdi > IOPRIO_WHO_USER)
		return -EINVAL;
	i64 result = (u32)a->rdi == 1 ? check_pid(a->rsi) : 0;
	if (!result && (u32)a->rdi == 1 && own_pid(a->rsi))
		ioprio = value;
	return result;
}

i64 posix_sched_get_priority_max(const struct thread_regs *a)
{
	return a->rdi > 6 || a->rdi == 4 ? -EINVAL : a->rdi == 1 || a->rdi == 2 ? 99 : 0;
}

i64 posix_sched_get_priority_min(const struct thread_regs *a)
{
	return a->rdi > 6 || a->rdi == 4 ? -EINVAL : a->rdi == 1 || a->rdi == 2 ? 1 : 0;
}

enum { PRIO_PROCESS, PRIO_GROUP, PRIO_USER };

/* Is there anybody whose priority that is? */
static i64 check_who(u64 which, i32 who)
{
	if (which > PRIO_USER)
		return -EINVAL;
	if (!who || which == PRIO_USER)
		return 0;
	if (who < 0 || which == PRIO_PROCESS)
		return who < 0 ? -ESRCH : check_pid((u32)who);
	return process_kill(PROCESS_PROCESS, -(i64)who, 0) == E_SRCH ? -ESRCH : 0;
}

/* 20 - nice: everybody has the same. */
i64 posix_getpriority(const struct thread_regs *a)
{
	i64 result = check_who(a->rdi, (i32)a->rsi);

	return result ? result : 20;
}

i64 posix_setpriority(const struct thread_regs *a)
{
	i64 result = check_who(a->rdi, (i32)a->rsi);

	if (result)
		return result;
	return (i32)a->rdx < 0 && process_page->ids.euid ? -EACCES : 0;
}

/* --- the system --- */

static const char *const names[6] = { "Drove",    "drove",  "6.1.0-drove",
	                              "#1 Drove", "x86_64", "(none)" };

i64 posix_uname(const struct thread_regs *a)
{
	struct linux_utsname out = { 0 };

	for (u32 i = 0; i < COUNT_OF(names); i++)
		memcpy(out.field[i], names[i], strlen(names[i]));
	return user_write(a->rdi, &out, sizeof(out)) ? 0 : -EFAULT;
}

i64 posix_sysinfo(const struct thread_regs *a)
{
	struct process_system system = { 0 };
	u64 available = 0;
	err_t error = process_system(PROCESS_PROCESS, &system);

	if (!error)
		error = bank_read(PROCESS_BANK, BANK_AVAILABLE, &available);
	if (error)
		return error_result(error);
	struct linux_sysinfo out = {
		.uptime = (i64)(time_monotonic() / 1000000000),
		.loads = { system.load1, system.load5, system.load15 },
		.total = ((const volatile struct clock_page *)PERSONALITY_AT(AT_CLOCK))
		                 ->total_pages *
		         PAGE_SIZE,
		.free = available * PAGE_SIZE,
		.processes = (u16)system.processes,
		.unit = 1,
	};
	return user_write(a->rdi, &out, sizeof(out)) ? 0 : -EFAULT;
}

#define REBOOT_MAGIC1 0xfee1dead
enum {
	REBOOT_MAGIC2 = 672274793,
	REBOOT_RESTART = 0x01234567,
	REBOOT_POWER_OFF = 0x4321fedc,
};
#define REBOOT_HALT   0xcdef0123u
#define REBOOT_CAD_ON 0x89abcdefu

i64 posix_reboot(const struct thread_regs *a)
{
	if (process_page->ids.euid)
		return -EPERM;
	if ((u32)a->rdi != REBOOT_MAGIC1)
		return -EINVAL;
	switch ((u32)a->rdx) {
	case REBOOT_CAD_ON:
	case 0: /* Ctrl-Alt-Del is not ours to watch */
		return 0;
	case REBOOT_RESTART:
		return error_result(power_end(PROCESS_POWER, POWER_REBOOT));
	case REBOOT_POWER_OFF:
		return error_result(power_end(PROCESS_POWER, POWER_OFF));
	case REBOOT_HALT:
		return error_result(power_end(PROCESS_POWER, POWER_HALT));
	default:
		return -EINVAL;
	}
}

enum {
	PR_SET_NAME = 15,
	PR_GET_NAME = 16,
	PR_SET_DUMPABLE = 4,
	PR_GET_DUMPABLE = 3,
	PR_SET_VMA = 0x53564d41
};
static char thread_name[16];

i64 posix_prctl(const struct thread_regs *a)
{
	char name[16] = { 0 };

	switch (a->rdi) {
	case PR_SET_NAME:
		if (user_string(name, a->rsi, sizeof(name)) == -EFAULT)
			return -EFAULT;
		name[15] = 0;
		memcpy(thread_name, name, sizeof(name));
		return 0;
	case PR_GET_NAME:
		return user_write(a->rsi, thread_name, sizeof(thread_name)) ? 0 : -EFAULT;
	case PR_GET_DUMPABLE:
		return 1;
	default:
		return -EINVAL;
	}
}

i64 posix_personality(const struct thread_regs *a)
{
	return (u32)a->rdi == UINT32_MAX || !a->rdi ? 0 : -EINVAL;
}

/* membarrier: a query says that nothing is offered. */
i64 posix_membarrier(const struct thread_regs *a) { return a->rdi ? -EINVAL : 0; }
