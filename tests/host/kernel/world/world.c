/* SPDX-License-Identifier: MIT */
#include "world.h"

#include "check.h"
#include "object/thread.h"
#include "proto/proto.h"

enum { RESTARTS_MAX = 100000 };

static void left(void)
{
	host_check_translations();
	check_all();
}

void world_watch(void) { host_left = left; }

void world_make(u64 pages, u32 count)
{
	host_boot(pages, count);
	world_watch();
	on(0);
}

void on(u32 cpu)
{
	host_settle();
	host_cpu = cpu;
	CHECK(host_thread() != NULL);
}

bool runs(u32 cpu)
{
	host_settle();
	return cpus[cpu]->current != NULL;
}

/* --- kernel calls --- */

/* Enter, and again as long as the kernel wants to go on; false: the thread waits or is gone. */
static bool enter(struct thread *thread)
{
	for (u32 i = 0; i < RESTARTS_MAX; i++) {
		host_syscall();
		if (host_thread() != thread)
			return false;
		if (!thread->arch.restart)
			return true;
		/* It may wait for another CPU. */
		host_settle();
		if (host_thread() != thread)
			return false;
	}
	CHECK(!"a call restarts for ever");
	return false;
}

/* proto/proto.h: what the stubs of abi/syscalls.h are made on. */
err_t rt_syscall(u64 number, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 *result)
{
	const u64 words[] = { a, b, c, d, e, f };
	struct thread *thread = host_thread();
	u64 *regs = arch_regs(thread);

	regs[ARCH_REG_CALL] = CALL_FIRST + number;
	memcpy(&regs[ARCH_REG_WORD], words, sizeof(words));
	if (!enter(thread))
		return BLOCKED;
	*result = regs[ARCH_REG_WORD + 2];
	return (err_t)regs[ARCH_REG_CALL];
}

static struct thread *thread_on(u32 cpu)
{
	CHECK(runs(cpu));
	return cpus[cpu]->current;
}

err_t result_of(u32 cpu) { return (err_t)arch_regs(thread_on(cpu))[ARCH_REG_CALL]; }
u64 value_of(u32 cpu) { return arch_regs(thread_on(cpu))[ARCH_REG_WORD + 2]; }

/* --- messages --- */

static void caps_put(u64 *regs, const cap_t *caps)
{
	regs[ARCH_REG_CAPS] = caps[0] | (u64)caps[1] << 32;
	regs[ARCH_REG_CAPS + 1] = caps[2] | (u64)caps[3] << 32;
}

void message_result(u32 cpu, struct message *m)
{
	const u64 *regs = arch_regs(thread_on(cpu));

	memcpy(m->word, &regs[ARCH_REG_WORD], sizeof(m->word));
	for (u32 i = 0; i < MSG_CAPS; i++)
		m->cap[i] = (cap_t)(regs[ARCH_REG_CAPS + i / 2] >> (i % 2 * 32));
	m->kind = (u32)regs[ARCH_REG_CALL];
	m->reply = (cap_t)(regs[ARCH_REG_CALL] >> 32);
	m->label = regs[ARCH_REG_IN];
	m->count = regs[ARCH_REG_OUT];
	m->in_size = (u32)regs[ARCH_REG_SIZES];
	m->out_size = (u32)(regs[ARCH_REG_SIZES] >> 32);
}

static err_t message_enter(u64 number, cap_t cap, struct message *m)
{
	struct thread *thread = host_thread();
	u64 *regs = arch_regs(thread);

	regs[ARCH_REG_CALL] = (CALL_FIRST + number) | (u64)cap << 32;
	memcpy(&regs[ARCH_REG_WORD], m->word, sizeof(m->word));
	caps_put(regs, m->cap);
	regs[ARCH_REG_IN] = m->in;
	regs[ARCH_REG_OUT] = m->out;
	regs[ARCH_REG_SIZES] = m->in_size | (u64)m->out_size << 32;
	u32 cpu = host_cpu;
	if (!enter(thread))
		return BLOCKED;
	message_result(cpu, m);
	return OK;
}

err_t message_call(cap_t gate, struct message *m)
{
	err_t error = message_enter(CALL_IPC_CALL, gate, m);
	return error ? error : m->kind;
}

err_t message_call_interruptible(cap_t gate, struct message *m)
{
	err_t error = message_enter(CALL_IPC_CALL_INTERRUPTIBLE, gate, m);
	return error ? error : m->kind;
}

static err_t receive_error(err_t error, const struct message *m)
{
	return error ? error : m->kind == RECEIVE_ERROR ? (err_t)m->word[0] : OK;
}

err_t message_receive(cap_t port, vaddr_t buffer, u32 size, struct message *m)
{
	*m = (struct message){ .in = buffer, .in_size = size };
	return receive_error(message_enter(CALL_IPC_RECEIVE, port, m), m);
}

/* A reply's registers: r12 the receive buffer, r13 the bytes for out, r14 the sizes of both. */
err_t message_reply(cap_t reply, const struct message *m)
{
	struct message regs = *m;

	regs.in = 0;
	regs.in_size = 0;
	err_t error = message_enter(CALL_IPC_REPLY, reply, &regs);
	return error ? error : regs.kind;
}

err_t message_reply_receive(cap_t reply, struct message *m, vaddr_t buffer, u32 size)
{
	m->in = buffer;
	m->in_size = size;
	return receive_error(message_enter(CALL_IPC_REPLY_RECEIVE, reply, m), m);
}

/* --- actors --- */

cap_t actor_give(const struct actor *actor, cap_t cap, u32 rights)
{
	cap_t given;

	CHECK_EQ(cap_copy(actor->task, cap, rights, 0, &given), OK);
	return given;
}

static void actor_caps(const struct actor *actor)
{
	const cap_t caps[] = { actor->task, actor->bank, SIGMA0_SCHEDULE, actor->thread };
	cap_t given;

	for (u32 i = 0; i < COUNT_OF(caps); i++)
		CHECK_EQ(cap_copy(actor->task, caps[i], RIGHT_ALL, ACTOR_TASK + i, &given), OK);
}

struct actor actor_make(u32 cpu, u64 limit)
{
	struct actor actor = { .cpu = cpu };
	u64 size = WORLD_MEMORY_PAGES * PAGE_SIZE;

	CHECK_EQ(bank_create(SIGMA0_BANK, limit, 0, &actor.bank), OK);
	CHECK_EQ(task_create(actor.bank, &actor.task), OK);
	CHECK_EQ(segment_create(actor.bank, size, 0, &actor.segment), OK);
	CHECK_EQ(task_map(actor.task, actor.segment, 0, WORLD_MEMORY, size,
	                  ACCESS_READ | ACCESS_WRITE),
	         OK);
	CHECK_EQ(task_entries(actor.task, 0x5000, 0x6000), OK);
	CHECK_EQ(thread_create(actor.task, actor.bank, SIGMA0_SCHEDULE, WORLD_CONTROL,
	                       &actor.thread),
	         OK);
	CHECK_EQ(thread_affinity(actor.thread, 1ull << cpu), OK);
	actor_caps(&actor);
	CHECK_EQ(thread_start(actor.thread, 0x1000, 0x2000, 0, 0, 0), OK);
	CHECK(runs(cpu));
	return actor;
}

u64 figure(cap_t bank, u32 which)
{
	u64 value = 0;

	CHECK_EQ(bank_read(bank, which, &value), OK);
	return value;
}
