/* SPDX-License-Identifier: MIT */
/* What a process is doing: stat, status, statm, comm. Formats: proc(5). */
#include <string.h>

#include "procfs.h"
#include "proto/terminal.h"

enum { COMM_MAX = 15, TICK_NS = 10000000, NICE = 0, PRIORITY = 20, SIGCHLD_NUMBER = 17 };
#define CAPABILITIES_ALL 0x1fffffffffful

static u64 ticks(u64 ns) { return ns / TICK_NS; }

static const char *comm_of(struct inspect_process *process)
{
	process->name[COMM_MAX] = 0;
	return process->name;
}

static const char *state_text(u32 state)
{
	switch (state) {
	case INSPECT_RUNNING:
		return "R (running)";
	case INSPECT_STOPPED:
		return "T (stopped)";
	case INSPECT_ZOMBIE:
		return "Z (zombie)";
	default:
		return "S (sleeping)";
	}
}

/* What a process shows; zeroes of one that shows nothing. */
struct shown {
	struct sizes sizes;
	struct personality_view view;
	u64 blocked, ignored, caught;
	u64 break_start;
	u32 umask, descriptors;
};

static struct shown shown_of(const struct subject *subject)
{
	struct shown shown = { 0 };
	struct look look;

	if (look_start(&look, subject->pid))
		return shown;
	shown.view = look.view;
	shown.sizes = look_sizes(&look);
	shown.blocked = look_blocked(&look, subject->thread ? subject->thread : subject->pid);
	look_actions(&look, &shown.ignored, &shown.caught);
	shown.break_start = look_u64(&look, look.view.break_start);
	shown.umask = look_u32(&look, look.view.umask);
	shown.descriptors = look_descriptor_end(&look);
	look_end(&look);
	return shown;
}

err_t print_comm(struct text_window *w, const struct subject *subject)
{
	struct inspect_process process;
	err_t error = process_get(subject->pid, &process);

	if (!error)
		text_print(w, "%s\n", comm_of(&process));
	return error;
}

err_t print_statm(struct text_window *w, const struct subject *subject)
{
	struct inspect_process process;
	err_t error = process_get(subject->pid, &process);

	if (error)
		return error;
	struct sizes sizes = shown_of(subject).sizes;
	text_print(w, "%lu %lu %lu %lu 0 %lu 0\n", sizes.all / PAGE_SIZE, process.resident,
	           sizes.shared / PAGE_SIZE, sizes.code / PAGE_SIZE,
	           (sizes.data + sizes.stack) / PAGE_SIZE);
	return OK;
}

/* The terminal of a session, as stat tells it. */
struct controlling {
	u32 number; /* 0: none */
	i32 group;
};

static struct controlling controlling_of(u32 session)
{
	u32 number = 0, group = 0;

	if (!procfs.terminal || !session)
		return (struct controlling){ 0, -1 };
	deadline_start();
	err_t error = terminal_of_session(procfs.terminal, session, &number, &group);
	deadline_end();
	return error ? (struct controlling){ 0, -1 } : (struct controlling){ number, (i32)group };
}

err_t print_stat(struct text_window *w, const struct subject *subject)
{
	struct inspect_process p;
	err_t error = process_get(subject->pid, &p);

	if (error)
		return error;
	struct shown shown = shown_of(subject);
	struct controlling terminal = controlling_of(p.session);
	text_print(w, "%u (%s) %c %u %u %u %u %d 0 %lu 0 %lu 0 %lu %lu %lu %lu %d %d %u 0 ",
	           subject->thread ? subject->thread : p.pid, comm_of(&p), (char)p.state, p.parent,
	           p.group, p.session, terminal.number, terminal.group, p.minor_faults,
	           p.major_faults, ticks(p.user_ns), ticks(p.system_ns), ticks(p.children_user_ns),
	           ticks(p.children_system_ns), PRIORITY, NICE, p.threads);
	text_print(w, "%lu %lu %lu %lu 0 0 %lu 0 0 ", ticks(p.start_ns), shown.sizes.all,
	           p.resident, p.limit[5][0], shown.view.stack_high);
	text_print(w, "%lu %lu %lu %lu 0 0 0 %d 0 0 0 0 0 0 0 0 %lu %lu %lu %lu %lu %u\n",
	           p.pending, shown.blocked, shown.ignored, shown.caught, SIGCHLD_NUMBER,
	           shown.break_start, shown.view.arguments, shown.view.arguments_end,
	           shown.view.environment, shown.view.environment_end, p.status);
	return OK;
}

static void print_memory(struct text_window *w, const struct inspect_process *p,
                         const struct sizes *sizes)
{
	text_print(w, "VmSize:\t%8lu kB\nVmRSS:\t%8lu kB\nVmData:\t%8lu kB\n", sizes->all / 1024,
	           p->resident * (PAGE_SIZE / 1024), sizes->data / 1024);
	text_print(w, "VmStk:\t%8lu kB\nVmExe:\t%8lu kB\nVmSwap:\t       0 kB\n",
	           sizes->stack / 1024, sizes->code / 1024);
}

static void print_rights(struct text_window *w, u32 euid)
{
	u64 capabilities = euid ? 0 : CAPABILITIES_ALL;

	text_print(w,
	           "CapInh:\t%016lx\nCapPrm:\t%016lx\nCapEff:\t%016lx\nCapBnd:\t%016lx\n"
	           "CapAmb:\t%016lx\nNoNewPrivs:\t0\nSeccomp:\t0\n",
	           0ul, capabilities, capabilities, CAPABILITIES_ALL, 0ul);
}

err_t print_status(struct text_window *w, const struct subject *subject)
{
	struct inspect_process p;
	err_t error = process_get(subject->pid, &p);

	if (error)
		return error;
	struct shown shown = shown_of(subject);
	text_print(w, "Name:\t%s\nUmask:\t%04o\nState:\t%s\nTgid:\t%u\nNgid:\t0\nPid:\t%u\n",
	           comm_of(&p), shown.umask, state_text(p.state), p.pid,
	           subject->thread ? subject->thread : p.pid);
	text_print(w, "PPid:\t%u\nTracerPid:\t0\nUid:\t%u\t%u\t%u\t%u\n", p.parent, p.uid, p.euid,
	           p.euid, p.euid);
	text_print(w, "Gid:\t%u\t%u\t%u\t%u\nFDSize:\t%u\nGroups:\t\nNStgid:\t%u\nNSpid:\t%u\n",
	           p.gid, p.egid, p.egid, p.egid, shown.descriptors, p.pid, p.pid);
	text_print(w, "NSpgid:\t%u\nNSsid:\t%u\n", p.group, p.session);
	if (p.state != INSPECT_ZOMBIE)
		print_memory(w, &p, &shown.sizes);
	text_print(w,
	           "Threads:\t%u\nSigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\n"
	           "SigIgn:\t%016lx\nSigCgt:\t%016lx\n",
	           p.threads, 0ul, p.pending, shown.blocked, shown.ignored, shown.caught);
	print_rights(w, p.euid);
	return OK;
}
