/* SPDX-License-Identifier: MIT */
/* The first process (and a rescue shell): made from nothing, for the supervisor. */
#include <fcntl.h>
#include <string.h>

#include "proc.h"
#include "proto/dir.h"
#include "proto/exec.h"

enum { REQUEST_MAX = 4096, TEXT_MAX = 512 };
#define EXEC_WAIT_NS 30000000000ull

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
		{ proc.socket, PROCESS_SOCKET, RIGHT_USE | RIGHT_COPY },
		{ proc.counter, PROCESS_COUNTER, RIGHT_USE | RIGHT_COPY },
		{ proc.ipc, PROCESS_IPC, RIGHT_USE | RIGHT_COPY },
		{ proc.power, PROCESS_POWER, RIGHT_USE | RIGHT_COPY },
		{ proc.log, PROCESS_LOG, RIGHT_USE | RIGHT_COPY },
	};
	err_t error = OK;
	cap_t copy;

	for (u32 i = 0; i < COUNT_OF(slots) && !error; i++) {
		if (slots[i].cap)
			error = cap_copy(process->task, slots[i].cap, slots[i].rights,
			                 slots[i].slot, &copy);
	}
	return error;
}

struct program {
	cap_t file, root;
	const char *request;
	size_t size;
	char *text; /* what the exec server has to say */
};

/* `interpreter` 0: none. */
static err_t run(struct process *p, const struct program *program, cap_t interpreter)
{
	char *text = program->text;
	u32 need = EXEC_DONE;
	err_t error = exec_run(proc.exec, p->task, program->file, interpreter, p->account->bank,
	                       program->request, program->size, text, TEXT_MAX, &need);

	text[TEXT_MAX - 1] = 0;
	if (!error && need != EXEC_DONE)
		error = need == EXEC_INTERPRETER ? E_NOENT : E_NOEXEC;
	return error;
}

/* A dynamically linked program: its interpreter must be on the root file system itself. */
static err_t run_interpreted(struct process *process, const struct program *program)
{
	static char rest[DIR_PATH_MAX];
	const char *path = program->text + strspn(program->text, "/");
	cap_t interpreter;
	u32 mode;
	err_t error = dir_open(program->root, O_RDONLY, 0, path, strlen(path), rest, sizeof(rest),
	                       &interpreter, &mode);

	if (error)
		return error == E_CROSS ? E_XDEV : error;
	error = run(process, program, interpreter);
	ignore(cap_close(interpreter));
	return error;
}

static err_t start_program(struct process *process, const struct program *program)
{
	program->text[0] = 0;
	rt_call_deadline(rt_now() + EXEC_WAIT_NS);
	err_t error = run(process, program, 0);
	if (error == E_NOENT && program->text[0])
		error = run_interpreted(process, program);
	rt_call_deadline(0);
	return error;
}

static err_t start(struct process *process, const struct program *program)
{
	err_t error = quota_take(process, NULL);

	if (!error)
		error = account_create(NULL, process->pid, &process->account);
	if (!error)
		error = task_create(process->account->bank, &process->task);
	if (!error)
		error = process_equip(process);
	if (!error)
		error = start_slots(process, program->root);
	if (!error)
		error = identity_start(process);
	return error ? error : start_program(process, program);
}

err_t proc_start(struct request *rq, cap_t file, cap_t root, u32 *pid)
{
	static char request[REQUEST_MAX], text[TEXT_MAX];
	struct program program = { file, root, request, rq->in_size, text };

	if (rq->label != LABEL_CONTROL)
		return E_PERM;
	if (rq->in_size > sizeof(request))
		return E_2BIG;
	err_t error = request_read(rq, 0, request, rq->in_size);
	if (error)
		return error;
	struct process *process = process_new(&proc.root);
	if (!process)
		return E_FUNDS;
	error = start(process, &program);
	if (error) {
		process_abort(process);
		return error;
	}
	if (!proc.init)
		proc.init = process;
	*pid = process->pid;
	return OK;
}
