/* SPDX-License-Identifier: MIT */
/* Linux's calls with wrong arguments. Left out is what acts on other processes or on the machine,
 * or makes threads that outlive the test. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fuzz.h"

enum { CALLS = 460 };

static const short left_out[] = {
	SYS_kill,           SYS_tkill,
	SYS_tgkill,         SYS_rt_sigqueueinfo,
	SYS_reboot,         SYS_mount,
	SYS_umount2,        SYS_rt_tgsigqueueinfo,
	SYS_setsid,         SYS_setpgid,
	SYS_pivot_root,     SYS_settimeofday,
	SYS_vfork,          SYS_clone,
	SYS_clock_settime,  SYS_adjtimex,
	SYS_prlimit64,      SYS_setpriority,
	SYS_sethostname,    SYS_sched_setaffinity,
	SYS_fork,           SYS_rt_sigreturn,
	SYS_setdomainname,  SYS_sched_setscheduler,
	SYS_sched_setparam, 424 /* pidfd_send_signal */,
	435 /* clone3 */,
};

static const char *const paths[] = { "/tmp/fuzz/a",     "/tmp/fuzz/b",
	                             "/tmp/fuzz/d",     "/tmp/fuzz/d/c",
	                             "/tmp/fuzz/a/x",   "/dev/null",
	                             "/dev/zero",       "",
	                             "/proc/self/fd/3", "/tmp/fuzz/none/none" };

static uint64_t random_path(void)
{
	return (uint64_t)paths[random_below(sizeof(paths) / sizeof(paths[0]))];
}

static uint64_t random_argument(void)
{
	switch (random_below(9)) {
	case 0:
		return random_edge();
	case 1:
	case 2:
		return random_addr();
	case 3:
	case 4:
		return random_path();
	case 5:
		return random_below(2) ? (uint64_t)AT_FDCWD : random_below(4096);
	case 6:
		return 1ull << random_below(20);
	default:
		return random_below(24);
	}
}

static int is_left_out(long number)
{
	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
		if (left_out[i] == number)
			return 1;
	return 0;
}

/* Things to be wrong about. */
static void linux_files(void)
{
	int pair[2];

	(void)mkdirat(AT_FDCWD, "/tmp/fuzz/d", 0777);
	(void)open("/tmp/fuzz/a", O_RDWR | O_CREAT, 0666);
	(void)open("/tmp/fuzz/b", O_RDWR | O_CREAT | O_APPEND, 0666);
	(void)open("/tmp/fuzz/d", O_RDONLY | O_DIRECTORY);
	if (pipe2(pair, O_NONBLOCK))
		_exit(1);
}

void linux_calls(unsigned count)
{
	random_memory();
	linux_files();
	while (count-- > 0) {
		uint64_t a[6];
		long number = (long)random_below(CALLS);

		for (unsigned i = 0; i < 6; i++)
			a[i] = random_argument();
		if (is_left_out(number) ||
		    ((number == SYS_exit || number == SYS_exit_group) && random_below(20)))
			continue;
		++*calls_made;
		(void)syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	}
}
