/* SPDX-License-Identifier: MIT */
/* Parts of the machine, cut out as the manifest says. The server's outer bank pays; a part is made
 * once and serves all lives. */
#include <string.h>

#include "supervisor.h"

static err_t make_io(const struct manifest_grant *grant, cap_t bank, cap_t *cap)
{
	cap_t all = rt_cap_need("io_ports");

	*cap = all;
	if (grant->number[0] == MANIFEST_ALL)
		return OK;
	return io_ports_create(bank, all, (u32)grant->number[0], (u32)grant->number[1], cap);
}

static err_t make_interrupt(const struct manifest_grant *grant, cap_t bank, cap_t *cap)
{
	cap_t all = rt_cap_need("interrupts");

	*cap = all;
	if (grant->number[0] == MANIFEST_ALL)
		return OK;
	return interrupt_create(bank, all, (u32)grant->number[0], (u32)grant->number[1], cap);
}

static err_t make_physical(const struct manifest_grant *grant, cap_t bank, cap_t *cap)
{
	cap_t all = rt_cap_need("physical");
	u32 rights = grant->number[2] ? RIGHT_ALL : RIGHT_ALL & ~RIGHT_DMA;

	if (grant->number[0] == MANIFEST_ALL)
		return cap_copy(0, all, rights, 0, cap);
	return physical_create(bank, all, grant->number[0], grant->number[1], rights, cap);
}

/* A copy in a segment of its own, which unlike the bundle can be cloned. */
static err_t make_file(const struct manifest_grant *grant, cap_t bank, cap_t *cap)
{
	struct bundle_file file;
	err_t error = bundle_find(&supervisor.bundle, grant->target, &file);

	if (!error)
		error = segment_create(bank, page_round_up(file.size), SEGMENT_COMMITTED, cap);
	if (error)
		return error;
	void *pages = rt_map(*cap, 0, file.size, ACCESS_READ | ACCESS_WRITE);
	if (!pages) {
		error = cap_close(*cap);
		return error ? error : E_FUNDS;
	}
	memcpy(pages, file.data, file.size);
	rt_unmap(pages, file.size);
	return OK;
}

/* A child of what sigma0 made under the name "bank:SERVER.GRANT", so that it can be destroyed. */
static err_t make_bank(const struct manifest_grant *grant, const char *server, cap_t *cap)
{
	char name[64] = "bank:";

	if (strlen(server) + strlen(grant->name) + 8 > sizeof(name))
		return E_NAMETOOLONG;
	strcat(name, server);
	strcat(name, ".");
	strcat(name, grant->name);
	u64 limit;
	err_t error = bank_read(rt_cap(name), BANK_LIMIT, &limit);
	return error ? error : bank_create(rt_cap(name), limit, 0, cap);
}

static err_t authority_make(u32 server, const struct manifest_grant *grant, cap_t *cap)
{
	cap_t bank = supervisor.child[server].bank;

	switch (grant->kind) {
	case GRANT_GATE:
		return gate_find(grant->server, grant->number[0], cap);
	case GRANT_IO:
		return make_io(grant, bank, cap);
	case GRANT_INTERRUPT:
		return make_interrupt(grant, bank, cap);
	case GRANT_PHYSICAL:
		return make_physical(grant, bank, cap);
	case GRANT_FILE:
		return make_file(grant, bank, cap);
	case GRANT_BANK:
		return make_bank(grant, supervisor.manifest.server[server].name, cap);
	case GRANT_SCHEDULE:
		return schedule_create(bank, RT_SCHEDULE, (u32)grant->number[0], cap);
	case GRANT_MACHINE:
		*cap = rt_cap_need("machine");
		return OK;
	case GRANT_BUNDLE:
		*cap = rt_cap_need("bundle");
		return OK;
	case GRANT_COMMAND_LINE:
		*cap = rt_cap_need("command_line");
		return OK;
	}
	return E_INVAL;
}

err_t authority_find(u32 server, u32 index, cap_t *cap)
{
	err_t error = OK;

	if (!supervisor.authority[index])
		error = authority_make(server, &supervisor.manifest.grant[index],
		                       &supervisor.authority[index]);
	*cap = supervisor.authority[index];
	return error;
}

void authority_renew_banks(u32 server)
{
	const struct manifest_server *manifest = &supervisor.manifest.server[server];

	for (u32 i = 0; i < manifest->grant_count; i++) {
		u32 at = manifest->grant_first + i;
		cap_t bank = supervisor.authority[at];
		if (supervisor.manifest.grant[at].kind != GRANT_BANK || !bank)
			continue;
		if (cap_destroy(bank) || cap_close(bank))
			rt_log("the old bank of %s cannot be destroyed", manifest->name);
		supervisor.authority[at] = 0;
	}
}
