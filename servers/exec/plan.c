/* SPDX-License-Identifier: MIT */
/* Plans: what a task is to become. Up to task_reset nothing has happened to the task; from there
 * on a failure is its end. */
#include "exec.h"

static cap_t schedule;

void plan_start(cap_t first_schedule) { schedule = first_schedule; }

err_t plan_add(struct plan *plan, const struct plan_map *map)
{
	if (plan->map_count == PLAN_MAPS) {
		if (map->own)
			close_own(map->segment);
		return E_NOEXEC;
	}
	plan->map[plan->map_count++] = *map;
	return OK;
}

err_t plan_create(struct plan *plan, struct plan_map *map, void **memory)
{
	err_t error = segment_create(plan->bank, map->size, SEGMENT_COMMITTED, &map->segment);

	if (error)
		return error;
	map->own = true;
	void *mapped = rt_map(map->segment, 0, map->size, ACCESS_READ | ACCESS_WRITE);
	if (!mapped) {
		close_own(map->segment);
		return E_FUNDS;
	}
	error = plan_add(plan, map);
	if (error)
		rt_unmap(mapped, map->size);
	else
		*memory = mapped;
	return error;
}

void plan_unmap(const struct plan_map *map, void *memory) { rt_unmap(memory, map->size); }

void plan_drop(struct plan *plan)
{
	for (u32 i = 0; i < plan->map_count; i++) {
		if (plan->map[i].own)
			close_own(plan->map[i].segment);
	}
	plan->map_count = 0;
}

static err_t plan_map_all(const struct plan *plan, cap_t task)
{
	err_t error = OK;

	for (u32 i = 0; i < plan->map_count && !error; i++) {
		const struct plan_map *map = &plan->map[i];
		error = task_map(task, map->segment, map->offset, map->addr, map->size,
		                 map->access);
	}
	return error;
}

static err_t plan_thread(const struct plan *plan, cap_t task)
{
	cap_t thread, copy;
	err_t error = thread_create(task, plan->bank, schedule, personality.control, &thread);

	if (error)
		return error;
	error = cap_copy(task, thread, RIGHT_ALL | CAP_STAYS, PROCESS_THREAD, &copy);
	if (!error)
		error = thread_start(thread, personality.start, personality_stack_top(),
		                     plan->start_addr, 0, 0);
	close_own(thread);
	return error;
}

err_t plan_run(const struct plan *plan, cap_t task, const struct exec_request *request)
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
		error = plan_thread(plan, task);
	if (error && cap_destroy(task))
		rt_log("half a program cannot be destroyed");
	return error;
}
