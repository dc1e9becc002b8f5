/* SPDX-License-Identifier: MIT */
/* Carrying a plan out. Up to task_reset nothing has happened to the task; from there on a failure is its end. */
#include "exec.h"

err_t plan_add(struct plan *plan, const struct plan_map *map)
{
	if (plan->map_count == PLAN_MAPS) {
		if (map->own)
			(void)!cap_close(map->segment);
		return E_NOEXEC;
	}
	plan->map[plan->map_count++] = *map;
	return OK;
}

void plan_drop(struct plan *plan)
{
	for (u32 i = 0; i < plan->map_count; i++) {
		if (plan->map[i].own)
			(void)!cap_close(plan->map[i].segment);
	}
	for (u32 i = 0; i < plan->kept_count; i++)
		(void)!cap_close(plan->kept[i]);
	plan->map_count = plan->kept_count = 0;
}

static err_t plan_map_all(const struct plan *plan, cap_t task)
{
	for (u32 i = 0; i < plan->map_count; i++) {
		const struct plan_map *map = &plan->map[i];
		err_t error = task_map(task, map->segment, map->offset, map->addr, map->size, map->access);
		if (error)
			return error;
	}
	return OK;
}

/* The schedule and the threads are named in the task's own table; ours are only borrowed for the calls. */
static err_t plan_start(const struct plan *plan, cap_t task)
{
	cap_t thread, copy;
	err_t error = thread_create(task, plan->bank, rt_cap_need("process_schedule"), personality.control, &thread);
	if (error)
		return error;
	error = cap_copy(task, thread, RIGHT_ALL | CAP_STAYS, PROCESS_THREAD, &copy);
	if (!error)
		error = thread_start(thread, personality.start, PERSONALITY_BASE + 0x5000000 + 0x10000,
				     plan->start_addr, 0, 0);
	(void)!cap_close(thread);
	return error;
}

err_t plan_run(struct plan *plan, cap_t task, const struct exec_request *request)
{
	err_t error = task_reset(task);
	if (error)
		return error;
	error = task_caps_keep(task, (u64)request->keep, request->header.keep);
	if (!error)
		error = plan_map_all(plan, task);
	if (!error)
		error = task_entries(task, personality.syscall_entry, personality.upcall_entry);
	if (!error)
		error = plan_start(plan, task);
	if (error)
		(void)!cap_destroy(task);
	return error;
}
