/* SPDX-License-Identifier: MIT */
/* The manifest's steps, each done when what it needs is settled. Calls to other servers carry
 * deadlines: a server that hangs costs its step, never the supervisor. */
#include <fcntl.h>
#include <string.h>

#include "proto/dir.h"
#include "proto/exec.h"
#include "proto/memory.h"
#include "proto/process.h"
#include "supervisor.h"

#define CALL_WAIT_NS 10000000000ull
enum { GATE_SYSTEM = 1 }; /* of a file system: fs/lib's FS_LABEL_SYSTEM */
enum { NAME_WAIT_NS = 500000000, CROSS_MAX = 8, EXEC_ROOM = 1024 };

/* By hand, because the generated functions do not tell where a path crosses. */
#define CALL_DIR_OPEN   CALL(2, 1)
#define CALL_DIR_ATTACH CALL(2, 12)

static bool done[MANIFEST_STEPS_MAX];

static const char *name_of(u32 index) { return supervisor.manifest.server[index].name; }

/* --- servers --- */

/* Who stands further up in the manifest and is named by a gate goes first. */
static bool needs_settled(u32 index)
{
	const struct manifest_server *server = &supervisor.manifest.server[index];

	for (u32 i = 0; i < server->grant_count; i++) {
		const struct manifest_grant *grant =
		        &supervisor.manifest.grant[server->grant_first + i];
		if (grant->kind == GRANT_GATE && grant->server < index &&
		    !child_settled(grant->server))
			return false;
	}
	return index == supervisor.log || supervisor.log == supervisor.manifest.server_count ||
	       child_settled(supervisor.log);
}

static bool step_server(const struct manifest_step *step)
{
	if (supervisor.manifest.server[step->server].replaces < supervisor.manifest.server_count)
		return true; /* when the other is left down */
	if (!needs_settled(step->server))
		return false;
	child_start(step->server);
	return true;
}

/* --- calls with a path --- */

static void drop(cap_t cap)
{
	err_t error = cap ? cap_close(cap) : OK;

	(void)error; /* it came with an answer */
}

/* Where a path leaves a server: the rest, and whom to ask. */
static err_t path_cross(const struct msg *m, cap_t root, cap_t *at, cap_t *crossed)
{
	drop(*crossed);
	*crossed = 0;
	if (m->word[1] == CROSS_DOWN || m->word[1] == CROSS_NODE)
		*at = *crossed = m->cap[0];
	else if (m->word[1] == CROSS_ROOT)
		*at = root;
	else
		return E_XDEV;
	return m->word[3] < DIR_PATH_MAX ? OK : E_MSG;
}

/* Make the call `*asked` of dir.h for `path`, following it where it leads; *asked becomes the
 * answer. */
static err_t call_path(cap_t root, const char *path, struct msg *asked)
{
	static char name[DIR_PATH_MAX], rest[DIR_PATH_MAX];
	cap_t at = root, crossed = 0;
	err_t error = E_CROSS;
	struct msg m;

	strcpy(name, path);
	for (int i = 0; i < CROSS_MAX && error == E_CROSS; i++) {
		const char *relative = name + strspn(name, "/");
		m = *asked;
		m.in = relative;
		m.in_size = strlen(relative);
		m.out = rest;
		m.out_size = sizeof(rest);
		rt_call_deadline(rt_now() + CALL_WAIT_NS);
		error = rt_call(at, &m);
		rt_call_deadline(0);
		if (error != E_CROSS)
			break;
		error = path_cross(&m, root, &at, &crossed);
		if (error)
			break;
		memcpy(name, rest, m.word[3]);
		name[m.word[3]] = 0;
		error = E_CROSS;
	}
	drop(crossed);
	*asked = m;
	return error == E_CROSS ? E_LOOP : error;
}

/* --- attach --- */

/* How much of `path` leads to `point`, with the slash behind it; 0: it does not lie below. */
static size_t path_below(const char *path, const char *point)
{
	size_t size = strlen(point);

	return !strncmp(path, point, size) && path[size] == '/' ? size + 1 : 0;
}

/* Whose system gate to go through for `path`, and with how much less of it: the server attached
 * nearest above, since crossings lead to gates that anybody may have. */
static err_t attach_place(const char *path, cap_t *place, size_t *skip)
{
	u32 server = supervisor.manifest.root;

	*skip = 0;
	for (u32 i = 0; i < supervisor.manifest.step_count; i++) {
		const struct manifest_step *step = &supervisor.manifest.step[i];
		if (step->kind != STEP_ATTACH || step->server == MANIFEST_SUPERVISOR || step->label)
			continue;
		size_t below = path_below(path, step->path);
		if (below > *skip) {
			server = step->server;
			*skip = below;
		}
	}
	return gate_find(server, GATE_SYSTEM, place);
}

static err_t attach(const struct manifest_step *step)
{
	cap_t root, target, lead;
	size_t skip;
	err_t error = attach_place(step->path, &root, &skip);

	if (!error)
		error = step->server == MANIFEST_SUPERVISOR
		                ? service_gate(&target)
		                : gate_find(step->server, step->label, &target);
	/* Whoever crosses gets it: nobody may end it for all. */
	if (!error)
		error = cap_copy(0, target, RIGHT_USE | RIGHT_COPY, 0, &lead);
	if (error)
		return error;
	struct msg m = { .word[0] = CALL_DIR_ATTACH, .cap[0] = lead };
	error = call_path(root, step->path + skip, &m);
	(void)cap_close(lead);
	return error;
}

/* One may lead to where the next is to be attached. */
static bool attached_before(u32 index)
{
	for (u32 i = 0; i < index; i++)
		if (supervisor.manifest.step[i].kind == STEP_ATTACH && !done[i])
			return false;
	return true;
}

static bool step_attach(const struct manifest_step *step, u32 index)
{
	bool own = step->server == MANIFEST_SUPERVISOR;

	if (!attached_before(index))
		return false;
	if (!child_settled(supervisor.manifest.root) || (!own && !child_settled(step->server)))
		return false;
	err_t error = attach(step);
	if (error && error != E_BUSY) /* busy: it is there, from before another server's restart */
		rt_log("%s cannot be attached at %s: %s", own ? rt_name() : name_of(step->server),
		       step->path, rt_error_text(error));
	return true;
}

void boot_attach_again(void)
{
	for (u32 i = 0; i < supervisor.manifest.step_count; i++)
		if (supervisor.manifest.step[i].kind == STEP_ATTACH)
			done[i] = false;
}

void boot_mounts(struct text_window *window)
{
	const struct manifest *manifest = &supervisor.manifest;

	if (manifest->root < manifest->server_count)
		text_print(window, "%s /\n", manifest->server[manifest->root].image);
	for (u32 i = 0; i < manifest->step_count; i++) {
		const struct manifest_step *step = &manifest->step[i];
		if (step->kind == STEP_ATTACH && done[i] && step->server < manifest->server_count)
			text_print(window, "%s %s\n", manifest->server[step->server].image,
			           step->path);
	}
}

/* --- the first process --- */

static size_t add_string(char *to, size_t used, const char *string)
{
	size_t size = strlen(string) + 1;

	if (size > EXEC_ROOM - used)
		rt_fail("the first process's arguments are too long");
	memcpy(to + used, string, size);
	return used + size;
}

static err_t start_process(const struct manifest_step *step, cap_t proc, cap_t file, cap_t root)
{
	static const char *const environment[] = {
		"PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/", "TERM=linux"
	};
	static char room[EXEC_ROOM];
	struct exec_arguments header = { .arguments = step->argument_count,
		                         .environment = COUNT_OF(environment) };
	size_t used = add_string(room, sizeof(header), step->path);
	u32 pid;

	header.name_size = (u32)(used - sizeof(header));
	for (u32 i = 0; i < step->argument_count; i++)
		used = add_string(room, used, step->argument[i]);
	for (u32 i = 0; i < COUNT_OF(environment); i++)
		used = add_string(room, used, environment[i]);
	header.strings_size = (u32)(used - sizeof(header));
	header.size = (u32)((used + 7) & ~7ull);
	memcpy(room, &header, sizeof(header));
	return process_start(proc, file, root, room, header.size, &pid);
}

static err_t start_first(const struct manifest_step *step)
{
	struct msg m = { .word = { CALL_DIR_OPEN, O_RDONLY, 0 } };
	cap_t root, proc;

	if (supervisor.proc == supervisor.manifest.server_count)
		return E_NOENT;
	err_t error = gate_find(supervisor.manifest.root, 0, &root);
	if (!error)
		error = gate_find(supervisor.proc, 0, &proc);
	if (!error)
		error = call_path(root, step->path, &m);
	if (error)
		return error;
	rt_call_deadline(rt_now() + CALL_WAIT_NS);
	error = start_process(step, proc, m.cap[0], root);
	rt_call_deadline(0);
	err_t closed = cap_close(m.cap[0]);
	(void)closed; /* the process has its own */
	return error;
}

static void report_boot(const struct manifest_step *step)
{
	u64 free = 0, idle = 0, now = rt_now();
	u32 ready = 0, wanted = 0;

	if (machine_read(rt_cap("machine"), MACHINE_PAGES_FREE, &free) ||
	    machine_read(rt_cap("machine"), MACHINE_IDLE_NS, &idle))
		free = 0;
	for (u32 i = 0; i < supervisor.manifest.server_count; i++)
		ready += supervisor.child[i].state == CHILD_READY,
		        wanted += supervisor.child[i].state != CHILD_DOWN;
	rt_log("%u of %u servers, %s after %lu ms (%lu ms idle), %lu KiB free", ready, wanted,
	       step->path, now / 1000000, idle / 1000000, free * (PAGE_SIZE / 1024));
}

/* Another root file system may have what this one has not. */
static bool root_replaceable(void)
{
	u32 root = supervisor.manifest.root;

	for (u32 i = 0; i < supervisor.manifest.server_count; i++)
		if (supervisor.manifest.server[i].replaces == root)
			return child_acting(root) == root;
	return false;
}

void boot_replace_root(void)
{
	if (root_replaceable())
		child_retire(supervisor.manifest.root);
}

static bool step_start(const struct manifest_step *step, u32 index)
{
	for (u32 i = 0; i < index; i++) {
		const struct manifest_step *before = &supervisor.manifest.step[i];
		if (!done[i] || (before->kind == STEP_SERVER && !child_settled(before->server)))
			return false;
	}
	err_t error = start_first(step);
	if (!error) {
		report_boot(step);
		return true;
	}
	rt_log("%s cannot be started: %s", step->path, rt_error_text(error));
	boot_replace_root();
	return true;
}

void boot_start_again(void)
{
	for (u32 i = 0; i < supervisor.manifest.step_count; i++)
		if (supervisor.manifest.step[i].kind == STEP_START)
			done[i] = false;
}

/* --- the memory manager's report --- */

/* It gets the right to read figures, no more. Names that do not arrive are missing in a report,
 * that is all. */
static void name_bank(cap_t memory, cap_t bank, const char *name)
{
	cap_t copy;

	if (cap_copy(0, bank, RIGHT_READ | RIGHT_COPY, 0, &copy))
		return;
	rt_call_deadline(rt_now() + NAME_WAIT_NS);
	err_t error = memory_name(memory, copy, name, strlen(name));
	rt_call_deadline(0);
	if (error)
		rt_log("the bank of %s stays without a name: %s", name, rt_error_text(error));
	error = cap_close(copy);
	(void)error; /* memory's is another */
}

static void name_banks(void)
{
	cap_t memory;

	if (supervisor.named || supervisor.memory == supervisor.manifest.server_count ||
	    supervisor.child[supervisor.memory].state != CHILD_READY ||
	    gate_find(supervisor.memory, 0, &memory))
		return;
	supervisor.named = true;
	name_bank(memory, RT_BANK, "supervisor");
	for (u32 i = 0; i < supervisor.manifest.server_count; i++)
		name_bank(memory, supervisor.child[i].bank, name_of(i));
}

/* --- all of it --- */

static bool step_try(u32 index)
{
	const struct manifest_step *step = &supervisor.manifest.step[index];

	switch (step->kind) {
	case STEP_SERVER:
		return step_server(step);
	case STEP_ATTACH:
		return step_attach(step, index);
	case STEP_START:
		return step_start(step, index);
	}
	return true;
}

void boot_progress(void)
{
	bool again = true;

	while (again) {
		again = false;
		for (u32 i = 0; i < supervisor.manifest.step_count; i++) {
			if (!done[i] && step_try(i))
				again = done[i] = true;
		}
	}
	name_banks();
}
