/* SPDX-License-Identifier: MIT */
#include "scene.h"

#define DO(call) CHECK_EQ(call, OK)

static void touch(vaddr_t addr)
{
	u64 value = addr;

	CHECK(host_write(addr, &value, sizeof(value)));
}

static void scene_memory(struct scene *s)
{
	static const u64 pages[] = { 0, 1, 511, 512, 1999 };
	u64 large = SCENE_LARGE * (u64)PAGE_SIZE, moved;
	vaddr_t window = 0x70000000;

	DO(segment_create(s->used, 8 * PAGE_SIZE, 0, &s->small));
	DO(task_map(0, s->small, 0, SCENE_MAPPED, 8 * PAGE_SIZE, ACCESS_READ | ACCESS_WRITE));
	touch(SCENE_MAPPED);
	touch(SCENE_MAPPED + 3 * PAGE_SIZE);
	DO(segment_create(s->used, large, 0, &s->large));
	DO(task_map(0, s->large, 0, window, large, ACCESS_READ | ACCESS_WRITE));
	for (u32 i = 0; i < COUNT_OF(pages); i++)
		touch(window + pages[i] * PAGE_SIZE);
	DO(task_unmap(0, window, large));
	DO(segment_create(s->used, 4 * PAGE_SIZE, 0, &s->other));
	DO(segment_create(s->used, 16 * PAGE_SIZE, 0, &s->buffer));
	DO(task_map(0, s->buffer, 0, SCENE_BUFFER, 16 * PAGE_SIZE, ACCESS_READ | ACCESS_WRITE));

	/* A kept segment gets its page by moving. */
	cap_t staging;
	DO(segment_create(s->used, PAGE_SIZE, 0, &staging));
	DO(task_map(0, staging, 0, window, PAGE_SIZE, ACCESS_READ | ACCESS_WRITE));
	touch(window);
	DO(task_unmap(0, window, PAGE_SIZE));
	DO(segment_create(s->used, 16 * PAGE_SIZE, 0, &s->kept));
	DO(segment_keeper(s->kept, s->port, 9));
	DO(segment_move(staging, 0, s->kept, 5 * PAGE_SIZE, PAGE_SIZE, &moved));
	DO(cap_close(staging));
}

static void scene_task(struct scene *s)
{
	cap_t copy;

	DO(task_create(s->used, &s->task));
	DO(task_map(s->task, s->small, 0, SCENE_MAPPED, 8 * PAGE_SIZE, ACCESS_READ | ACCESS_WRITE));
	DO(task_map(s->task, s->large, 0, 0x80000000, 600 * PAGE_SIZE,
	            ACCESS_READ | ACCESS_WRITE | MAP_SHARED));
	DO(task_map(s->task, s->kept, 0, 0x90000000, 8 * PAGE_SIZE, ACCESS_READ | ACCESS_WRITE));
	DO(cap_copy(s->task, s->event, RIGHT_ALL, 7, &copy));
	DO(cap_copy(s->task, s->event, RIGHT_ALL, 700, &copy));
	DO(cap_copy(s->task, s->event, RIGHT_ALL, 710, &copy));
	DO(task_create(s->used, &s->suspended));
	DO(task_suspend(s->suspended));
	DO(thread_create(s->task, s->used, SIGMA0_SCHEDULE, SCENE_MAPPED + 3 * PAGE_SIZE,
	                 &s->thread));
}

static void scene_list(void)
{
	u32 number = 705;

	CHECK(host_write(SCENE_LIST, &number, sizeof(number)));
}

/* A caller on CPU 1 waits for the answer. */
static void scene_caller(struct scene *s)
{
	struct actor actor = actor_make(1, 50);
	cap_t gate = actor_give(&actor, s->gate, RIGHT_ALL);
	struct message m = { .in = WORLD_BUFFER, .out = WORLD_BUFFER + 200 };

	m.in_size = m.out_size = 200;
	on(1);
	touch(WORLD_BUFFER);
	CHECK_EQ(message_call(gate, &m), BLOCKED);
	on(0);
	DO(message_receive(s->port, 0, 0, &m));
	s->taken = m.reply;
}

struct scene scene_make(void)
{
	struct scene s;

	DO(bank_create(SIGMA0_BANK, 100000, 0, &s.bank));
	DO(bank_create(SIGMA0_BANK, 100000, 0, &s.used));
	DO(port_create(s.used, &s.port));
	DO(gate_create(s.port, s.used, 5, &s.gate));
	DO(reply_create(s.used, s.port, &s.reply));
	DO(event_create(s.used, &s.event));
	DO(schedule_create(s.used, SIGMA0_SCHEDULE, 10, &s.schedule));
	DO(interrupt_create(s.used, SIGMA0_INTERRUPTS, 5, 0, &s.interrupt));
	DO(interrupt_create_message(s.used, SIGMA0_INTERRUPTS, &s.message));
	DO(io_ports_create(s.used, SIGMA0_IO_PORTS, 0x100, 16, &s.ports));
	DO(physical_create(s.used, SIGMA0_PHYSICAL, 0xfe000000, 16 * PAGE_SIZE, RIGHT_ALL,
	                   &s.physical));
	scene_memory(&s);
	scene_task(&s);
	scene_list();
	scene_caller(&s);
	return s;
}

void scene_fill_table(void)
{
	enum { SLOTS = 256 };
	cap_t copy = 0;

	while (copy % SLOTS != SLOTS - 1)
		DO(cap_copy(0, SIGMA0_SCHEDULE, RIGHT_ALL, 0, &copy));
}
