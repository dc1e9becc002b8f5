/* SPDX-License-Identifier: MIT */
/* A server's lives. Each life has a bank and a port of its own: when it ends, the gates are led to
 * the next life's port first (calls that were not yet received go along and wait there), then the
 * bank is destroyed and with it all that the old life held. Callers whose requests it had received
 * are told E_DEAD. */
#include <stdlib.h>
#include <string.h>

#include "supervisor.h"

/* A server that says itself that it cannot start gets three attempts, others more. */
enum { FAILURES_MAX = 6, FAILURES_SAID = 2, EXTRA_GRANTS = 3, GRANTS_MAX = RT_START_NAMES - 5 };
#define SECOND        1000000000ull
#define LOG_WAIT_NS   (SECOND / 10)
#define BACKOFF_FIRST 20000000ull   /* doubled with each failure */
#define LIFE_GOOD     (60 * SECOND) /* who lives so long starts with a clean slate */

u32 child_acting(u32 index)
{
	if (supervisor.child[index].state == CHILD_FAILED)
		for (u32 i = 0; i < supervisor.manifest.server_count; i++)
			if (supervisor.manifest.server[i].replaces == index)
				return i;
	return index;
}

static bool child_replaces(const struct child *child)
{
	return child->manifest->replaces < supervisor.manifest.server_count;
}

bool child_settled(u32 index)
{
	const struct child *child = &supervisor.child[child_acting(index)];

	return child->state == CHILD_READY || child->state == CHILD_FAILED || child->late ||
	       (child->state == CHILD_DOWN && child_replaces(child));
}

static void cap_drop(cap_t *cap)
{
	if (*cap) {
		err_t error = cap_close(*cap);
		(void)error; /* gone is gone */
	}
	*cap = 0;
}

/* A fresh bank and port; the old ones, if any, are the caller's business. */
static err_t life_make(struct child *child, cap_t *life, cap_t *port)
{
	err_t error = bank_create(child->bank, child->manifest->limit, 0, life);

	if (error)
		return error;
	error = port_create(*life, port);
	if (error)
		cap_drop(life);
	return error;
}

static cap_t bank_of(const char *name)
{
	char full[48] = "bank:";

	strncat(full, name, sizeof(full) - sizeof("bank:"));
	return rt_cap_need(full);
}

err_t child_prepare(u32 index)
{
	struct child *child = &supervisor.child[index];

	child->manifest = &supervisor.manifest.server[index];
	child->deadline = DEADLINE_NEVER;
	child->bank = bank_of(child->manifest->name);
	err_t error = schedule_create(child->bank, RT_SCHEDULE, child->manifest->priority,
	                              &child->schedule);
	return error ? error : life_make(child, &child->life, &child->port);
}

/* --- start --- */

static err_t grant_add(struct start_grant *grants, u32 *count, const char *name, cap_t cap)
{
	struct start_grant *grant = &grants[*count];

	if (*count == GRANTS_MAX || strlen(name) >= sizeof(grant->name))
		return E_2BIG;
	strcpy(grant->name, name);
	grant->cap = cap;
	grant->rights = RIGHT_ALL;
	(*count)++;
	return OK;
}

/* A gate to the supervisor for this server; its label is the server's index. Made anew for each
 * life: the old one went with the bank. */
static err_t supervisor_gate(u32 index, cap_t *gate)
{
	return gate_create(supervisor.server.port, supervisor.child[index].life, index, gate);
}

static err_t grants_collect(u32 index, struct start_grant *grants, u32 *count)
{
	struct child *child = &supervisor.child[index];
	cap_t cap;
	err_t error = grant_add(grants, count, "port", child->port);

	if (!error)
		error = supervisor_gate(index, &cap);
	if (!error)
		error = grant_add(grants, count, "supervisor", cap);
	if (!error && index != supervisor.log &&
	    supervisor.log < supervisor.manifest.server_count) {
		error = gate_find(supervisor.log, index + 1, &cap);
		if (!error)
			error = grant_add(grants, count, "log", cap);
	}
	for (u32 i = 0; i < child->manifest->grant_count && !error; i++) {
		u32 at = child->manifest->grant_first + i;
		error = authority_find(index, at, &cap);
		if (error)
			rt_log("%s: \"%s\" cannot be granted: %s", child->manifest->name,
			       supervisor.manifest.grant[at].name, rt_error_text(error));
		else
			error = grant_add(grants, count, supervisor.manifest.grant[at].name, cap);
	}
	return error;
}

static err_t child_load(u32 index, struct started *started)
{
	struct child *child = &supervisor.child[index];
	const struct manifest_server *manifest = child->manifest;
	static struct start_grant grants[GRANTS_MAX];
	const char *argument[MANIFEST_STRINGS_MAX + 1] = { manifest->name };
	u32 count = 0;
	err_t error = grants_collect(index, grants, &count);

	for (u32 i = 0; i < manifest->argument_count; i++)
		argument[i + 1] = manifest->argument[i];
	struct start start = {
		.bundle = &supervisor.bundle,
		.image = manifest->image,
		.bank = child->life,
		.schedule = child->schedule,
		.clock = RT_CLOCK,
		.grant_count = count,
		.grant = grants,
		.argument_count = manifest->argument_count + 1,
		.argument = argument,
		.environment_count = manifest->environment_count,
		.environment = manifest->environment,
	};
	if (!error)
		error = start_server(&start, started);
	if (count > 1)
		cap_drop(&grants[1].cap); /* our copy of the gate to ourselves */
	return error;
}

static err_t child_run(u32 index)
{
	struct child *child = &supervisor.child[index];
	struct started started;
	err_t error = child_load(index, &started);

	if (error)
		return error;
	child->task = started.task;
	error = task_watch(started.task, supervisor.deaths, 1ull << (2 * index));
	if (!error)
		error = thread_start(started.thread, started.ip, started.sp, started.argument, 0,
		                     0);
	cap_drop(&started.thread);
	return error;
}

void child_start(u32 index)
{
	struct child *child = &supervisor.child[index];
	u64 now = rt_now();

	child->state = CHILD_STARTING;
	child->late = child->last = false;
	child->started = now;
	child->deadline = now + child->manifest->ready_seconds * SECOND;
	err_t error = child_run(index);
	if (!error)
		return;
	rt_log("%s cannot be started: %s", child->manifest->name, rt_error_text(error));
	child->last = error == E_NOENT || error == E_NOEXEC;
	child_died(index);
}

/* Our own lines go to the log server while it lives, but never wait long for it. */
static void log_use(void)
{
	cap_t log;

	if (gate_find(supervisor.log, 0, &log) == OK)
		rt_log_gate(log, LOG_WAIT_NS);
}

void child_ready(u32 index)
{
	struct child *child = &supervisor.child[index];

	if (child->state != CHILD_STARTING)
		return;
	child->state = CHILD_READY;
	child->deadline = DEADLINE_NEVER;
	if (index == supervisor.log)
		log_use();
	if (index == supervisor.memory)
		supervisor.named = false;
	if (child->restarts) {
		boot_attach_again();
		rt_log("%s is back (life %u)", child->manifest->name, child->restarts + 1);
	}
}

/* --- end --- */

static void report_death(const struct child *child)
{
	u64 kind = 0, code = 0, address = 0, ip = 0;

	if (child->task && task_read(child->task, TASK_FAULT_KIND, &kind) == OK && kind &&
	    task_read(child->task, TASK_FAULT_CODE, &code) == OK &&
	    task_read(child->task, TASK_FAULT_ADDRESS, &address) == OK &&
	    task_read(child->task, TASK_FAULT_IP, &ip) == OK)
		rt_log("%s stopped at %s %lu: address %lx, ip %lx", child->manifest->name,
		       kind == UPCALL_FAULT ? "a fault," : "exception", code, address, ip);
	else if (child->task)
		rt_log("%s has ended", child->manifest->name);
}

/* What a failed start leaves in `life` is gone with it. */
static void life_destroy(cap_t *life, cap_t *port, cap_t *task)
{
	err_t error = cap_destroy(*life);

	if (error)
		rt_log("a dead server's bank cannot be destroyed: %s", rt_error_text(error));
	cap_drop(life);
	cap_drop(port);
	cap_drop(task);
}

static void child_give_up(u32 index)
{
	struct child *child = &supervisor.child[index];

	child->state = CHILD_FAILED;
	child->deadline = DEADLINE_NEVER;
	/* Without a port, whoever calls is told so at once. */
	err_t error = cap_destroy(child->port);
	(void)error;
	cap_drop(&child->port);
	rt_log("%s is left down", child->manifest->name);
	if (index == supervisor.proc) /* it ends with the first process: another may live */
		boot_replace_root();
	u32 acting = child_acting(index);
	if (acting == index)
		return;
	rt_log("%s takes its place", supervisor.child[acting].manifest->name);
	gate_redirect(index, acting);
	child_start(acting);
	boot_attach_again();
	boot_start_again();
}

/* What `renews` in the manifest asks for. */
static void child_renew(u32 index)
{
	if (index == supervisor.manifest.server_count)
		return;
	authority_renew_banks(index);
	err_t error = child_restart(index);
	if (error && error != E_BUSY) /* busy: it is about to start anyway */
		rt_log("%s cannot be renewed: %s", supervisor.manifest.server[index].name,
		       rt_error_text(error));
}

void child_died(u32 index)
{
	struct child *child = &supervisor.child[index];
	bool served = child->state == CHILD_READY;
	cap_t old_life = child->life, old_port = child->port, old_task = child->task;
	u64 now = rt_now();

	if (index == supervisor.log)
		rt_log_gate(0, 0);
	report_death(child);
	child->task = 0;
	child->restarts++;
	child->failures = now - child->started < LIFE_GOOD ? child->failures + 1 : 1;
	child->state = CHILD_WAITING;
	child->deadline = now + (BACKOFF_FIRST << child->failures);
	err_t error = life_make(child, &child->life, &child->port);
	if (error) {
		/* Not even that: the old life's memory has to come back first. */
		life_destroy(&old_life, &old_port, &old_task);
		error = life_make(child, &child->life, &child->port);
		if (error)
			rt_fail("no memory for %s: %s", child->manifest->name,
			        rt_error_text(error));
		gate_bind_all(index, child->port);
	} else {
		gate_bind_all(index, child->port);
		life_destroy(&old_life, &old_port, &old_task);
	}
	if (child->last || child->failures > FAILURES_MAX)
		child_give_up(index);
	if (served)
		child_renew(child->manifest->renews);
	if (index == supervisor.proc)
		boot_start_again();
}

err_t child_restart(u32 index)
{
	struct child *child = &supervisor.child[index];

	child->failures = 0;
	if (child->state == CHILD_STARTING || child->state == CHILD_READY)
		return cap_destroy(child->task); /* we shall hear of it */
	if (child->state != CHILD_FAILED || child_acting(index) != index)
		return E_BUSY;
	err_t error = port_create(child->life, &child->port);
	if (error)
		return error;
	gate_bind_all(index, child->port);
	child_start(index);
	return OK;
}

void child_failed(u32 index)
{
	if (supervisor.child[index].state == CHILD_STARTING)
		supervisor.child[index].failures += FAILURES_SAID;
}

void child_retire(u32 index)
{
	struct child *child = &supervisor.child[index];

	child->last = true;
	if (child->task && cap_destroy(child->task)) /* we shall hear of it */
		rt_log("%s cannot be ended", child->manifest->name);
	else if (child->state == CHILD_WAITING)
		child_give_up(index);
}

void child_tick(u32 index, u64 now)
{
	struct child *child = &supervisor.child[index];

	if (child->deadline > now)
		return;
	child->deadline = DEADLINE_NEVER;
	if (child->state == CHILD_WAITING) {
		child_start(index);
	} else if (child->state == CHILD_STARTING && !child->late) {
		child->late = true;
		rt_log("%s is not ready after %u s; the others go on", child->manifest->name,
		       child->manifest->ready_seconds);
	}
}
