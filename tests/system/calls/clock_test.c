/* SPDX-License-Identifier: MIT */
/* Setting the clock, and the system's log. Time is put back as it was, but for what has passed. */
#include <sys/klog.h>
#include <sys/timerfd.h>
#include <sys/timex.h>

#include "calls.h"

#define SECOND 1000000000ll
enum { WAIT_BITSET = 9, CLOCK_REAL = 256 }; /* of futex */

static long long real(void)
{
	struct timespec now;

	CHECK_EQ(clock_gettime(CLOCK_REALTIME, &now), 0);
	return now.tv_sec * SECOND + now.tv_nsec;
}

static void forward(int seconds)
{
	struct timespec now;

	CHECK_EQ(clock_gettime(CLOCK_REALTIME, &now), 0);
	now.tv_sec += seconds;
	CHECK_EQ(clock_settime(CLOCK_REALTIME, &now), 0);
}

static struct timespec after(int seconds)
{
	return (struct timespec){ real() / SECOND + seconds, 0 };
}

TEST(the_clock_can_be_set)
{
	struct timeval zero = { -1, 0 };
	struct timespec now, before;
	long long was = real();

	CHECK_EQ(clock_gettime(CLOCK_MONOTONIC, &before), 0);
	forward(5000);
	CHECK(real() - was >= 5000 * SECOND);
	CHECK(real() - was < 5100 * SECOND);
	CHECK_EQ(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	CHECK(now.tv_sec - before.tv_sec < 100);
	forward(-5000);
	CHECK(real() - was < 100 * SECOND);
	now = (struct timespec){ 1, 0 };
	CHECK_ERROR(clock_settime(CLOCK_MONOTONIC, &now), EINVAL);
	CHECK_ERROR(clock_settime(CLOCK_PROCESS_CPUTIME_ID, &now), EPERM);
	CHECK_ERROR(clock_settime(77, &now), EINVAL);
	now.tv_nsec = SECOND;
	CHECK_ERROR(clock_settime(CLOCK_REALTIME, &now), EINVAL);
	CHECK_ERROR(syscall(SYS_clock_settime, CLOCK_REALTIME, BAD_ADDRESS), EFAULT);
	CHECK_ERROR(syscall(SYS_settimeofday, &zero, NULL), EINVAL);
	CHECK_ERROR(syscall(SYS_settimeofday, BAD_ADDRESS, NULL), EFAULT);
}

static void nobody_sets(void)
{
	struct timespec now;
	struct timex x = { .modes = ADJ_SETOFFSET };

	if (setuid(1000) || clock_gettime(CLOCK_REALTIME, &now))
		_exit(1);
	if (clock_settime(CLOCK_REALTIME, &now) != -1 || errno != EPERM)
		_exit(2);
	if (syscall(SYS_settimeofday, NULL, NULL) != -1 || errno != EPERM)
		_exit(3);
	if (syscall(SYS_adjtimex, &x) != -1 || errno != EPERM)
		_exit(4);
	x.modes = 0;
	if (syscall(SYS_adjtimex, &x) < 0 || x.time.tv_sec < now.tv_sec)
		_exit(5);
	if (klogctl(5, NULL, 0) != -1 || errno != EPERM)
		_exit(6);
	if (klogctl(99, NULL, 0) != -1 || errno != EPERM)
		_exit(7);
}

TEST(only_root_sets_the_clock_and_clears_the_log) { CHECK_EQ(in_child(nobody_sets), 0); }

TEST(the_clock_can_be_moved_by_an_offset)
{
	struct timex x = { .modes = ADJ_SETOFFSET, .time = { 1000, 0 } };
	long long was = real();

	CHECK(syscall(SYS_adjtimex, &x) >= 0);
	CHECK(real() - was >= 1000 * SECOND);
	x = (struct timex){ .modes = ADJ_SETOFFSET | ADJ_NANO, .time = { -1000, 0 } };
	CHECK(syscall(SYS_clock_adjtime, CLOCK_REALTIME, &x) >= 0);
	CHECK(real() - was < 100 * SECOND);
	x = (struct timex){ .modes = ADJ_SETOFFSET, .time = { 0, 1000000 } };
	CHECK_ERROR(syscall(SYS_adjtimex, &x), EINVAL);
	CHECK_ERROR(syscall(SYS_adjtimex, BAD_ADDRESS), EFAULT);
	CHECK_ERROR(syscall(SYS_clock_adjtime, CLOCK_MONOTONIC, &x), EOPNOTSUPP);
	CHECK_ERROR(syscall(SYS_clock_adjtime, 77, &x), EINVAL);
}

/* In a child: waits for what comes only in an hour by the clock. */
static int wait_for_clock(int which)
{
	struct timespec until = after(3600);
	int word = 0;

	if (which == 0)
		return clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL);
	syscall(SYS_futex, &word, WAIT_BITSET | CLOCK_REAL, 0, &until, NULL, -1);
	return errno != ETIMEDOUT;
}

static void *wait_in_thread(void *which) { return (void *)(long)wait_for_clock((int)(long)which); }

static pid_t waiter(int which, int in_thread)
{
	pid_t pid = fork();
	void *result = NULL;
	pthread_t thread;

	if (pid)
		return pid;
	if (!in_thread)
		_exit(wait_for_clock(which));
	pthread_create(&thread, NULL, wait_in_thread, (void *)(long)which);
	pthread_join(thread, &result);
	_exit((int)(long)result);
}

static int timer_until(int flags)
{
	struct itimerspec set = { .it_value = after(3600) };
	int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);

	CHECK(fd >= 0);
	CHECK_EQ(timerfd_settime(fd, TFD_TIMER_ABSTIME | flags, &set, NULL), 0);
	return fd;
}

TEST(what_waits_for_a_time_follows_the_clock)
{
	uint64_t count = 0;
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec set = { .it_value = after(3600) };
	sigset_t signals;
	timer_t timer;
	pid_t pids[4];
	int plain = timer_until(0), cancel = timer_until(TFD_TIMER_CANCEL_ON_SET), status;

	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &signals, NULL), 0);
	CHECK_EQ(timer_create(CLOCK_REALTIME, &event, &timer), 0);
	CHECK_EQ(timer_settime(timer, TIMER_ABSTIME, &set, NULL), 0);
	for (int i = 0; i < 4; i++)
		pids[i] = waiter(i / 2, i % 2);
	sleep_ms(300);
	CHECK_ERROR(read(plain, &count, 8), EAGAIN);
	forward(7200);
	struct pollfd polls[2] = { { plain, POLLIN, 0 }, { cancel, POLLIN, 0 } };
	CHECK_EQ(poll(polls, 1, 10000), 1);
	CHECK_EQ(poll(polls + 1, 1, 10000), 1);
	CHECK_EQ(read(plain, &count, 8), 8);
	CHECK_EQ(count, 1);
	CHECK_ERROR(read(cancel, &count, 8), ECANCELED);
	CHECK_EQ(sigwaitinfo(&signals, NULL), SIGUSR1);
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(waitpid(pids[i], &status, 0), pids[i]);
		CHECK_EQ(status, 0);
	}
	forward(-7200);
	timer_delete(timer);
	close(plain);
	close(cancel);
}

/* --- the log --- */

enum { READ_ALL = 3, READ_CLEAR = 4, CLEAR = 5, LEVEL = 8, UNREAD = 9, SIZE = 10 };

static void say(const char *text)
{
	int fd = open("/dev/kmsg", O_WRONLY);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

TEST(the_log_can_be_read_and_cleared)
{
	static char text[1 << 20];
	int size = klogctl(SIZE, NULL, 0);

	CHECK(size >= 4096);
	say("calls-test: first words\n");
	memset(text, 0, sizeof(text));
	CHECK(klogctl(READ_ALL, text, sizeof(text) - 1) > 0);
	CHECK(strstr(text, "calls-test: first words") != NULL);
	/* The last bytes, in whole lines. */
	memset(text, 0, sizeof(text));
	int got = klogctl(READ_ALL, text, 200);
	CHECK(got > 0);
	CHECK(got <= 200);
	CHECK(strstr(text, "first words") != NULL);
	CHECK_EQ(text[got - 1], '\n');
	CHECK_EQ(klogctl(CLEAR, NULL, 0), 0);
	say("calls-test: second words\n");
	memset(text, 0, sizeof(text));
	CHECK(klogctl(READ_CLEAR, text, sizeof(text) - 1) > 0);
	CHECK(!strstr(text, "first words"));
	CHECK(strstr(text, "second words") != NULL);
	memset(text, 0, sizeof(text));
	CHECK(klogctl(READ_ALL, text, sizeof(text) - 1) >= 0);
	CHECK(!strstr(text, "second words"));
	say("calls-test: third words\n");
	CHECK(klogctl(UNREAD, NULL, 0) > 0);
	CHECK_EQ(klogctl(LEVEL, NULL, 7), 0);
	CHECK_EQ(klogctl(1, NULL, 0), 0);
	CHECK_ERROR(klogctl(LEVEL, NULL, 0), EINVAL);
	CHECK_ERROR(klogctl(LEVEL, NULL, 9), EINVAL);
	CHECK_ERROR(klogctl(READ_ALL, NULL, 10), EINVAL);
	CHECK_ERROR(klogctl(READ_ALL, text, -1), EINVAL);
	CHECK_EQ(klogctl(READ_ALL, text, 0), 0);
	CHECK_ERROR(klogctl(READ_ALL, BAD_ADDRESS, 10000), EFAULT);
	CHECK_ERROR(klogctl(99, NULL, 0), EINVAL);
}

TEST(the_log_can_be_taken_as_it_comes)
{
	static char text[1 << 20];
	int status;

	while (klogctl(UNREAD, NULL, 0) > 0)
		CHECK(klogctl(2, text, sizeof(text)) > 0);
	pid_t pid = fork();
	if (!pid) {
		memset(text, 0, sizeof(text));
		int got = klogctl(2, text, sizeof(text) - 1);
		_exit(got <= 0 || !strstr(text, "fourth words"));
	}
	sleep_ms(100);
	say("calls-test: fourth words\n");
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}
