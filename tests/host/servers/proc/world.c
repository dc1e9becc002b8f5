/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/dir.h"
#include "proto/exec.h"
#include "proto/memory.h"
#include "proto/counter.h"
#include "proto/log.h"
#include "proto/rtc.h"
#include "proto/terminal.h"

enum { OBJECTS = 8192, CAPS = 8192, OWN_PORT = 1 };
enum { CAP_FIRST = 100, SYSTEM = 1 /* the object behind what the server was given */ };

struct world world;

struct object {
	u32 kind; /* 0: free */
	u32 bank; /* index of the bank's object; 0: nobody's */
	u32 refs; /* capabilities, mappings */
	bool dead;
	u64 label;              /* gate */
	u64 charged;            /* bank */
	u32 slot[SLOTS];        /* task: objects */
	u32 watcher, suspended; /* task */
	u64 timer;              /* event */
	u32 interrupts;         /* thread */
};

static struct object objects[OBJECTS]; /* 0 is not used */
static struct {
	u32 object;
} caps[CAPS];
static struct rt_source *sources;
static u32 mapped;

void must(bool condition, const char *what)
{
	if (condition)
		return;
	printf("# world: %s\n", what);
	abort();
}

/* --- objects --- */

static bool fails(void)
{
	if (!world.steps_left)
		return true;
	world.steps_left--;
	return false;
}

static u32 object_make(u32 kind, u32 bank)
{
	u32 i = 1;

	while (objects[i].kind)
		must(++i < OBJECTS, "too many objects");
	objects[i] = (struct object){ .kind = kind, .bank = bank };
	if (bank)
		objects[bank].charged++;
	return i;
}

static void object_put(u32 index);

static void object_end(u32 index)
{
	struct object *object = &objects[index];

	if (object->dead)
		return;
	object->dead = true;
	if (object->bank)
		objects[object->bank].charged--;
	object->bank = 0;
	for (u32 i = 0; object->kind == KIND_TASK && i < SLOTS; i++) {
		u32 in = object->slot[i];
		object->slot[i] = 0;
		if (in)
			object_put(in);
	}
}

static void object_put(u32 index)
{
	struct object *object = &objects[index];

	must(object->refs > 0, "a reference too many is given back");
	if (--object->refs)
		return;
	object_end(index);
	object->kind = 0;
}

static u32 find(cap_t cap, u32 kind)
{
	if (cap < CAP_FIRST)
		return SYSTEM;
	must(cap < CAP_FIRST + CAPS, "no such capability");
	u32 index = caps[cap - CAP_FIRST].object;
	if (!index || objects[index].dead || (kind && objects[index].kind != kind))
		return 0;
	return index;
}

static cap_t cap_of(u32 index)
{
	u32 i = 0;

	while (caps[i].object)
		must(++i < CAPS, "too many capabilities");
	caps[i].object = index;
	objects[index].refs++;
	return CAP_FIRST + i;
}

err_t cap_close(cap_t cap)
{
	must(cap >= CAP_FIRST && caps[cap - CAP_FIRST].object, "closing what is not there");
	u32 index = caps[cap - CAP_FIRST].object;
	caps[cap - CAP_FIRST].object = 0;
	object_put(index);
	return OK;
}

err_t cap_destroy(cap_t cap)
{
	u32 index = find(cap, 0);

	if (!index)
		return E_CAP;
	for (u32 i = 1; objects[index].kind == KIND_BANK && i < OBJECTS; i++) {
		if (objects[i].kind && !objects[i].dead && objects[i].bank == index)
			object_end(i);
	}
	object_end(index);
	return OK;
}

err_t cap_info(cap_t cap, u64 *info)
{
	u32 index = find(cap, 0);

	if (index)
		*info = objects[index].kind;
	return index ? OK : E_CAP;
}

err_t cap_copy(cap_t task, cap_t cap, u32 rights, u32 slot, cap_t *copy)
{
	u32 to = find(task, KIND_TASK), index = find(cap, 0);

	(void)rights;
	must(to && index && slot < SLOTS, "cap_copy");
	if (fails())
		return E_FUNDS;
	must(!objects[to].slot[slot], "the slot is taken");
	objects[to].slot[slot] = index;
	objects[index].refs++;
	*copy = slot;
	return OK;
}

static err_t make(cap_t bank, u32 kind, cap_t *cap)
{
	u32 payer = find(bank, KIND_BANK);

	must(payer, "no bank");
	if (fails())
		return E_FUNDS;
	*cap = cap_of(object_make(kind, payer));
	return OK;
}

err_t segment_create(cap_t bank, u64 size, u32 flags, cap_t *segment)
{
	(void)size, (void)flags;
	return make(bank, KIND_SEGMENT, segment);
}

err_t event_create(cap_t bank, cap_t *event) { return make(bank, KIND_EVENT, event); }
err_t task_create(cap_t bank, cap_t *task) { return make(bank, KIND_TASK, task); }

err_t gate_create(cap_t port, cap_t payer, u64 label, cap_t *gate)
{
	must(port == OWN_PORT, "not our port");
	err_t error = make(payer, KIND_GATE, gate);
	if (!error)
		objects[find(*gate, KIND_GATE)].label = label;
	return error;
}

err_t task_clone_sharing(cap_t task, cap_t bank, u64 end, cap_t *clone)
{
	u32 from = find(task, KIND_TASK);
	err_t error = make(bank, KIND_TASK, clone);

	must(from, "no task");
	must(!end || end == PERSONALITY_BASE, "shares what?");
	if (error)
		return error;
	struct object *to = &objects[find(*clone, KIND_TASK)];
	for (u32 i = 0; i < SLOTS; i++) {
		u32 in = objects[from].slot[i];
		bool stays = (i >= PROCESS_TASK && i <= PROCESS_BANK) || i == PROCESS_THREAD ||
		             i == PROCESS_PROCESS || i == PROCESS_PAGE;
		if (!in || stays || objects[in].dead)
			continue;
		to->slot[i] = in;
		objects[in].refs++;
	}
	return OK;
}

err_t task_watch(cap_t task, cap_t event, u64 bits)
{
	u32 index = find(task, KIND_TASK);

	must(index && find(event, KIND_EVENT) && bits == EVENT_DEAD, "task_watch");
	if (fails())
		return E_FUNDS;
	objects[index].watcher = event;
	return OK;
}

err_t task_suspend(cap_t task)
{
	objects[find(task, KIND_TASK)].suspended++;
	world.suspends++;
	return OK;
}

err_t task_resume(cap_t task)
{
	must(objects[find(task, KIND_TASK)].suspended-- > 0, "resumed, but not suspended");
	world.resumes++;
	return OK;
}

err_t thread_read(cap_t thread, u32 figure, u64 *value)
{
	return (void)thread, (void)figure, (void)value, E_CAP;
}
err_t task_read(cap_t task, u32 figure, u64 *value)
{
	if (!find(task, KIND_TASK))
		return E_CAP;
	*value = world.figure[figure];
	return OK;
}

err_t thread_create(cap_t task, cap_t bank, cap_t schedule, u64 control, cap_t *thread)
{
	(void)control, (void)schedule;
	must(find(task, KIND_TASK), "no task");
	return make(bank, KIND_THREAD, thread);
}

err_t thread_start(cap_t thread, u64 ip, u64 sp, u64 argument, u64 fs_base, u64 gs_base)
{
	(void)ip, (void)sp, (void)argument, (void)fs_base, (void)gs_base;
	must(find(thread, KIND_THREAD), "no thread");
	return fails() ? E_FUNDS : OK;
}

err_t thread_interrupt(cap_t thread)
{
	u32 index = find(thread, KIND_THREAD);

	if (!index)
		return E_CAP;
	objects[index].interrupts++;
	world.interrupts++;
	return OK;
}

err_t event_timer(cap_t event, u64 bits, u64 deadline)
{
	must(find(event, KIND_EVENT) && bits == EVENT_TIMER, "event_timer");
	objects[find(event, KIND_EVENT)].timer = deadline;
	return OK;
}

err_t bank_read(cap_t bank, u32 figure, u64 *value)
{
	u32 index = find(bank, KIND_BANK);

	must(figure == BANK_CHARGED, "another figure");
	if (!index)
		return E_CAP;
	*value = objects[index].charged;
	return OK;
}

/* --- the runtime --- */

void *rt_map(cap_t segment, u64 offset, size_t size, u32 flags)
{
	u32 index = find(segment, KIND_SEGMENT);

	(void)offset, (void)flags;
	must(index, "no segment");
	if (fails())
		return NULL;
	mapped++;
	return calloc(1, size);
}

void rt_unmap(void *addr, size_t size)
{
	(void)size;
	mapped--;
	free(addr);
}

err_t rt_source_add(struct server *server, struct rt_source *source)
{
	(void)server;
	if (fails())
		return E_FUNDS;
	source->next = sources;
	sources = source;
	return OK;
}

void rt_source_remove(struct server *server, struct rt_source *source)
{
	struct rt_source **at = &sources;

	(void)server;
	while (*at != source) {
		must(*at, "a source that is none");
		at = &(*at)->next;
	}
	*at = source->next;
}

u64 rt_now(void) { return world.now; }
u64 rt_realtime(void) { return world.now; }
u32 world_ended_session;
err_t terminal_session_ended(cap_t terminal, u32 session)
{
	(void)terminal;
	world_ended_session = session;
	return OK;
}

err_t rtc_set_time(cap_t rtc, u64 realtime_ns)
{
	(void)rtc;
	world.realtime = realtime_ns;
	return OK;
}

err_t counter_clock_set(cap_t counters)
{
	(void)counters;
	return OK;
}

err_t log_mark(cap_t log, u32 which, u64 position)
{
	(void)log;
	world.mark[which] = position;
	return OK;
}

void rt_call_deadline(u64 deadline) { (void)deadline; }

void rt_log(const char *format, ...) { (void)format; }
_Noreturn void rt_fail(const char *format, ...)
{
	(void)format;
	if (!world.fail_expected)
		abort();
	longjmp(world.failed, 1);
}

/* --- the other servers --- */

err_t memory_bank_process(cap_t memory, u64 limit, u32 pid, cap_t *bank)
{
	(void)memory, (void)limit, (void)pid;
	if (fails())
		return E_FUNDS;
	*bank = cap_of(object_make(KIND_BANK, 0));
	return OK;
}

err_t memory_figures(cap_t memory, struct memory_figures *figures)
{
	(void)memory;
	*figures = (struct memory_figures){ .total = 1000, .free = 500 };
	return OK;
}

err_t exec_run(cap_t exec, cap_t task, cap_t file, cap_t interpreter, cap_t bank,
               const void *arguments, size_t size, void *text, size_t text_size, u32 *need)
{
	(void)exec, (void)file, (void)interpreter, (void)arguments, (void)size, (void)text;
	(void)text_size;
	must(find(task, KIND_TASK) && find(bank, KIND_BANK), "exec_run");
	*need = EXEC_DONE;
	return fails() ? E_FUNDS : OK;
}

err_t dir_open(cap_t dir, u32 flags, u32 mode, const void *path, size_t size, void *rest,
               size_t rest_size, cap_t *file, u32 *mode_out)
{
	(void)dir, (void)flags, (void)mode, (void)path, (void)size, (void)rest, (void)rest_size;
	(void)file, (void)mode_out;
	return E_NOENT;
}

/* --- the world --- */

/* Whatever the last test has left. */
static void world_end(void)
{
	struct process *process;

	proc.init = &proc.root; /* not one of those that end here */
	while (proc.processes.next && (process = process_next(NULL)))
		process_finish(process, 0);
}

void world_start(u32 processes)
{
	static bool registered;

	if (!registered)
		atexit(world_end);
	registered = true;
	world_end();
	memset(&proc, 0, sizeof(proc));
	memset(&world, 0, sizeof(world));
	memset(objects, 0, sizeof(objects));
	memset(caps, 0, sizeof(caps));
	client_reset();
	objects[SYSTEM] = (struct object){ .kind = KIND_SEGMENT, .refs = 1 };
	sources = NULL;
	mapped = 0;
	world.steps_left = world.touches_left = UINT32_MAX;
	world.now = 1000000000;
	proc.server.port = OWN_PORT;
	table_start(processes);
	proc.list = (struct text_file){ .print = list_print, .label = LABEL_LIST };
}

u32 world_objects(void)
{
	u32 count = 0;

	for (u32 i = 1; i < OBJECTS; i++)
		count += objects[i].kind != 0;
	return count;
}

u32 world_banks(void)
{
	u32 count = 0;

	for (u32 i = 1; i < OBJECTS; i++)
		count += objects[i].kind == KIND_BANK && !objects[i].dead;
	return count;
}

u32 world_mapped(void) { return mapped; }

static struct object *task_of(u32 pid)
{
	struct process *process = process_find(pid);

	must(process && process->task, "no such process");
	return &objects[find(process->task, KIND_TASK)];
}

u32 world_open(u32 pid, u32 slot)
{
	struct object *task = task_of(pid);
	u32 gate = object_make(KIND_GATE, find(process_find(pid)->account->bank, KIND_BANK));

	objects[gate].refs = 1;
	task->slot[slot] = gate;
	return gate;
}

bool world_has(u32 pid, u32 slot)
{
	const struct object *task = task_of(pid);
	u32 in = task->slot[slot];

	return in && !objects[in].dead;
}

void world_shut(u32 pid, u32 slot)
{
	struct object *task = task_of(pid);

	object_put(task->slot[slot]);
	task->slot[slot] = 0;
}

void world_task_event(u32 pid, u64 bits)
{
	struct process *process = process_find(pid);

	must(process && process->source.event, "no such process");
	process->source.handler(&process->source, bits);
}

bool world_suspended(u32 pid) { return task_of(pid)->suspended > 0; }

u64 world_timer(u32 pid)
{
	return objects[find(process_find(pid)->source.event, KIND_EVENT)].timer;
}

cap_t world_borrow(u32 kind) { return cap_of(object_make(kind, 0)); }

/* --- the auth server: there is none, the first process stays root --- */

cap_t rt_cap(const char *name)
{
	(void)name;
	return 0;
}

err_t auth_create(cap_t auth, const struct auth_ids *ids, const void *groups, size_t size,
                  cap_t *identity)
{
	(void)auth, (void)ids, (void)groups, (void)size, (void)identity;
	return E_NOSYS;
}

err_t auth_redeem(cap_t auth, cap_t ticket, void *out, size_t size, u64 *count, cap_t *target)
{
	(void)auth, (void)ticket, (void)out, (void)size, (void)count, (void)target;
	return E_PERM;
}

err_t gate_identify(cap_t port, cap_t gate, u64 *label)
{
	(void)port, (void)gate, (void)label;
	return E_XDEV;
}
