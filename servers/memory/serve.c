/* SPDX-License-Identifier: MIT */
/* The manager's calls, and who may make them. */
#include <string.h>

#include "memory.h"
#include "proto/memory_server.h"

struct memory memory;
static struct text_file report = { .print = report_print, .label = LABEL_REPORT, .ino = 1 };

u64 figure_of(cap_t bank, u32 which)
{
	u64 value = 0;

	return bank_read(bank, which, &value) ? 0 : value;
}

/* Pages that no new process may count on: those who run need them to come to an end. */
static u64 pages_kept(void)
{
	u64 kept = figure_of(memory.ram, BANK_LIMIT) / 64;

	return kept < PAGES_KEPT_MIN   ? PAGES_KEPT_MIN
	       : kept > PAGES_KEPT_MAX ? PAGES_KEPT_MAX
	                               : kept;
}

/* One process may not take all: an eighth is left to the others. */
static u64 limit_default(void)
{
	u64 all = figure_of(memory.ram, BANK_LIMIT);

	return all - all / 8;
}

static err_t bank_note(cap_t bank, u32 pid)
{
	cap_t copy;
	err_t error = cap_copy(0, bank, RIGHT_READ, 0, &copy);

	if (error)
		return error;
	error = book_add_process(copy, pid);
	if (error && cap_close(copy))
		rt_log("a copy cannot be closed");
	return error;
}

static err_t on_bank_process(struct request *rq, u64 limit, u32 pid, cap_t *bank)
{
	u64 most = limit_default();
	cap_t made;

	(void)rq;
	if (figure_of(memory.ram, BANK_AVAILABLE) < pages_kept())
		return E_FUNDS;
	if (limit == 0 || limit > most)
		limit = most;
	err_t error = bank_create(memory.ram, limit, 0, &made);
	if (error)
		return error;
	error = pid ? bank_note(made, pid) : OK;
	if (error) {
		if (cap_destroy(made) || cap_close(made))
			rt_log("a bank cannot be destroyed");
		return error;
	}
	*bank = made | CAP_MOVE;
	return OK;
}

static err_t on_bank(struct request *rq, u64 limit, cap_t *bank)
{
	return on_bank_process(rq, limit, 0, bank);
}

static err_t on_figures(struct request *rq, struct memory_figures *figures)
{
	(void)rq;
	*figures = (struct memory_figures){
		.total = figure_of(memory.ram, BANK_LIMIT),
		.free = figure_of(memory.ram, BANK_AVAILABLE),
		.processes = figure_of(memory.ram, BANK_CHARGED),
	};
	if (!memory.machine)
		return OK;
	err_t error = machine_read(memory.machine, MACHINE_PAGES_TOTAL, &figures->total);
	return error ? error : machine_read(memory.machine, MACHINE_KERNEL_PAGES, &figures->kernel);
}

static err_t on_report(struct request *rq, u64 start, u64 *count)
{
	return text_answer(rq, report_print, start, count);
}

static err_t on_name(struct request *rq, cap_t bank)
{
	char name[BANK_NAME_MAX];
	u64 info;

	if (rq->in_size >= sizeof(name) || !rq->in_size)
		return E_NAMETOOLONG;
	err_t error = request_read(rq, 0, name, rq->in_size);
	if (!error)
		error = cap_info(bank, &info);
	if (error)
		return error;
	name[rq->in_size] = 0;
	if ((info & 0xff) != KIND_BANK || memchr(name, 0, rq->in_size))
		return E_INVAL;
	error = book_add_named(bank, name);
	if (!error)
		rq->msg.cap[0] = 0; /* kept */
	return error;
}

static const struct memory_ops ops = {
	.memory_bank = on_bank,
	.memory_figures = on_figures,
	.memory_report = on_report,
	.memory_name = on_name,
	.memory_bank_process = on_bank_process,
};

void memory_dispatch(struct server *server, struct request *rq)
{
	(void)server;
	if (rq->label == LABEL_MANAGER)
		memory_serve(&ops, rq);
	else
		text_dispatch(&report, rq);
}

void memory_closed(struct server *server, u64 label)
{
	(void)server;
	text_closed(&report, label);
}
