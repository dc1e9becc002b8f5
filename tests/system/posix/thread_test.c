/* SPDX-License-Identifier: MIT */
/* Threads of one process. */
#include "posix.h"

#include <semaphore.h>
#include <stdatomic.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int shared;

static void *add_many(void *argument)
{
	for (int i = 0; i < 20000; i++) {
		pthread_mutex_lock(&mutex);
		shared++;
		pthread_mutex_unlock(&mutex);
	}
	return argument;
}

TEST(threads_share_memory_and_are_joined)
{
	pthread_t threads[4];
	void *result;

	shared = 0;
	for (long i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, add_many, (void *)i), 0);
	for (long i = 0; i < 4; i++) {
		CHECK_EQ(pthread_join(threads[i], &result), 0);
		CHECK_EQ((long)result, i);
	}
	CHECK_EQ(shared, 80000);
}

static void *wait_turn(void *argument)
{
	pthread_mutex_lock(&mutex);
	while (shared != (int)(long)argument)
		pthread_cond_wait(&condition, &mutex);
	shared++;
	pthread_cond_broadcast(&condition);
	pthread_mutex_unlock(&mutex);
	return NULL;
}

TEST(conditions_wake_who_waits)
{
	enum { COUNT = 8 };
	pthread_t threads[COUNT];

	shared = -1;
	for (long i = 0; i < COUNT; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, wait_turn, (void *)(COUNT - 1 - i)), 0);
	pthread_mutex_lock(&mutex);
	shared = 0;
	pthread_cond_broadcast(&condition);
	pthread_mutex_unlock(&mutex);
	for (int i = 0; i < COUNT; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	CHECK_EQ(shared, COUNT);
}

TEST(a_wait_with_a_deadline_ends)
{
	struct timespec deadline;

	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_nsec += 50000000;
	if (deadline.tv_nsec >= 1000000000) {
		deadline.tv_sec++;
		deadline.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&mutex);
	CHECK_EQ(pthread_cond_timedwait(&condition, &mutex, &deadline), ETIMEDOUT);
	pthread_mutex_unlock(&mutex);
}

static __thread int own = 5;

static void *use_own(void *argument)
{
	own = (int)(long)argument;
	sched_yield();
	return (void *)(long)own;
}

TEST(each_thread_has_its_own_variables_and_number)
{
	pthread_t a, b;
	void *x, *y;

	CHECK_EQ(pthread_create(&a, NULL, use_own, (void *)1), 0);
	CHECK_EQ(pthread_create(&b, NULL, use_own, (void *)2), 0);
	pthread_join(a, &x);
	pthread_join(b, &y);
	CHECK_EQ((long)x, 1);
	CHECK_EQ((long)y, 2);
	CHECK_EQ(own, 5);
}

static void *nothing(void *argument) { return argument; }

TEST(a_thousand_threads_come_and_go)
{
	for (int i = 0; i < 1000; i++) {
		pthread_t thread;
		CHECK_EQ(pthread_create(&thread, NULL, nothing, NULL), 0);
		CHECK_EQ(pthread_join(thread, NULL), 0);
	}
}

static sem_t done;

static void *post(void *argument)
{
	sem_post(&done);
	return argument;
}

TEST(detached_threads_end_by_themselves)
{
	pthread_attr_t detached;

	sem_init(&done, 0, 0);
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	for (int i = 0; i < 50; i++) {
		pthread_t thread;
		CHECK_EQ(pthread_create(&thread, &detached, post, NULL), 0);
		CHECK_EQ(sem_wait(&done), 0);
	}
}

static int pipe_fds[2];
static atomic_int read_result;

static void *read_pipe(void *argument)
{
	char c;

	read_result = (int)read(pipe_fds[0], &c, 1);
	return argument;
}

TEST(a_thread_that_waits_in_a_call_does_not_stop_the_others)
{
	pthread_t thread;

	CHECK_EQ(pipe(pipe_fds), 0);
	read_result = -2;
	CHECK_EQ(pthread_create(&thread, NULL, read_pipe, NULL), 0);
	sleep_ms(50);
	CHECK_EQ(read_result, -2);
	CHECK_EQ(write(pipe_fds[1], "x", 1), 1);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_EQ(read_result, 1);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

TEST(a_thread_in_a_call_can_be_cancelled)
{
	pthread_t thread;
	void *result;

	CHECK_EQ(pipe(pipe_fds), 0);
	CHECK_EQ(pthread_create(&thread, NULL, read_pipe, NULL), 0);
	sleep_ms(50);
	CHECK_EQ(pthread_cancel(thread), 0);
	CHECK_EQ(pthread_join(thread, &result), 0);
	CHECK(result == PTHREAD_CANCELED);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

static volatile sig_atomic_t handled_by;
static pthread_t handler_thread;

static void on_signal(int signal)
{
	handled_by = signal;
	handler_thread = pthread_self();
}

static void *wait_for_signal(void *argument)
{
	while (!handled_by)
		sleep_ms(5);
	return argument;
}

TEST(a_signal_goes_to_the_thread_that_is_meant)
{
	pthread_t thread;
	struct sigaction action = { .sa_handler = on_signal };

	handled_by = 0;
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	CHECK_EQ(pthread_create(&thread, NULL, wait_for_signal, NULL), 0);
	CHECK_EQ(pthread_kill(thread, SIGUSR1), 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_EQ(handled_by, SIGUSR1);
	CHECK(pthread_equal(handler_thread, thread));
	signal(SIGUSR1, SIG_DFL);
}

TEST(a_signal_to_the_process_goes_to_a_thread_that_takes_it)
{
	pthread_t thread;
	sigset_t set, old;
	struct sigaction action = { .sa_handler = on_signal };

	handled_by = 0;
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	CHECK_EQ(pthread_create(&thread, NULL, wait_for_signal, NULL), 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, &old), 0);
	pid_t parent = getpid(), pid = fork();
	if (!pid)
		_exit(kill(parent, SIGUSR1) != 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK(pthread_equal(handler_thread, thread));
	waitpid(pid, NULL, 0);
	CHECK_EQ(pthread_sigmask(SIG_SETMASK, &old, NULL), 0);
	signal(SIGUSR1, SIG_DFL);
}

static void *spin(void *argument)
{
	for (;;)
		sched_yield();
	return argument;
}

static void exit_with_threads(void)
{
	pthread_t thread;

	for (int i = 0; i < 5; i++)
		pthread_create(&thread, NULL, spin, NULL);
	exit(33);
}

TEST(exit_ends_all_threads)
{
	int status = in_child(exit_with_threads);

	CHECK_EQ(status & 0x7f, 0);
	CHECK_EQ(WEXITSTATUS(status), 33);
}

static void *exec_now(void *argument)
{
	execl("/bin/sh", "sh", "-c", "exit 44", (char *)NULL);
	return argument;
}

static void exec_with_threads(void)
{
	pthread_t thread;

	for (int i = 0; i < 3; i++)
		pthread_create(&thread, NULL, spin, NULL);
	pthread_create(&thread, NULL, exec_now, NULL);
	for (;;)
		pause();
}

TEST(exec_from_any_thread_ends_all_others)
{
	int status = in_child(exec_with_threads);

	CHECK_EQ(status & 0x7f, 0);
	CHECK_EQ(WEXITSTATUS(status), 44);
}

static void *fork_now(void *argument)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		pthread_t thread;
		/* A child of a thread is a process that can have threads again. */
		if (pthread_create(&thread, NULL, nothing, NULL) || pthread_join(thread, NULL))
			_exit(1);
		_exit(getpid() != (pid_t)syscall(SYS_gettid) ? 2 : 21);
	}
	waitpid(pid, &status, 0);
	return (void *)(long)(argument ? status : status);
}

TEST(a_thread_can_fork)
{
	pthread_t thread;
	void *result;

	CHECK_EQ(pthread_create(&thread, NULL, fork_now, NULL), 0);
	CHECK_EQ(pthread_join(thread, &result), 0);
	CHECK_EQ(WEXITSTATUS((int)(long)result), 21);
}

static void main_leaves(void)
{
	pthread_t thread;

	handled_by = 0;
	pthread_create(&thread, NULL, wait_for_signal, NULL);
	signal(SIGUSR1, on_signal);
	if (fork() == 0) {
		sleep_ms(50);
		kill(getppid(), SIGUSR1);
		_exit(0);
	}
	/* Not pthread_exit: musl's first thread waits for ever in a forked child. */
	syscall(SYS_exit, 0);
}

TEST(the_process_lives_until_its_last_thread_ends)
{
	int status = in_child(main_leaves);

	CHECK_EQ(status & 0x7f, 0);
	CHECK_EQ(WEXITSTATUS(status), 0);
}

TEST(futexes_wait_and_wake)
{
	static unsigned word = 5;

	CHECK_ERROR(syscall(SYS_futex, &word, 0, 4, NULL), EAGAIN);
	CHECK_ERROR(syscall(SYS_futex, &word, 0, 5, &(struct timespec){ 0, 10000000 }), ETIMEDOUT);
	CHECK_EQ(syscall(SYS_futex, &word, 1, 1), 0);
	CHECK_ERROR(syscall(SYS_futex, &word, 9, 5, NULL, NULL, 0), EINVAL);
	CHECK_ERROR(syscall(SYS_futex, (char *)&word + 1, 0, 5, NULL), EINVAL);
	CHECK_ERROR(syscall(SYS_futex, &word, 4, 1, 1, &word, 6), EAGAIN);
}
