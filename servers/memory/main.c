/* SPDX-License-Identifier: MIT */
/* The memory manager: it holds the account of all memory that is not a server's own, and gives each process a child of it. A limit that cannot be
 * kept is refused here and now. Paging and its policy come with the swap manager. */
#include <string.h>

#include "memory.h"
#include "proto/memory_server.h"
#include "proto/supervisor.h"

static struct memory memory;

static u64 figure(cap_t bank, u32 which)
{
	u64 value = 0;
	return bank_read(bank, which, &value) ? 0 : value;
}

static err_t on_bank(struct request *rq, u64 limit, cap_t *bank)
{
	(void)rq;
	u64 most = figure(memory.ram, BANK_LIMIT);
	cap_t made;
	if (limit == 0 || limit > most)
		limit = most;
	err_t error = bank_create(memory.ram, limit, 0, &made);
	if (!error)
		*bank = made | CAP_MOVE;
	return error;
}

static err_t on_figures(struct request *rq, struct memory_figures *figures)
{
	(void)rq;
	*figures = (struct memory_figures){
		.total = figure(memory.ram, BANK_LIMIT),
		.free = figure(memory.ram, BANK_AVAILABLE),
		.processes = figure(memory.ram, BANK_CHARGED),
	};
	if (memory.machine) {
		(void)!machine_read(memory.machine, MACHINE_PAGES_TOTAL, &figures->total);
		(void)!machine_read(memory.machine, MACHINE_KERNEL_PAGES, &figures->kernel);
	}
	return OK;
}

static err_t on_report(struct request *rq, u64 start, u64 *count)
{
	static char text[REPORT_MAX];
	size_t size = report_make(&memory, text, sizeof(text));
	u64 n = start >= size ? 0 : size - start;
	if (n > rq->out_size)
		n = rq->out_size;
	request_reply_data(rq, text + (n ? start : 0), n);
	*count = n;
	return OK;
}

static err_t on_name(struct request *rq, cap_t bank)
{
	if (memory.named == BANKS_MAX)
		return E_LIMIT;
	if (rq->in_size >= BANK_NAME_MAX)
		return E_NAMETOOLONG;
	struct named_bank *entry = &memory.bank[memory.named];
	err_t error = request_read(rq, 0, entry->name, rq->in_size);
	if (error)
		return error;
	entry->name[rq->in_size] = 0;
	entry->bank = bank;
	rq->msg.cap[0] = 0; /* kept */
	memory.named++;
	return OK;
}

static const struct memory_ops ops = {
	.memory_bank = on_bank,
	.memory_figures = on_figures,
	.memory_report = on_report,
	.memory_name = on_name,
};

static void dispatch(struct server *server, struct request *rq)
{
	(void)server;
	if (rq->msg.word[0] >> 16 == 5)
		memory_serve(&ops, rq);
	else
		node_dispatch(&memory, rq);
}

int main(void)
{
	struct server server = { .dispatch = dispatch, .requests = 16, .in_size = 256 };

	memory.ram = rt_cap_need("ram");
	memory.machine = rt_cap("machine");
	err_t error = rt_server_start(&server);
	if (!error)
		error = supervisor_ready(rt_cap_need("supervisor"));
	if (error)
		rt_fail("start: %s", rt_error_text(error));
	rt_server_loop(&server);
}
