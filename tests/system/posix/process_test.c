/* SPDX-License-Identifier: MIT */
/* Processes: birth, other programs, death. */
#include "posix.h"

#include <spawn.h>

extern char **environ;

TEST(a_child_has_its_own_memory_and_number)
{
	static int value = 1;
	pid_t parent = getpid(), pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		value = 2;
		_exit(getpid() == parent || getppid() != parent || value != 2);
	}
	int status;
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(value, 1);
	CHECK_ERROR(waitpid(pid, &status, 0), ECHILD);
}

TEST(exit_status_is_eight_bits)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(0x1234);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 0x34);
}

TEST(wait_can_look_without_waiting)
{
	int status, fds[2];
	siginfo_t info;

	CHECK_EQ(pipe(fds), 0);
	pid_t pid = fork();
	if (!pid) {
		char c;
		_exit(read(fds[0], &c, 1) != 1);
	}
	CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	CHECK_EQ(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	CHECK_EQ(info.si_pid, pid);
	CHECK_EQ(info.si_code, CLD_EXITED);
	struct rusage usage;
	CHECK_EQ(wait4(pid, &status, 0, &usage), pid);
	CHECK_EQ(status, 0);
	close(fds[0]);
	close(fds[1]);
	CHECK_ERROR(wait(&status), ECHILD);
}

TEST(descriptors_are_shared_with_children)
{
	char buffer[4] = { 0 };

	work_in_fresh_directory();
	int fd = file_with("f", "abcdef");
	pid_t pid = fork();
	if (!pid)
		_exit(read(fd, buffer, 3) != 3);
	waitpid(pid, NULL, 0);
	CHECK_EQ(read(fd, buffer, 3), 3);
	CHECK(!memcmp(buffer, "def", 3));
	close(fd);
}

/* Run a program with its output in a pipe; the output and the status. */
static int run(const char *path, char *const arguments[], char *const environment[], char *output,
               size_t size)
{
	int fds[2], status;
	size_t got = 0;

	CHECK_EQ(pipe(fds), 0);
	pid_t pid = fork();
	if (!pid) {
		dup2(fds[1], 1);
		close(fds[0]);
		close(fds[1]);
		execve(path, arguments, environment);
		_exit(errno);
	}
	close(fds[1]);
	for (ssize_t n; got < size - 1 && (n = read(fds[0], output + got, size - 1 - got)) > 0;)
		got += (size_t)n;
	output[got] = 0;
	close(fds[0]);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return status;
}

TEST(a_program_gets_arguments_and_environment)
{
	char output[256];
	int status =
	        run("/bin/sh",
	            (char *[]){ "sh", "-c", "echo $0 $1 $FOO; exit 5", "zero", "one two", NULL },
	            (char *[]){ "FOO=bar", NULL }, output, sizeof(output));

	CHECK_EQ(WEXITSTATUS(status), 5);
	CHECK_STR(output, "zero one two bar\n");
}

TEST(scripts_are_run_by_their_interpreter)
{
	char output[256];

	work_in_fresh_directory();
	close(file_with("script", "#!/bin/sh -e\necho script $1\nexit 9\n"));
	CHECK_EQ(chmod("script", 0755), 0);
	int status =
	        run("./script", (char *[]){ "x", "arg", NULL }, environ, output, sizeof(output));
	CHECK_EQ(WEXITSTATUS(status), 9);
	CHECK_STR(output, "script arg\n");
	close(file_with("broken", "#!/no/such/interpreter\n"));
	CHECK_EQ(chmod("broken", 0755), 0);
	CHECK_EQ(WEXITSTATUS(
	                 run("./broken", (char *[]){ "x", NULL }, environ, output, sizeof(output))),
	         ENOENT);
}

TEST(what_is_no_program_is_refused)
{
	char *arguments[] = { "x", NULL };
	static char huge[200000];
	char *many[40] = { 0 };

	work_in_fresh_directory();
	close(file_with("text", "hello, this is no program"));
	CHECK_ERROR(execve("text", arguments, environ), EACCES);
	CHECK_EQ(chmod("text", 0755), 0);
	CHECK_ERROR(execve("text", arguments, environ), ENOEXEC);
	CHECK_ERROR(execve("none", arguments, environ), ENOENT);
	CHECK_ERROR(execve(".", arguments, environ), EACCES);
	CHECK_ERROR(execve("/bin/sh/x", arguments, environ), ENOTDIR);
	close(file_with("cut", "\177ELF\2\1\1"));
	CHECK_EQ(chmod("cut", 0755), 0);
	CHECK_ERROR(execve("cut", arguments, environ), ENOEXEC);
	memset(huge, 'x', sizeof(huge) - 1);
	for (int i = 0; i < 39; i++)
		many[i] = huge;
	CHECK_ERROR(execve("/bin/sh", many, environ), E2BIG);
}

TEST(close_on_exec_closes_and_the_rest_stays)
{
	char output[64], command[128];

	work_in_fresh_directory();
	int keep = file_with("keep", "kept"), go = open("keep", O_RDONLY | O_CLOEXEC);
	snprintf(command, sizeof(command), "cat <&%d; (: <&%d) 2>/dev/null || echo gone", keep, go);
	run("/bin/sh", (char *[]){ "sh", "-c", command, NULL }, environ, output, sizeof(output));
	CHECK_STR(output, "keptgone\n");
	close(keep);
	close(go);
}

TEST(ignored_signals_and_masks_survive_exec_and_handlers_do_not)
{
	char output[64];

	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, exit);
	int status = run(
	        "/bin/sh",
	        (char *[]){ "sh", "-c", "kill -USR1 $$; echo alive; kill -USR2 $$; echo no", NULL },
	        environ, output, sizeof(output));
	CHECK_STR(output, "alive\n");
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR2);
	signal(SIGUSR1, SIG_DFL);
	signal(SIGUSR2, SIG_DFL);
}

TEST(vfork_and_spawn_start_programs)
{
	int status;
	pid_t pid = vfork();

	if (!pid) {
		execl("/bin/sh", "sh", "-c", "exit 4", (char *)NULL);
		_exit(99);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(WEXITSTATUS(status), 4);
	CHECK_EQ(posix_spawn(&pid, "/bin/sh", NULL, NULL, (char *[]){ "sh", "-c", "exit 6", NULL },
	                     environ),
	         0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(WEXITSTATUS(status), 6);
	CHECK_EQ(
	        posix_spawn(&pid, "/no/such/program", NULL, NULL, (char *[]){ "x", NULL }, environ),
	        ENOENT);
	CHECK_EQ(WEXITSTATUS(system("exit 8")), 8);
}

TEST(groups_and_sessions_are_made)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (setpgid(0, 0) || getpgrp() != getpid() || getsid(0) == getpid())
			_exit(1);
		if (setsid() != -1 || errno != EPERM)
			_exit(2);
		pid_t child = fork();
		if (!child)
			_exit(setsid() != getpid() || getsid(0) != getpid() ||
			      getpgrp() != getpid());
		waitpid(child, &status, 0);
		_exit(status ? 3 : 0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_ERROR(getpgid(0x3ffffff), ESRCH);
}

TEST(hundreds_of_children_come_and_go)
{
	for (int i = 0; i < 200; i++) {
		int status;
		pid_t pid = fork();
		CHECK(pid >= 0);
		if (!pid)
			_exit(i & 0xff);
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK_EQ(WEXITSTATUS(status), i & 0xff);
	}
}

TEST(many_children_at_once_are_all_waited_for)
{
	enum { COUNT = 20 };
	int status, sum = 0;

	for (int i = 0; i < COUNT; i++) {
		pid_t pid = fork();
		CHECK(pid >= 0);
		if (!pid)
			_exit(i);
	}
	for (int i = 0; i < COUNT; i++) {
		CHECK(wait(&status) > 0);
		sum += WEXITSTATUS(status);
	}
	CHECK_EQ(sum, COUNT * (COUNT - 1) / 2);
	CHECK_ERROR(wait(&status), ECHILD);
}

TEST(an_orphan_gets_a_new_parent)
{
	int fds[2];
	pid_t seen = 0;

	CHECK_EQ(pipe(fds), 0);
	pid_t pid = fork();
	if (!pid) {
		pid_t middle = getpid();
		if (!fork()) {
			while (getppid() == middle)
				sleep_ms(5);
			seen = getppid();
			(void)!write(fds[1], &seen, sizeof(seen));
			_exit(0);
		}
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	close(fds[1]);
	CHECK_EQ(read(fds[0], &seen, sizeof(seen)), sizeof(seen));
	CHECK(seen > 0 && seen != pid);
	close(fds[0]);
}

TEST(limits_are_told_and_set)
{
	struct rlimit limit;

	CHECK_EQ(getrlimit(RLIMIT_STACK, &limit), 0);
	CHECK(limit.rlim_cur >= 1 << 20);
	CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
	CHECK(limit.rlim_cur >= 256);
	CHECK_ERROR(getrlimit(99, &limit), EINVAL);
	limit = (struct rlimit){ 10, 5 };
	CHECK_ERROR(setrlimit(RLIMIT_NOFILE, &limit), EINVAL);
}

TEST(the_system_says_what_it_is)
{
	struct utsname name;
	struct sysinfo info;
	struct rusage usage;

	CHECK_EQ(uname(&name), 0);
	CHECK_STR(name.machine, "x86_64");
	CHECK_EQ(sysinfo(&info), 0);
	CHECK(info.totalram > 0 && info.procs > 0);
	CHECK_EQ(getrusage(RUSAGE_SELF, &usage), 0);
	CHECK(times(&(struct tms){ 0 }) != (clock_t)-1);
	CHECK(sysconf(_SC_NPROCESSORS_ONLN) >= 1);
	CHECK_EQ(syscall(SYS_gettid), getpid());
}
