/* SPDX-License-Identifier: MIT */
/* The PCI bus server: gates with label 0 are the bus, those with label N + 1 are function N,
 * claimed. */
#include "lib/driver.h"
#include "pci.h"
#include "proto/supervisor.h"
#include "proto/pci_server.h"

enum { ANY = 0xffff, REQUESTS = 8 };

static struct pci *pci_of(const struct request *rq) { return rq->server->state; }

/* The function behind a device gate; NULL for the bus gate. */
static struct function *function_of(const struct request *rq)
{
	struct pci *pci = pci_of(rq);

	return rq->label && rq->label <= pci->count ? &pci->functions[rq->label - 1] : NULL;
}

/* --- on the bus gate --- */

static err_t bus_device(struct request *rq, u32 index, struct pci_id *id)
{
	struct pci *pci = pci_of(rq);

	if (rq->label)
		return E_NOTSUP;
	if (index >= pci->count)
		return E_NOENT;
	*id = pci->functions[index].id;
	return OK;
}

static bool id_matches(const struct pci_id *id, u32 vendor, u32 device, u32 class_code,
                       u32 class_mask)
{
	return (vendor == ANY || vendor == id->vendor) && (device == ANY || device == id->device) &&
	       ((class_code ^ id->class_code) & class_mask) == 0;
}

static err_t bus_claim(struct request *rq, u32 vendor, u32 device, u32 class_code, u32 class_mask,
                       u32 index, cap_t *claimed)
{
	struct pci *pci = pci_of(rq);
	struct function *function = NULL;

	if (rq->label)
		return E_NOTSUP;
	for (u32 i = 0; i < pci->count && !function; i++)
		if (!pci->functions[i].bridge &&
		    id_matches(&pci->functions[i].id, vendor, device, class_code, class_mask) &&
		    index-- == 0)
			function = &pci->functions[i];
	if (!function)
		return E_NOENT;
	if (function->claimed)
		return E_BUSY;

	cap_t gate;
	err_t error = request_gate(rq, (u64)(function - pci->functions) + 1, &gate);
	if (error)
		return error;
	function_quiet(pci, function);
	function->claimed = true;
	*claimed = gate | CAP_MOVE;
	return OK;
}

/* --- on a device gate --- */

static err_t device_identity(struct request *rq, struct pci_id *id)
{
	struct function *function = function_of(rq);

	if (!function)
		return E_NOTSUP;
	*id = function->id;
	return OK;
}

static err_t device_bar(struct request *rq, u32 number, cap_t *physical, u64 *size)
{
	struct function *function = function_of(rq);
	u64 base;

	return function ? function_bar(pci_of(rq), function, number, BAR_MEMORY, physical, &base,
	                               size)
	                : E_NOTSUP;
}

static err_t device_io_bar(struct request *rq, u32 number, cap_t *ports, u32 *first, u32 *count)
{
	struct function *function = function_of(rq);
	u64 base, size;

	if (!function)
		return E_NOTSUP;
	err_t error = function_bar(pci_of(rq), function, number, BAR_IO, ports, &base, &size);
	if (error)
		return error;
	*first = (u32)base;
	*count = (u32)size;
	return OK;
}

static err_t device_read(struct request *rq, u32 offset, u32 width, u32 *value)
{
	struct function *function = function_of(rq);

	if (!function)
		return E_NOTSUP;
	if ((width != 1 && width != 2 && width != 4) || offset % width || offset >= 4096)
		return E_RANGE;
	if (offset >= CONFIG_SIZE)
		return E_NOTSUP; /* needs memory-mapped configuration space */
	*value = config_read(pci_of(rq), function->id.address, offset, width);
	return OK;
}

static err_t device_interrupt(struct request *rq, u32 number, cap_t *interrupt)
{
	struct function *function = function_of(rq);

	return function ? function_interrupt(pci_of(rq), function, number, interrupt) : E_NOTSUP;
}

static err_t device_master(struct request *rq, cap_t *dma)
{
	struct function *function = function_of(rq);

	return function ? function_master(pci_of(rq), function, dma) : E_NOTSUP;
}

static const struct pci_ops ops = {
	.pci_device = bus_device,
	.pci_claim = bus_claim,
	.pci_identity = device_identity,
	.pci_bar = device_bar,
	.pci_io_bar = device_io_bar,
	.pci_read = device_read,
	.pci_interrupt = device_interrupt,
	.pci_master = device_master,
};

static void dispatch(struct server *server, struct request *rq)
{
	(void)server;
	pci_serve(&ops, rq);
}

/* A driver is gone. */
static void no_clients(struct server *server, u64 label)
{
	struct pci *pci = server->state;

	if (!label || label > pci->count)
		return;
	function_quiet(pci, &pci->functions[label - 1]);
	pci->functions[label - 1].claimed = false;
}

int main(void)
{
	static struct pci pci;
	static struct server server = { .dispatch = dispatch,
		                        .no_clients = no_clients,
		                        .requests = REQUESTS };

	pci.ports = rt_cap_need("ports");
	pci.interrupts = rt_cap_need("interrupts");
	pci.physical = rt_cap_need("physical");
	server.state = &pci;
	err_t error = rt_server_start(&server);
	if (!error)
		error = bus_scan(&pci);
	if (error)
		driver_fail("start: %s", rt_error_text(error));
	rt_log("%u functions", pci.count);
	(void)supervisor_ready(rt_cap_need("supervisor"));
	rt_server_loop(&server);
}
