/* SPDX-License-Identifier: MIT */
/* sigma0: holds everything when the kernel starts it, and divides it. Each server of the manifest
 * gets its bank, the supervisor all of these and the device authorities; then sigma0 waits for the
 * one thing that would be its business, the supervisor's end. */
#include <string.h>

#include "abi/thread.h"
#include "lib/manifest/manifest.h"
#include "lib/start/start.h"
#include "sigma0.h"

enum {
	TEXT_MAX = 16 << 10,
	GRANTS_MAX = RT_START_NAMES - 5,
	SUPERVISOR_LIMIT = 512, /* pages */
	SUPERVISOR_RESERVE = 64,
};

static struct bundle bundle;
static struct manifest manifest;
static char text[TEXT_MAX + 1];
static struct start_grant grants[GRANTS_MAX];
static u32 grant_count;

static void must(err_t error, const char *what)
{
	if (error)
		rt_fail("%s: %s", what, rt_error_text(error));
}

/* Names are "WHAT" or "WHAT:SERVER" or "WHAT:SERVER.GRANT". */
static void give(cap_t cap, const char *what, const char *server, const char *grant)
{
	const char *parts[] = { what, server ? ":" : "", server ? server : "", grant ? "." : "",
		                grant ? grant : "" };
	size_t size = 0;

	if (grant_count == GRANTS_MAX)
		rt_fail("too many capabilities for the supervisor");
	struct start_grant *to = &grants[grant_count++];
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		if (size + strlen(parts[i]) >= sizeof(to->name))
			rt_fail("the name %s%s%s is too long", what, parts[1], parts[2]);
		strcpy(to->name + size, parts[i]);
		size += strlen(parts[i]);
	}
	to->cap = cap;
	to->rights = RIGHT_ALL;
}

static void read_manifest(void)
{
	struct bundle_file file;
	struct manifest_error error;
	const char *command_line = rt_map(SIGMA0_COMMAND_LINE, 0, PAGE_SIZE, ACCESS_READ);

	must(bundle_open(&bundle, SIGMA0_BUNDLE), "boot bundle");
	must(bundle_find(&bundle, "boot.manifest", &file), "boot.manifest");
	if (file.size > TEXT_MAX || !command_line)
		rt_fail("boot.manifest is too large");
	memcpy(text, file.data, file.size);
	if (manifest_parse(&manifest, text, file.size, command_line, &error))
		rt_fail("boot.manifest, line %u: %s", error.line, error.text);
}

static void give_bank(const char *server, const char *grant, u64 limit, u64 reserve)
{
	cap_t bank;

	if (limit == MANIFEST_REST)
		must(bank_read(SIGMA0_BANK, BANK_LIMIT, &limit), "root bank");
	err_t error = bank_create(SIGMA0_BANK, limit, reserve, &bank);
	if (error)
		rt_fail("bank of %s: %s", server, rt_error_text(error));
	give(bank, "bank", server, grant);
}

static void divide_memory(void)
{
	for (u32 i = 0; i < manifest.server_count; i++) {
		const struct manifest_server *server = &manifest.server[i];
		give_bank(server->name, NULL, server->limit, server->reserve);
		for (u32 j = 0; j < server->grant_count; j++) {
			const struct manifest_grant *grant =
			        &manifest.grant[server->grant_first + j];
			if (grant->kind == GRANT_BANK)
				give_bank(server->name, grant->name, grant->number[0],
				          grant->number[1]);
		}
	}
}

/* The supervisor's task, whose end we want to hear of. */
static cap_t start_supervisor(void)
{
	static const char *const argument[] = { "supervisor" };
	struct started started;
	cap_t bank, port;

	must(bank_create(SIGMA0_BANK, SUPERVISOR_LIMIT, SUPERVISOR_RESERVE, &bank),
	     "supervisor's bank");
	must(port_create(bank, &port), "supervisor's port");
	give(port, "port", NULL, NULL);
	give(SIGMA0_BUNDLE, "bundle", NULL, NULL);
	give(SIGMA0_INTERRUPTS, "interrupts", NULL, NULL);
	give(SIGMA0_IO_PORTS, "io_ports", NULL, NULL);
	give(SIGMA0_PHYSICAL, "physical", NULL, NULL);
	give(SIGMA0_MACHINE, "machine", NULL, NULL);
	give(SIGMA0_COMMAND_LINE, "command_line", NULL, NULL);
	struct start start = {
		.bundle = &bundle,
		.image = "supervisor",
		.bank = bank,
		.schedule = SIGMA0_SCHEDULE,
		.clock = SIGMA0_CLOCK,
		.grant_count = grant_count,
		.grant = grants,
		.argument_count = 1,
		.argument = argument,
	};
	must(start_server(&start, &started), "supervisor");
	must(thread_start(started.thread, started.ip, started.sp, started.argument, 0, 0),
	     "supervisor");
	return started.task;
}

int main(void)
{
	cap_t event;
	u64 bits;

	read_manifest();
	divide_memory();
	must(event_create(SIGMA0_BANK, &event), "event");
	cap_t supervisor = start_supervisor();
	must(task_watch(supervisor, event, 1 << WATCH_DEAD), "watch");
	for (;;) {
		must(event_wait(event, UINT64_MAX, DEADLINE_NEVER, &bits), "wait");
		u64 kind = 0, address = 0, ip = 0;
		if (task_read(supervisor, TASK_FAULT_KIND, &kind) == OK && kind &&
		    task_read(supervisor, TASK_FAULT_ADDRESS, &address) == OK &&
		    task_read(supervisor, TASK_FAULT_IP, &ip) == OK)
			rt_log("the supervisor stopped at a fault: address %lx, ip %lx", address,
			       ip);
		else
			rt_log("the supervisor has ended: what runs, runs on unwatched");
	}
}
