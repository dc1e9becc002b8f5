/* SPDX-License-Identifier: MIT */
#include "calls.h"

struct cap_header {
	uint32_t version;
	int pid;
};
struct cap_data {
	uint32_t effective, permitted, inheritable;
};
enum { CAP_VERSION_3 = 0x20080522 };

TEST(root_has_all_capabilities_and_can_give_them_up)
{
	struct cap_header header = { CAP_VERSION_3, 0 };
	struct cap_data all[2], data[2], more[2];

	CHECK_EQ(syscall(SYS_capget, &header, all), 0);
	CHECK_EQ(all[0].effective, 0xffffffff);
	CHECK_EQ(all[0].permitted, 0xffffffff);
	CHECK(all[1].permitted & 0x100);
	memcpy(data, all, sizeof(data));
	data[0].effective = data[0].permitted = 1;
	if (!fork()) {
		int failed = syscall(SYS_capset, &header, data) != 0;
		failed |= syscall(SYS_capget, &header, more) || more[0].permitted != 1;
		failed |= syscall(SYS_capset, &header, all) != -1 || errno != EPERM;
		_exit(failed);
	}
	int status;
	CHECK(wait(&status) > 0);
	CHECK_EQ(status, 0);
	data[0].effective = 3;
	CHECK_ERROR(syscall(SYS_capset, &header, data), EPERM);
}

TEST(capabilities_check_version_and_process)
{
	struct cap_header header = { 1, 0 };
	struct cap_data data[2];

	CHECK_EQ(syscall(SYS_capget, &header, NULL), 0);
	CHECK_EQ(header.version, CAP_VERSION_3);
	header.version = 1;
	CHECK_ERROR(syscall(SYS_capget, &header, data), EINVAL);
	CHECK_EQ(header.version, CAP_VERSION_3);
	header.pid = -1;
	CHECK_ERROR(syscall(SYS_capget, &header, data), EINVAL);
	header.pid = 32000;
	CHECK_ERROR(syscall(SYS_capget, &header, data), ESRCH);
	CHECK_ERROR(syscall(SYS_capset, &header, data), EPERM);
	header.pid = 0;
	CHECK_ERROR(syscall(SYS_capget, &header, BAD_ADDRESS), EFAULT);
	CHECK_ERROR(syscall(SYS_capset, &header, BAD_ADDRESS), EFAULT);
	CHECK_ERROR(syscall(SYS_capget, BAD_ADDRESS, data), EFAULT);
}

TEST(scheduling_attributes_are_checked)
{
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t times[3];
		uint32_t utilization[2];
	} attr = { 0 };
	struct {
		int priority;
	} param = { 0 };

	CHECK_EQ(syscall(SYS_sched_getattr, 0, &attr, sizeof(attr), 0), 0);
	CHECK_EQ(attr.size, 56);
	CHECK_EQ(attr.policy, SCHED_OTHER);
	CHECK_ERROR(syscall(SYS_sched_getattr, 0, &attr, 40, 0), EINVAL);
	CHECK_ERROR(syscall(SYS_sched_getattr, 0, &attr, sizeof(attr), 1), EINVAL);
	CHECK_ERROR(syscall(SYS_sched_getattr, 32000, &attr, sizeof(attr), 0), ESRCH);
	CHECK_ERROR(syscall(SYS_sched_getattr, -1, &attr, sizeof(attr), 0), EINVAL);
	CHECK_ERROR(syscall(SYS_sched_getattr, 0, BAD_ADDRESS, sizeof(attr), 0), EFAULT);
	CHECK_EQ(syscall(SYS_sched_setattr, 0, &attr, 0), 0);
	attr.size = 20;
	CHECK_ERROR(syscall(SYS_sched_setattr, 0, &attr, 0), E2BIG);
	CHECK_EQ(attr.size, 56);
	attr.priority = 5;
	CHECK_ERROR(syscall(SYS_sched_setattr, 0, &attr, 0), EINVAL);
	CHECK_EQ(syscall(SYS_sched_setparam, 0, &param), 0);
	param.priority = 1;
	CHECK_ERROR(syscall(SYS_sched_setparam, 0, &param), EINVAL);
	CHECK_ERROR(syscall(SYS_sched_setparam, 32000, &param), ESRCH);
	CHECK_ERROR(syscall(SYS_sched_setparam, 0, NULL), EINVAL);
}

TEST(a_slice_has_a_length)
{
	struct timespec slice = { 0, 0 };

	CHECK_EQ(syscall(SYS_sched_rr_get_interval, 0, &slice), 0);
	CHECK(slice.tv_nsec > 0);
	CHECK_ERROR(syscall(SYS_sched_rr_get_interval, 0, BAD_ADDRESS), EFAULT);
	CHECK_ERROR(syscall(SYS_sched_rr_get_interval, 32000, &slice), ESRCH);
	CHECK_ERROR(syscall(SYS_sched_rr_get_interval, -1, &slice), EINVAL);
}

TEST(disk_priorities_are_remembered)
{
	enum { WHO_PROCESS = 1, CLASS_BE = 2 << 13 };

	CHECK_EQ(syscall(SYS_ioprio_set, WHO_PROCESS, 0, CLASS_BE | 5), 0);
	CHECK_EQ(syscall(SYS_ioprio_get, WHO_PROCESS, 0), CLASS_BE | 5);
	CHECK_ERROR(syscall(SYS_ioprio_set, WHO_PROCESS, 0, CLASS_BE | 8), EINVAL);
	CHECK_ERROR(syscall(SYS_ioprio_set, WHO_PROCESS, 0, 4 << 13), EINVAL);
	CHECK_ERROR(syscall(SYS_ioprio_get, 4, 0), EINVAL);
	CHECK_ERROR(syscall(SYS_ioprio_get, WHO_PROCESS, 32000), ESRCH);
}

/* --- processors --- */

static void *count_processors(void *to)
{
	cpu_set_t set;

	*(int *)to = sched_getaffinity(0, sizeof(set), &set) ? -1 : CPU_COUNT(&set);
	return NULL;
}

static void only_one_processor(void)
{
	cpu_set_t set;
	pthread_t thread;
	int count = 0, status;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	CHECK_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
	count_processors(&count);
	CHECK_EQ(count, 1);
	CHECK_EQ(sched_getcpu(), 0);
	CHECK_EQ(pthread_create(&thread, NULL, count_processors, &count), 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_EQ(count, 1);
	pid_t pid = fork();
	if (!pid) {
		count_processors(&count);
		if (count != 1)
			_exit(1);
		execlp("sh", "sh", "-c", "exit $(nproc)", (char *)NULL);
		_exit(2);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(WEXITSTATUS(status), 1);
	CPU_ZERO(&set);
	CHECK_ERROR(sched_setaffinity(0, sizeof(set), &set), EINVAL);
	CPU_SET(63, &set);
	CHECK_ERROR(sched_setaffinity(0, 8, &set), EINVAL);
}

TEST(processors_are_those_of_threads_children_and_programs)
{
	CHECK_EQ(in_child(only_one_processor), 0);
}
