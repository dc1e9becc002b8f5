/* SPDX-License-Identifier: MIT */
/* The supervisor: starts the servers of the manifest in order, watches them, starts again what
 * dies. One event loop; nothing in it waits for a server without a deadline. */
#include <string.h>

#include "supervisor.h"

enum { TEXT_MAX = 16 << 10 };

struct supervisor supervisor;
static char text[TEXT_MAX + 1];
static struct rt_source deaths, timer;

static void must(err_t error, const char *what)
{
	if (error)
		rt_fail("%s: %s", what, rt_error_text(error));
}

static void read_manifest(void)
{
	struct bundle_file file;
	struct manifest_error error;
	const char *command_line = rt_map(rt_cap_need("command_line"), 0, PAGE_SIZE, ACCESS_READ);

	must(bundle_open(&supervisor.bundle, rt_cap_need("bundle")), "boot bundle");
	must(bundle_find(&supervisor.bundle, "boot.manifest", &file), "boot.manifest");
	if (file.size > TEXT_MAX || !command_line)
		rt_fail("boot.manifest is too large");
	memcpy(text, file.data, file.size);
	if (manifest_parse(&supervisor.manifest, text, file.size, command_line, &error))
		rt_fail("boot.manifest, line %u: %s", error.line, error.text);
	supervisor.log = manifest_find(&supervisor.manifest, "log");
	supervisor.memory = manifest_find(&supervisor.manifest, "memory");
	supervisor.proc = manifest_find(&supervisor.manifest, "proc");
}

/* Set the timer to the nearest of the children's deadlines. */
static void timer_set(void)
{
	u64 next = DEADLINE_NEVER;

	for (u32 i = 0; i < supervisor.manifest.server_count; i++)
		if (supervisor.child[i].deadline < next)
			next = supervisor.child[i].deadline;
	must(event_timer(supervisor.timer, 1, next), "timer");
}

static void on_death(struct rt_source *source, u64 bits)
{
	(void)source;
	for (u32 i = 0; i < supervisor.manifest.server_count; i++) {
		if (bits >> (2 * i) & 3 && supervisor.child[i].task)
			child_died(i);
	}
}

static void on_timer(struct rt_source *source, u64 bits)
{
	u64 now = rt_now();

	(void)source;
	(void)bits;
	for (u32 i = 0; i < supervisor.manifest.server_count; i++)
		child_tick(i, now);
}

/* Before each wait: what became possible. */
static void on_idle(struct server *server)
{
	(void)server;
	boot_progress();
	timer_set();
}

static void watch(struct rt_source *source, cap_t *event, void (*handler)(struct rt_source *, u64))
{
	must(event_create(RT_BANK, event), "event");
	source->event = *event;
	source->handler = handler;
	must(rt_source_add(&supervisor.server, source), "event");
}

int main(void)
{
	supervisor.server = (struct server){
		.dispatch = service_dispatch,
		.no_clients = service_no_clients,
		.idle = on_idle,
		.requests = MANIFEST_SERVERS_MAX,
	};
	must(rt_server_start(&supervisor.server), "start");
	read_manifest();
	watch(&deaths, &supervisor.deaths, on_death);
	watch(&timer, &supervisor.timer, on_timer);
	for (u32 i = 0; i < supervisor.manifest.server_count; i++)
		must(child_prepare(i), supervisor.manifest.server[i].name);
	rt_server_loop(&supervisor.server);
}
