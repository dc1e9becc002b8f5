/* SPDX-License-Identifier: MIT */
#include "calls.h"

#define MS 1000000L

/* The C library's own calls keep what the kernel's tell from us. */
struct kernel_event {
	union sigval value;
	int signal, notify, thread, rest[11];
};

static int create(clockid_t clock, int notify, int signal, int value)
{
	struct kernel_event event = { .value.sival_int = value,
		                      .signal = signal,
		                      .notify = notify,
		                      .thread = (int)syscall(SYS_gettid) };
	int id = -1;

	CHECK_EQ(syscall(SYS_timer_create, clock, &event, &id), 0);
	return id;
}

static void set(int id, int flags, long value, long interval)
{
	struct itimerspec time = { { interval / 1000000000, interval % 1000000000 },
		                   { value / 1000000000, value % 1000000000 } };

	CHECK_EQ(syscall(SYS_timer_settime, id, flags, &time, NULL), 0);
}

static struct itimerspec left(int id)
{
	struct itimerspec time;

	CHECK_EQ(syscall(SYS_timer_gettime, id, &time), 0);
	return time;
}

static sigset_t blocked(int signal)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, signal);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &signals, NULL), 0);
	return signals;
}

TEST(a_timer_tells_who_it_is)
{
	sigset_t signals = blocked(SIGUSR1);
	static const clockid_t clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME };

	for (int i = 0; i < 3; i++) {
		int id = create(clocks[i], SIGEV_SIGNAL, SIGUSR1, 40 + i);
		siginfo_t info;
		set(id, 0, 5 * MS, 0);
		CHECK(left(id).it_value.tv_nsec <= 5 * MS);
		CHECK_EQ(sigwaitinfo(&signals, &info), SIGUSR1);
		CHECK_EQ(info.si_code, SI_TIMER);
		CHECK_EQ(info.si_value.sival_int, 40 + i);
		CHECK_EQ(info.si_timerid, id);
		CHECK_EQ(info.si_overrun, 0);
		CHECK_EQ(left(id).it_value.tv_sec + left(id).it_value.tv_nsec, 0);
		CHECK_EQ(syscall(SYS_timer_getoverrun, id), 0);
		CHECK_EQ(syscall(SYS_timer_delete, id), 0);
		CHECK_ERROR(syscall(SYS_timer_delete, id), EINVAL);
	}
}

TEST(a_timer_counts_what_nobody_took)
{
	sigset_t signals = blocked(SIGUSR1);
	int id = create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1, 1);
	siginfo_t info;

	set(id, 0, MS, 10 * MS);
	sleep_ms(60);
	CHECK_EQ(left(id).it_interval.tv_nsec, 10 * MS);
	CHECK(left(id).it_value.tv_nsec <= 10 * MS);
	CHECK_EQ(sigwaitinfo(&signals, &info), SIGUSR1);
	CHECK(info.si_overrun >= 5);
	CHECK_EQ(syscall(SYS_timer_getoverrun, id), info.si_overrun);
	CHECK_EQ(sigwaitinfo(&signals, &info), SIGUSR1);
	set(id, 0, 0, 0);
	CHECK_EQ(left(id).it_interval.tv_nsec, 0);
	CHECK_EQ(syscall(SYS_timer_delete, id), 0);
}

TEST(timers_with_one_signal_all_come)
{
	sigset_t signals = blocked(SIGUSR2);
	int seen = 0, ids[3];
	siginfo_t info;

	for (int i = 0; i < 3; i++) {
		ids[i] = create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR2, 1 << i);
		set(ids[i], 0, MS, 0);
	}
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(sigwaitinfo(&signals, &info), SIGUSR2);
		seen |= info.si_value.sival_int;
	}
	CHECK_EQ(seen, 7);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(syscall(SYS_timer_delete, ids[i]), 0);
}

TEST(an_absolute_timer_in_the_past_expires_at_once)
{
	sigset_t signals = blocked(SIGUSR1);
	int id = create(CLOCK_REALTIME, SIGEV_SIGNAL, SIGUSR1, 1);
	siginfo_t info;

	set(id, TIMER_ABSTIME, MS, 0);
	CHECK_EQ(sigwaitinfo(&signals, &info), SIGUSR1);
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	set(id, TIMER_ABSTIME, now.tv_sec * 1000 * MS + now.tv_nsec + 20 * MS, 0);
	CHECK(left(id).it_value.tv_nsec <= 20 * MS);
	CHECK_EQ(sigwaitinfo(&signals, &info), SIGUSR1);
	CHECK_EQ(syscall(SYS_timer_delete, id), 0);
}

TEST(a_timer_without_signal_can_be_asked)
{
	int id = create(CLOCK_MONOTONIC, SIGEV_NONE, 0, 0);

	set(id, 0, 1000 * MS * 100, 0);
	CHECK(left(id).it_value.tv_sec >= 98);
	set(id, 0, MS, 0);
	sleep_ms(5);
	CHECK_EQ(left(id).it_value.tv_nsec, 0);
	set(id, 0, MS, 7 * MS);
	sleep_ms(10);
	CHECK(left(id).it_value.tv_nsec > 0);
	CHECK_EQ(syscall(SYS_timer_delete, id), 0);
}

static volatile int caught;
static void note(int signal) { caught = signal; }

/* Also ends, and fails, if nothing comes. */
static void burn_until_caught(void)
{
	struct timespec used = { 0, 0 };

	while (!caught && used.tv_sec < 20)
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	CHECK(caught);
}

TEST(timers_of_processor_time_interrupt_who_uses_it)
{
	static const clockid_t clocks[] = { CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID };

	signal(SIGIO, note);
	for (int i = 0; i < 2; i++) {
		int id = create(clocks[i], SIGEV_THREAD_ID, SIGIO, 0);
		struct timespec before, after;
		caught = 0;
		clock_gettime(clocks[i], &before);
		set(id, 0, 20 * MS, 0);
		burn_until_caught();
		clock_gettime(clocks[i], &after);
		CHECK((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec -
		              before.tv_nsec >=
		      20 * MS);
		CHECK_EQ(syscall(SYS_timer_delete, id), 0);
	}
	signal(SIGIO, SIG_DFL);
}

TEST(interval_timers_of_processor_time_come_again)
{
	static const int which[] = { ITIMER_VIRTUAL, ITIMER_PROF };
	static const int signals[] = { SIGVTALRM, SIGPROF };
	struct itimerval time = { { 0, 5000 }, { 0, 5000 } }, old;

	for (int i = 0; i < 2; i++) {
		signal(signals[i], note);
		CHECK_EQ(setitimer(which[i], &time, NULL), 0);
		for (int k = 0; k < 3; k++) {
			caught = 0;
			burn_until_caught();
			CHECK_EQ(caught, signals[i]);
		}
		CHECK_EQ(getitimer(which[i], &old), 0);
		CHECK_EQ(old.it_interval.tv_usec, 5000);
		CHECK(old.it_value.tv_usec > 0);
		CHECK_EQ(setitimer(which[i], &(struct itimerval){ 0 }, &old), 0);
		CHECK_EQ(old.it_interval.tv_usec, 5000);
		CHECK_EQ(getitimer(which[i], &old), 0);
		CHECK_EQ(old.it_value.tv_usec + old.it_interval.tv_usec, 0);
		signal(signals[i], SIG_DFL);
	}
	CHECK_ERROR(setitimer(3, &time, NULL), EINVAL);
	CHECK_ERROR(syscall(SYS_getitimer, ITIMER_PROF, BAD_ADDRESS), EFAULT);
}

TEST(timers_are_not_inherited)
{
	int id = create(CLOCK_MONOTONIC, SIGEV_NONE, 0, 0), status;

	set(id, 0, 1000 * MS, 0);
	if (!fork()) {
		struct itimerspec time;
		_exit(syscall(SYS_timer_gettime, id, &time) != -1 || errno != EINVAL);
	}
	CHECK(wait(&status) > 0);
	CHECK_EQ(status, 0);
	CHECK_EQ(syscall(SYS_timer_delete, id), 0);
}

TEST(timers_refuse_what_the_manual_refuses)
{
	struct kernel_event event = { .signal = SIGUSR1, .notify = SIGEV_SIGNAL };
	struct itimerspec bad = { .it_value.tv_nsec = 1000000000 };
	int id;

	CHECK_ERROR(syscall(SYS_timer_create, 10, &event, &id), EINVAL);
	CHECK_ERROR(syscall(SYS_timer_create, CLOCK_MONOTONIC_COARSE, &event, &id), EOPNOTSUPP);
	CHECK_ERROR(syscall(SYS_timer_create, CLOCK_MONOTONIC, BAD_ADDRESS, &id), EFAULT);
	CHECK_ERROR(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, BAD_ADDRESS), EFAULT);
	event.signal = 65;
	CHECK_ERROR(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id), EINVAL);
	event.signal = 0;
	CHECK_ERROR(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id), EINVAL);
	event.signal = SIGUSR1;
	event.notify = 77;
	CHECK_ERROR(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id), EINVAL);
	event.notify = SIGEV_THREAD_ID;
	event.thread = 1;
	CHECK_ERROR(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id), EINVAL);
	CHECK_EQ(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &id), 0);
	CHECK_ERROR(syscall(SYS_timer_settime, id, 0, NULL, NULL), EINVAL);
	CHECK_ERROR(syscall(SYS_timer_settime, id, 0, BAD_ADDRESS, NULL), EFAULT);
	CHECK_ERROR(syscall(SYS_timer_settime, id, 0, &bad, NULL), EINVAL);
	CHECK_ERROR(syscall(SYS_timer_gettime, id, BAD_ADDRESS), EFAULT);
	CHECK_ERROR(syscall(SYS_timer_gettime, 99, &bad), EINVAL);
	CHECK_ERROR(syscall(SYS_timer_getoverrun, -1), EINVAL);
	CHECK_EQ(syscall(SYS_timer_delete, id), 0);
}

static void *thread_runs(void *argument)
{
	clockid_t clock;
	struct timespec time;

	CHECK_EQ(pthread_getcpuclockid(*(pthread_t *)argument, &clock), 0);
	CHECK_EQ(clock_gettime(clock, &time), 0);
	return NULL;
}

TEST(clocks_of_processes_and_threads_have_numbers)
{
	pthread_t self = pthread_self(), other;
	struct timespec time;
	clockid_t clock;

	CHECK_EQ(clock_getcpuclockid(0, &clock), 0);
	CHECK_EQ(clock_gettime(clock, &time), 0);
	CHECK_EQ(clock_getcpuclockid(getppid(), &clock), 0);
	CHECK_EQ(clock_gettime(clock, &time), 0);
	CHECK_EQ(clock_getcpuclockid(getpid(), &clock), 0);
	CHECK_EQ(clock_getres(clock, &time), 0);
	CHECK(clock_getcpuclockid(32000, &clock) != 0);
	CHECK_EQ(pthread_create(&other, NULL, thread_runs, &self), 0);
	CHECK_EQ(pthread_join(other, NULL), 0);
	CHECK_EQ(clock_gettime(CLOCK_TAI, &time), 0);
	CHECK_ERROR(clock_gettime(10, &time), EINVAL);
	CHECK_ERROR(clock_getres(1000, &time), EINVAL);
	CHECK_EQ(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &time, NULL), EINVAL);
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC_COARSE, 0, &time, NULL), EOPNOTSUPP);
	CHECK_EQ(clock_nanosleep(10, 0, &time, NULL), EINVAL);
	CHECK_EQ(clock_nanosleep(CLOCK_BOOTTIME, 0, &(struct timespec){ 0, MS }, NULL), 0);
	CHECK_EQ(clock_nanosleep(CLOCK_TAI, TIMER_ABSTIME, &(struct timespec){ 1, 0 }, NULL), 0);
	CHECK_EQ(clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, TIMER_ABSTIME,
	                         &(struct timespec){ 0, 1 }, NULL),
	         0);
}
