/* SPDX-License-Identifier: MIT */
/* Programs that call the kernel at random, on several CPUs, with accounts that do not suffice.
 * After each entry the invariants are checked (world/check.h); at the end all accounts are
 * destroyed, and every page must be back.
 *
 * MONKEY_SEEDS=N runs N seeds, MONKEY_FIRST=N begins there, MONKEY_TRACE=1 prints each call. */
#include "argument.h"
#include "proto/proto.h"
#include "object/bank.h"
#include "object/task.h"
#include "object/thread.h"
#include "sched/run.h"
#include "trap.h"

enum { CPUS = 4, STEPS = 1500, SEEDS = 16, ROUNDS = 3 };

static struct actor actors[CPUS];
static bool tracing;
static cap_t schedule, shared_event;
static cap_t gates[CPUS]; /* to a port of each actor's */

static u64 option(const char *name, u64 otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

/* --- steps --- */

static void step_call(void)
{
	u64 arguments[6] = { 0 }, result, total = 0;
	u32 i;

	for (i = 0; i < call_form_count; i++)
		total += call_forms[i].weight;
	i = 0;
	for (u64 dice = random_below(total); dice >= call_forms[i].weight; i++)
		dice -= call_forms[i].weight;
	const struct call_form *form = &call_forms[i];
	for (u32 j = 0; form->arguments[j]; j++)
		arguments[j] = argument(form->arguments[j]);
	if (tracing)
		printf("# cpu %u: %s(%lx, %lx, %lx, %lx, %lx, %lx)", host_cpu, form->name,
		       arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
		       arguments[5]);
	err_t error = rt_syscall(form->number, arguments[0], arguments[1], arguments[2],
	                         arguments[3], arguments[4], arguments[5], &result);
	if (tracing)
		printf(" = %u\n", error);
}

static struct message message_random(void)
{
	struct message m = { .in = argument('b'), .out = argument('b') };

	m.in_size = (u32)random_below(6000);
	m.out_size = (u32)random_below(6000);
	for (u32 i = 0; i < MSG_CAPS; i++)
		if (random_below(3) == 0)
			m.cap[i] = argument_cap(KIND_NONE) | (random_below(2) ? CAP_MOVE : 0);
	return m;
}

static void step_message(void)
{
	struct message m = message_random();
	u64 dice = random_below(6);
	err_t error;

	if (dice < 2)
		error = dice ? message_call(argument_cap(KIND_GATE), &m)
		             : message_call_interruptible(argument_cap(KIND_GATE), &m);
	else if (dice == 2)
		error = message_receive(argument_cap(KIND_PORT), argument('b'),
		                        (u32)random_below(6000), &m);
	else if (dice == 3)
		error = message_reply(argument_cap(KIND_REPLY), &m);
	else
		error = message_reply_receive(argument_cap(KIND_REPLY), &m, argument('b'),
		                              (u32)random_below(6000));
	if (tracing)
		printf("# cpu %u: message %lu = %u\n", host_cpu, dice, error);
}

/* What a pager does: becomes keeper of something that others see, takes pages away, answers what it
 * is told of. */
static void step_pager(void)
{
	u64 dice = random_below(8), offset = argument('o'), result = 0;
	cap_t segment = argument_cap(KIND_SEGMENT), port = argument_cap(KIND_PORT);
	struct message m = { 0 };
	err_t error;

	if (dice == 0)
		error = segment_keeper(segment, port, segment);
	else if (dice < 3)
		error = segment_evict(segment, offset, random_below(100));
	else if (dice == 3)
		error = segment_fail(segment, offset, 1 + (u32)random_below(10));
	else
		error = message_receive(port, 0, 0, &m);
	if (tracing)
		printf("# cpu %u: pager %lu(%x, %x, %lx) = %u\n", host_cpu, dice, segment, port,
		       offset, error);
	if (dice < 4 || error || m.kind != RECEIVE_PAGE_IN)
		return;
	/* The label is what the segment was called where its keeper was set: mostly here. */
	error = segment_move(argument_cap(KIND_SEGMENT), argument('o'), (cap_t)m.label, m.word[0],
	                     PAGE_SIZE, &result);
	if (error && random_below(2))
		error = segment_fail((cap_t)m.label, m.word[0], 1 + (u32)random_below(10));
	if (tracing)
		printf("# cpu %u: page in %lx, %lx: %u\n", host_cpu, m.label, m.word[0], error);
}

static void step_memory(void)
{
	u64 value = random_below(4), at = argument('b') & ~7ull;

	if (tracing)
		printf("# cpu %u: memory %lx\n", host_cpu, at);
	if (random_below(2))
		(void)host_write(at, &value, 8);
	else
		(void)host_read(at, &value, 8);
}

static void step(void)
{
	u64 dice = random_below(100);

	host_cpu = 1 + (u32)random_below(CPUS - 1);
	if (cpus[host_cpu]->arch.paused)
		return;
	if (dice < 2)
		host_interrupt(0x30 + (u32)random_below(4));
	/* Somebody runs somewhere, or else somebody new will soon. */
	for (u32 i = 1; i < CPUS && !host_thread(); i++)
		host_cpu = host_cpu % (CPUS - 1) + 1;
	if (!host_thread() || cpus[host_cpu]->arch.paused)
		return;
	if (dice < 70)
		step_call();
	else if (dice < 83)
		step_message();
	else if (dice < 88)
		step_pager();
	else if (dice < 97)
		step_memory();
	else
		host_exception((u32)random_below(20), 0);
}

/* While a CPU pauses in the middle of something long, others do something. */
static void others_step(void)
{
	if (random_below(3))
		return;
	step();
}

/* --- the world of the monkeys --- */

/* What is to be given may be gone, and there may be no room for it. */
static void give(const struct actor *actor, cap_t cap, u32 rights)
{
	(void)cap_copy(actor->task, cap, rights, 0, &(cap_t){ 0 });
}

/* Capabilities for each other, and for devices. */
static void actors_meet(struct actor *actor)
{
	static const cap_t devices[] = { SIGMA0_INTERRUPTS, SIGMA0_IO_PORTS, SIGMA0_PHYSICAL };

	give(actor, shared_event, RIGHT_ALL & ~RIGHT_CONTROL); /* it is sigma0's */
	for (u32 i = 0; i < COUNT_OF(devices); i++)
		give(actor, devices[i], RIGHT_ALL);
	for (u32 i = 1; i < CPUS; i++) {
		if (&actors[i] == actor || !actors[i].bank)
			continue;
		give(actor, actors[i].segment, RIGHT_ALL);
		if (gates[i])
			give(actor, gates[i], RIGHT_ALL);
		give(actor, actors[i].task, RIGHT_ALL);
		give(actor, actors[i].bank, random_below(2) ? RIGHT_ALL : RIGHT_USE | RIGHT_READ);
	}
	(void)cap_copy(actor->task, schedule, RIGHT_ALL & ~RIGHT_CONTROL, ACTOR_SCHEDULE,
	               &(cap_t){ 0 });
}

/* A port with two replies, and gates to it for the others. */
static void actor_serve(struct actor *actor)
{
	cap_t port, given, reply;

	if (port_create(actor->bank, &port))
		return;
	if (gate_create(port, actor->bank, actor->cpu, &gates[actor->cpu]) == OK)
		for (u32 i = 1; i < CPUS; i++)
			if (actors[i].bank)
				give(&actors[i], gates[actor->cpu], RIGHT_ALL);
	err_t error = cap_copy(actor->task, port, RIGHT_ALL, 0, &given);
	(void)cap_close(port);
	if (error)
		return;
	on(actor->cpu);
	(void)reply_create(ACTOR_BANK, given, &reply);
	(void)reply_create(ACTOR_BANK, given, &reply);
	on(0);
}

static void actor_end(struct actor *actor)
{
	if (!actor->bank)
		return;
	if (gates[actor->cpu])
		(void)cap_close(gates[actor->cpu]);
	gates[actor->cpu] = 0;
	err_t error = cap_destroy(actor->bank);
	if (tracing)
		printf("# end of actor %u: %u\n", actor->cpu, error);
	(void)cap_close(actor->bank);
	(void)cap_close(actor->task);
	(void)cap_close(actor->thread);
	(void)cap_close(actor->segment);
	*actor = (struct actor){ 0 };
}

/* A new one where nobody runs any more. */
static void actors_renew(void)
{
	for (u32 cpu = 1; cpu < CPUS; cpu++) {
		if (runs(cpu))
			continue;
		on(0);
		actor_end(&actors[cpu]);
		actors[cpu] = actor_make(cpu, 40 + random_below(150));
		actors_meet(&actors[cpu]);
		actor_serve(&actors[cpu]);
	}
}

static void time_passes(void)
{
	host_now += random_below(3000);
	host_settle();
}

static void monkeys_run(u64 seed)
{
	world_make(1000, CPUS);
	host_clock_step = 20; /* deadlines pass in the middle of calls, too */
	if (seed % 2)
		sched_budget = seed % 8; /* many pauses */
	host_paused = others_step;
	random_seed(seed);
	CHECK_EQ(schedule_create(SIGMA0_BANK, SIGMA0_SCHEDULE, 10, &schedule), OK);
	CHECK_EQ(event_create(SIGMA0_BANK, &shared_event), OK);
	actors_renew();
	on(0);
	for (u32 cpu = 1; cpu < CPUS; cpu++)
		actor_end(&actors[cpu]);
	u64 charged = root_bank->charged, free = frames_free;
	for (u32 round = 0; round < ROUNDS; round++) {
		actors_renew();
		for (u32 i = 0; i < STEPS; i++) {
			step();
			if (random_below(10) == 0)
				time_passes();
			if (random_below(60) == 0)
				actors_renew();
		}
		on(0);
		for (u32 cpu = 1; cpu < CPUS; cpu++)
			actor_end(&actors[cpu]);
		CHECK_EQ(root_bank->charged, charged);
		CHECK_EQ(frames_free, free);
	}
}

static bool seed_good(u64 seed)
{
	int status = 1;
	pid_t child = fork();

	if (child == 0) {
		if (setjmp(test_end))
			exit(1);
		monkeys_run(seed);
		exit(0);
	}
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

TEST(random_calls_keep_all_invariants_and_every_page_comes_back)
{
	u64 first = option("MONKEY_FIRST", 1), failed = 0;

	tracing = option("MONKEY_TRACE", 0);
	for (u64 seed = first; seed < first + option("MONKEY_SEEDS", SEEDS); seed++) {
		if (seed_good(seed))
			continue;
		printf("# seed %lu\n", seed);
		failed++;
	}
	CHECK_EQ(failed, 0);
}
