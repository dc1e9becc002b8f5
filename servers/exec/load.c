/* SPDX-License-Identifier: MIT */
/* The one call: from a request to a program that runs. */
#include "exec.h"

#include <string.h>

#include "proto/exec_server.h"

#define FILE_WAIT_NS 20000000000ull

/* One program at a time: the loop answers a request before it takes the next. */
static struct {
	struct plan plan;
	struct exec_file file, interpreter;
} load;

static err_t answer_text(struct request *rq, const char *text, size_t size)
{
	return size > rq->out_size ? E_RANGE : request_write(rq, 0, text, size);
}

/* Not an ELF file: perhaps a script. */
static err_t try_script(struct request *rq, u32 *need)
{
	char text[SCRIPT_MAX + 2];
	size_t size = 0;
	err_t error = script_parse((const char *)load.file.head, load.file.head_size, text, &size);

	if (!error)
		error = answer_text(rq, text, size);
	if (!error)
		*need = EXEC_SCRIPT;
	return error;
}

static err_t ask_interpreter(struct request *rq, u32 *need)
{
	char path[ELF_INTERPRETER_MAX];
	struct elf_image *image = &load.plan.image;
	err_t error = file_bytes(&load.file, image->interpreter_offset, path,
	                         image->interpreter_size + 1);

	if (!error && (path[image->interpreter_size] || memchr(path, 0, image->interpreter_size)))
		error = E_NOEXEC;
	if (!error)
		error = answer_text(rq, path, image->interpreter_size + 1);
	if (!error)
		*need = EXEC_INTERPRETER;
	return error;
}

/* Check the files; *need tells if the caller must bring more. */
static err_t files_check(struct request *rq, cap_t file, cap_t interpreter, u32 *need)
{
	err_t error = file_open(&load.file, file);

	if (!error)
		error = image_check(&load.file, &load.plan.image);
	if (error == E_NOEXEC)
		return try_script(rq, need);
	if (error || !load.plan.image.interpreter_size)
		return error;
	if (!interpreter)
		return ask_interpreter(rq, need);
	error = file_open(&load.interpreter, interpreter);
	if (!error)
		error = image_check(&load.interpreter, &load.plan.interpreter);
	if (!error && load.plan.interpreter.interpreter_size)
		error = E_NOEXEC;
	load.plan.interpreted = true;
	return error;
}

static err_t plan_make(const struct exec_request *request)
{
	struct plan *plan = &load.plan;
	err_t error = image_place(plan);

	if (!error)
		error = image_plan(plan, &load.file, &plan->image, plan->bias);
	if (!error && plan->interpreted)
		error = image_plan(plan, &load.interpreter, &plan->interpreter,
		                   plan->interpreter_bias);
	if (!error)
		error = stack_plan(plan, request);
	return error ? error : personality_plan(plan, request);
}

static bool cap_is(cap_t cap, u32 kind, u32 rights)
{
	u64 info;

	return cap_info(cap, &info) == OK && (info & 0xff) == kind && !(rights & ~(info >> 8));
}

static err_t program_load(struct request *rq, cap_t task, u32 *need)
{
	struct exec_request request;
	err_t error = files_check(rq, rq->msg.cap[1], rq->msg.cap[2], need);

	if (error || *need != EXEC_DONE)
		return error;
	error = request_fetch(rq, &request);
	if (!error)
		error = plan_make(&request);
	/* Calls to strangers are over. */
	rt_call_deadline(0);
	return error ? error : plan_run(&load.plan, task, &request);
}

static err_t on_run(struct request *rq, cap_t task, cap_t file, cap_t interpreter, cap_t bank,
                    u32 *need)
{
	(void)file, (void)interpreter;
	*need = EXEC_DONE;
	if (!cap_is(task, KIND_TASK, RIGHT_CONTROL) || !cap_is(bank, KIND_BANK, RIGHT_USE))
		return E_CAP;
	memset(&load.plan, 0, sizeof(load.plan));
	load.plan.bank = bank;
	rt_call_deadline(rt_now() + FILE_WAIT_NS);
	err_t error = program_load(rq, task, need);
	rt_call_deadline(0);
	plan_drop(&load.plan);
	file_close(&load.file);
	file_close(&load.interpreter);
	request_done();
	return error;
}

static const struct exec_ops ops = { .exec_run = on_run };

void exec_dispatch(struct server *server, struct request *rq)
{
	(void)server;
	exec_serve(&ops, rq);
}
