/* SPDX-License-Identifier: MIT */
/* The first process (and a rescue shell): made from nothing, for the supervisor. */
#include <string.h>

#include "proc.h"
#include "proto/exec.h"
#include "proto/memory.h"

enum { REQUEST_MAX = 4096, EXEC_PATIENCE_S = 30 };

/* The capabilities that children inherit through fork. */
static err_t start_slots(struct process *process, cap_t root)
{
	const struct {
		cap_t cap;
		u32 slot, rights;
	} slots[] = {
		{ proc.schedule, PROCESS_SCHEDULE, RIGHT_USE | RIGHT_COPY },
		{ proc.exec, PROCESS_EXEC, RIGHT_USE | RIGHT_COPY },
		{ root, PROCESS_ROOT, RIGHT_USE | RIGHT_COPY },
		{ RT_CLOCK, PROCESS_CLOCK, RIGHT_READ | RIGHT_COPY },
		{ proc.pipe, PROCESS_PIPE, RIGHT_USE | RIGHT_COPY },
		{ proc.power, PROCESS_POWER, RIGHT_USE | RIGHT_COPY },
		{ proc.log, PROCESS_LOG, RIGHT_USE | RIGHT_COPY },
	};
	for (u32 i = 0; i < COUNT_OF(slots); i++) {
		cap_t copy;
		err_t error = slots[i].cap ? cap_copy(process->task, slots[i].cap, slots[i].rights,
						      slots[i].slot, &copy) : OK;
		if (error)
			return error;
	}
	return OK;
}

static err_t start_program(struct process *process, cap_t file, const void *request, size_t size)
{
	char text[512];
	u32 need;
	rt_call_deadline(rt_now() + EXEC_PATIENCE_S * 1000000000ull);
	err_t error = exec_run(proc.exec, process->task, file, 0, process->bank, request, size, text,
			       sizeof(text), &need);
	rt_call_deadline(0);
	/* The first program must be complete in itself. */
	return error ? error : need == EXEC_DONE ? OK : E_NOEXEC;
}

err_t on_start(struct request *rq, cap_t file, cap_t root, u32 *pid)
{
	static char request[REQUEST_MAX];
	if (rq->label)
		return E_PERM;
	if (rq->in_size > sizeof(request))
		return E_2BIG;
	err_t error = request_read(rq, 0, request, rq->in_size);
	if (error)
		return error;
	struct process *process = process_new(process_first());
	if (!process)
		return E_FUNDS;
	strcpy(process->name, "init");
	error = memory_bank(proc.memory, 0, &process->bank);
	if (!error)
		error = task_create(process->bank, &process->task);
	if (!error)
		error = process_equip(process);
	if (!error)
		error = start_slots(process, root);
	if (!error)
		error = start_program(process, file, request, rq->in_size);
	if (error) {
		process_abort(process);
		return error;
	}
	*pid = process->pid;
	return OK;
}
