/* SPDX-License-Identifier: MIT */
/* The exec server: replaces what a task runs, all or nothing until the old program is gone for good. */
#include <string.h>

#include "exec.h"
#include "proto/exec_server.h"
#include "proto/supervisor.h"

enum { SCRIPT_MAX = 256 };

/* "#!interpreter argument": the two, each with its zero. E_NOEXEC: no script either. */
static err_t script_parse(const char *line, size_t size, char *text, size_t *text_size)
{
	size_t at = 2, end = 0;
	while (end < size && line[end] != '\n')
		end++;
	if (size < 3 || line[0] != '#' || line[1] != '!' || end == SCRIPT_MAX)
		return E_NOEXEC;
	while (end > at && (line[end - 1] == ' ' || line[end - 1] == '\t'))
		end--;
	while (at < end && (line[at] == ' ' || line[at] == '\t'))
		at++;
	size_t path = at;
	while (at < end && line[at] != ' ' && line[at] != '\t')
		at++;
	size_t path_size = at - path;
	if (!path_size || memchr(line, 0, end))
		return E_NOEXEC;
	while (at < end && (line[at] == ' ' || line[at] == '\t'))
		at++;
	memcpy(text, line + path, path_size);
	text[path_size] = 0;
	memcpy(text + path_size + 1, line + at, end - at);
	text[path_size + 1 + (end - at)] = 0;
	*text_size = path_size + 1 + (end - at) + 1;
	return OK;
}

static err_t answer_text(struct request *rq, const char *text, size_t size)
{
	return size > rq->out_size ? E_RANGE : request_write(rq, 0, text, size);
}

/* Not an ELF file: perhaps a script. */
static err_t try_script(struct request *rq, struct exec_file *file, u32 *need)
{
	char line[SCRIPT_MAX], text[SCRIPT_MAX + 2];
	size_t text_size;
	size_t size = file->size < sizeof(line) ? file->size : sizeof(line);
	err_t error = file_bytes(file, 0, line, size);
	if (!error)
		error = script_parse(line, size, text, &text_size);
	if (!error)
		error = answer_text(rq, text, text_size);
	if (!error)
		*need = EXEC_SCRIPT;
	return error;
}

static err_t ask_interpreter(struct request *rq, struct exec_file *file, const struct elf_image *image, u32 *need)
{
	char path[ELF_INTERPRETER_MAX];
	if (image->interpreter_size >= sizeof(path))
		return E_NOEXEC;
	err_t error = file_bytes(file, image->interpreter_offset, path, image->interpreter_size);
	path[image->interpreter_size] = 0;
	if (!error)
		error = answer_text(rq, path, image->interpreter_size + 1);
	if (!error)
		*need = EXEC_INTERPRETER;
	return error;
}

/* Where movable files go: 28 random bits of pages each, far from one another and from the stack. */
static void plan_places(struct plan *plan)
{
	enum { RANDOM_PAGES = 1 << 28 };
	u64 random = random_bits();
	plan->random = random_bits();
	if (plan->image.movable)
		plan->bias = 0x550000000000 + (random % RANDOM_PAGES) * PAGE_SIZE - page_round_down(plan->image.low);
	if (plan->interpreter.movable)
		plan->interpreter_bias = 0x7d0000000000 + (random >> 32) % RANDOM_PAGES * PAGE_SIZE;
}

static err_t plan_make(struct plan *plan, struct exec_file *file, struct exec_file *interpreter,
		       const struct exec_request *request)
{
	plan_places(plan);
	err_t error = image_plan(plan, file, &plan->image, plan->bias);
	if (!error && plan->interpreted)
		error = image_plan(plan, interpreter, &plan->interpreter, plan->interpreter_bias);
	if (!error)
		error = stack_plan(plan, request);
	return error ? error : personality_plan(plan, request);
}

/* Check the files; need tells if the caller must bring more. */
static err_t files_check(struct request *rq, struct plan *plan, struct exec_file *file,
			 struct exec_file *interpreter, u32 *need)
{
	err_t error = file_open(file, rq->msg.cap[1]);
	if (!error)
		error = image_check(file, &plan->image);
	if (error == E_NOEXEC)
		return try_script(rq, file, need);
	if (error || !plan->image.interpreter_size)
		return error;
	if (!rq->msg.cap[2])
		return ask_interpreter(rq, file, &plan->image, need);
	error = file_open(interpreter, rq->msg.cap[2]);
	if (!error)
		error = image_check(interpreter, &plan->interpreter);
	if (!error && plan->interpreter.interpreter_size)
		error = E_NOEXEC;
	plan->interpreted = true;
	return error;
}

static err_t on_run(struct request *rq, cap_t task, cap_t file_gate, cap_t interpreter_gate, cap_t bank, u32 *need)
{
	static struct plan plan; /* one program at a time: the loop answers a request before it takes the next */
	struct exec_request request;
	struct exec_file file = { 0 }, interpreter = { 0 };
	u64 info;

	(void)file_gate, (void)interpreter_gate;
	memset(&plan, 0, sizeof(plan));
	plan.bank = bank;
	*need = EXEC_DONE;
	err_t error = task_read(task, TASK_THREADS, &info);
	if (!error)
		error = files_check(rq, &plan, &file, &interpreter, need);
	if (error || *need != EXEC_DONE)
		return error;
	error = request_fetch(rq, &request);
	if (!error)
		error = plan_make(&plan, &file, &interpreter, &request);
	if (!error)
		error = plan_run(&plan, task, &request);
	plan_drop(&plan);
	request_done();
	return error;
}

static const struct exec_ops ops = { .exec_run = on_run };

static void dispatch(struct server *server, struct request *rq)
{
	(void)server;
	exec_serve(&ops, rq);
}

int main(void)
{
	struct server server = { .dispatch = dispatch, .requests = 8, .in_size = 0 };

	err_t error = personality_open(rt_cap_need("personality"));
	if (!error)
		error = rt_server_start(&server);
	if (!error)
		error = supervisor_ready(rt_cap_need("supervisor"));
	if (error)
		rt_fail("start: %s", rt_error_text(error));
	rt_server_loop(&server);
}
