/* SPDX-License-Identifier: MIT */
/* Which names there are: the whole of /proc at a glance. */
#include "procfs.h"

#define DIR(name, in, opens)                                                                       \
	{                                                                                          \
		name, in, opens, MODE_DIR | 0555, NULL, NULL, NULL                                 \
	}
#define FILE(name, in, print)                                                                      \
	{                                                                                          \
		name, in, CLASS_NONE, MODE_FILE | 0444, print, NULL, NULL                          \
	}
#define OWN(name, in, print)                                                                       \
	{                                                                                          \
		name, in, CLASS_NONE, MODE_FILE | 0400, print, NULL, NULL                          \
	}
#define TEXT(name, in, text)                                                                       \
	{                                                                                          \
		name, in, CLASS_NONE, MODE_FILE | 0444, NULL, NULL, text                           \
	}
#define LINK(name, in, link)                                                                       \
	{                                                                                          \
		name, in, CLASS_NONE, MODE_LINK | 0777, NULL, link, NULL                           \
	}
#define TO(name, in, text)                                                                         \
	{                                                                                          \
		name, in, CLASS_NONE, MODE_LINK | 0777, NULL, NULL, text                           \
	}

#define RELEASE "6.1.0-drove"
#define FILE_SYSTEMS                                                                               \
	"nodev\tproc\nnodev\tdevtmpfs\nnodev\tdevpts\nnodev\ttmpfs\nnodev\tpipefs\n\text4\n"
#define DEVICES                                                                                    \
	"Character devices:\n  1 mem\n  4 ttyS\n  5 /dev/tty\n  5 /dev/console\n  5 /dev/ptmx\n"   \
	"136 pts\n\nBlock devices:\n254 virtblk\n"

const struct entry entries[] = {
	/* Absolute links to themselves: only the caller knows who it is (its path walker answers,
	 * personality/file/self.c). */
	TO("self", CLASS_ROOT, "/proc/self"),
	TO("thread-self", CLASS_ROOT, "/proc/thread-self"),
	TO("mounts", CLASS_ROOT, "self/mounts"),
	DIR("sys", CLASS_ROOT, CLASS_SYS),
	FILE("banks", CLASS_ROOT, print_banks),
	FILE("cpuinfo", CLASS_ROOT, print_cpuinfo),
	TEXT("devices", CLASS_ROOT, DEVICES),
	TEXT("filesystems", CLASS_ROOT, FILE_SYSTEMS),
	FILE("loadavg", CLASS_ROOT, print_loadavg),
	FILE("meminfo", CLASS_ROOT, print_meminfo),
	FILE("stat", CLASS_ROOT, print_system_stat),
	FILE("swaps", CLASS_ROOT, print_swaps),
	FILE("uptime", CLASS_ROOT, print_uptime),
	TEXT("version", CLASS_ROOT, "Drove version " RELEASE " #1 Drove x86_64\n"),
	FILE("vmstat", CLASS_ROOT, print_vmstat),

	DIR("fs", CLASS_SYS, CLASS_SYS_FS),
	DIR("inotify", CLASS_SYS_FS, CLASS_SYS_INOTIFY),
	TEXT("max_queued_events", CLASS_SYS_INOTIFY, "1024\n"), /* proto/notify.h */
	TEXT("max_user_instances", CLASS_SYS_INOTIFY, "128\n"), /* the counter server's */
	TEXT("max_user_watches", CLASS_SYS_INOTIFY, "4096\n"),
	DIR("kernel", CLASS_SYS, CLASS_SYS_KERNEL),
	DIR("vm", CLASS_SYS, CLASS_SYS_VM),
	TEXT("nr_open", CLASS_SYS_FS, "4096\n"), /* the personality's DESCRIPTOR_MAX */
	TEXT("cap_last_cap", CLASS_SYS_KERNEL, "40\n"),
	TEXT("domainname", CLASS_SYS_KERNEL, "(none)\n"),
	TEXT("hostname", CLASS_SYS_KERNEL, "drove\n"),
	TEXT("ngroups_max", CLASS_SYS_KERNEL, "65536\n"),
	TEXT("osrelease", CLASS_SYS_KERNEL, RELEASE "\n"),
	TEXT("ostype", CLASS_SYS_KERNEL, "Drove\n"),
	TEXT("pid_max", CLASS_SYS_KERNEL, "32768\n"),
	TEXT("version", CLASS_SYS_KERNEL, "#1 Drove\n"),
	DIR("random", CLASS_SYS_KERNEL, CLASS_SYS_RANDOM),
	FILE("boot_id", CLASS_SYS_RANDOM, print_boot_id),
	TEXT("entropy_avail", CLASS_SYS_RANDOM, "256\n"),
	TEXT("poolsize", CLASS_SYS_RANDOM, "256\n"),
	FILE("uuid", CLASS_SYS_RANDOM, print_uuid),
	/* Promises never exceed what there is. */
	TEXT("overcommit_memory", CLASS_SYS_VM, "2\n"),

	LINK("cwd", CLASS_PROCESS, link_cwd),
	LINK("exe", CLASS_PROCESS, link_exe),
	LINK("root", CLASS_PROCESS, link_root),
	DIR("fd", CLASS_PROCESS, CLASS_FDS),
	DIR("fdinfo", CLASS_PROCESS, CLASS_FDINFOS),
	DIR("task", CLASS_PROCESS, CLASS_TASKS),
	OWN("auxv", CLASS_PROCESS, print_auxv),
	FILE("cmdline", CLASS_PROCESS, print_cmdline),
	FILE("comm", CLASS_PROCESS, print_comm),
	OWN("environ", CLASS_PROCESS, print_environ),
	FILE("limits", CLASS_PROCESS, print_limits),
	FILE("maps", CLASS_PROCESS, print_maps),
	FILE("mountinfo", CLASS_PROCESS, print_mountinfo),
	FILE("mounts", CLASS_PROCESS, print_mounts),
	/* Nobody is chosen to end when memory is short: there is no such chooser. */
	FILE("oom_score", CLASS_PROCESS, print_zero),
	FILE("oom_score_adj", CLASS_PROCESS, print_zero),
	FILE("smaps", CLASS_PROCESS, print_smaps),
	FILE("stat", CLASS_PROCESS, print_stat),
	FILE("statm", CLASS_PROCESS, print_statm),
	FILE("status", CLASS_PROCESS, print_status),

	FILE("cmdline", CLASS_THREAD, print_cmdline),
	FILE("comm", CLASS_THREAD, print_comm),
	FILE("stat", CLASS_THREAD, print_stat),
	FILE("statm", CLASS_THREAD, print_statm),
	FILE("status", CLASS_THREAD, print_status),
};
const u32 entry_count = COUNT_OF(entries);

const struct entry *entry_of_numbers(enum class in)
{
	static const struct entry process = DIR("", CLASS_ROOT, CLASS_PROCESS);
	static const struct entry thread = DIR("", CLASS_TASKS, CLASS_THREAD);
	static const struct entry fd = { "",   CLASS_FDS, CLASS_NONE, MODE_LINK | 0700,
		                         NULL, link_fd,   NULL };
	static const struct entry fdinfo = FILE("", CLASS_FDINFOS, print_fdinfo);

	switch (in) {
	case CLASS_ROOT:
		return &process;
	case CLASS_TASKS:
		return &thread;
	case CLASS_FDS:
		return &fd;
	case CLASS_FDINFOS:
		return &fdinfo;
	default:
		return NULL;
	}
}
