/* SPDX-License-Identifier: MIT */
/* /proc: texts that are made when somebody reads them (README.md). */
#pragma once

#include "fs/lib/fs.h"
#include "lib/text/text.h"
#include "proto/inspect.h"
#include "proto/view.h"

/* What a file or directory is about. */
struct subject {
	u32 pid;    /* 0: the system */
	u32 thread; /* 0: the process */
	i32 number; /* a descriptor; -1: none */
};

/* Print all of a file. E_SRCH: the process has ended. */
typedef err_t printer(struct text_window *w, const struct subject *subject);
/* What a link says; *size bytes, without a zero. */
typedef err_t linker(const struct subject *subject, char *target, size_t room, size_t *size);

/* Kinds of directory. */
enum class {
	CLASS_NONE,
	CLASS_ROOT,
	CLASS_SYS,
	CLASS_SYS_KERNEL,
	CLASS_SYS_RANDOM,
	CLASS_SYS_VM,
	CLASS_SYS_FS,
	CLASS_SYS_INOTIFY,
	CLASS_PROCESS,
	CLASS_TASKS,
	CLASS_THREAD,
	CLASS_FDS,
	CLASS_FDINFOS,
};

/* A name that is always there in each directory of a kind. */
struct entry {
	const char *name;
	enum class in;    /* where it stands */
	enum class opens; /* the directory that it is; CLASS_NONE: a file or link */
	u32 mode;
	printer *print;
	linker *link;
	const char *text; /* of a file or link that never changes */
};
extern const struct entry entries[];
extern const u32 entry_count;
/* A number in a directory of a kind: what it is there. NULL: the kind has none. */
const struct entry *entry_of_numbers(enum class in);

struct procfs {
	struct fs fs;
	cap_t inspect, memory, machine, supervisor, terminal;
};
extern struct procfs procfs;

/* --- tree.c --- */
struct proc_node {
	struct node node;
	const struct entry *entry; /* NULL: the root */
	enum class class;
	struct subject subject;
};
static inline struct proc_node *proc_node(struct node *node)
{
	return container_of(node, struct proc_node, node);
}
void tree_start(struct fs *fs);

/* --- file.c --- */
const struct file_ops *text_file_ops(void);

/* --- look.c: into a process --- */

/* Calls to other servers end by then. */
void deadline_start(void);
void deadline_end(void);

struct look {
	cap_t task;
	struct personality_view view;
};
/* E_SRCH: it has no task any more. E_NOTSUP: it shows nothing of itself. look_end only after OK. */
MUST_CHECK err_t look_start(struct look *look, u32 pid);
void look_end(struct look *look);
/* All of it, or an error. */
MUST_CHECK err_t look_at(const struct look *look, u64 address, void *to, size_t size);
/* Text up to its zero or the room's end: its size. */
size_t look_text(const struct look *look, u64 address, char *to, size_t room);
u32 look_u32(const struct look *look, u64 address);
u64 look_u64(const struct look *look, u64 address);
/* Entry `index` of the lists. False: there is none (any more). */
bool look_region(const struct look *look, u32 index, struct view_region *region);
u32 look_descriptor_end(const struct look *look);
bool look_descriptor(const struct look *look, u32 fd, struct view_file *file, bool *cloexec);
/* The thread numbers above `after`, the lowest of them; 0: none. */
u32 look_thread(const struct look *look, u32 after);
/* The mask of blocked signals of a thread. */
u64 look_blocked(const struct look *look, u32 thread);
/* Signals that are ignored, and that have handlers. */
void look_actions(const struct look *look, u64 *ignored, u64 *caught);

MUST_CHECK err_t process_get(u32 pid, struct inspect_process *process);

/* Sums over the regions, in bytes. */
struct sizes {
	u64 all, data, stack, code, shared;
};
struct sizes look_sizes(const struct look *look);

/* --- the files --- */
printer print_stat, print_status, print_statm, print_comm;                    /* status.c */
printer print_cmdline, print_environ, print_auxv, print_limits, print_fdinfo; /* process.c */
printer print_zero;
linker link_exe, link_cwd, link_root, link_fd;
printer print_maps, print_smaps; /* memory.c */
printer print_mounts, print_mountinfo, print_uptime, print_loadavg, print_uuid,
        print_boot_id; /* system.c */
printer print_banks;
printer print_meminfo, print_cpuinfo, print_system_stat, print_vmstat, print_swaps; /* machine.c */
