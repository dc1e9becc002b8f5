/* SPDX-License-Identifier: MIT */
/* Clocks. */
#include "posix.h"

#include <sys/auxv.h>

static long long now(clockid_t clock)
{
	struct timespec t;

	CHECK_EQ(clock_gettime(clock, &t), 0);
	CHECK(t.tv_nsec >= 0 && t.tv_nsec < 1000000000);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static long long now_by_call(clockid_t clock)
{
	struct timespec t;

	CHECK_EQ(syscall(SYS_clock_gettime, clock, &t), 0);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

TEST(clocks_without_a_call_are_those_of_the_call)
{
	static const clockid_t clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME,
		                            CLOCK_PROCESS_CPUTIME_ID };
	const char *header = (const char *)getauxval(AT_SYSINFO_EHDR);

	CHECK(header && !memcmp(header, "\177ELF", 4));
	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		long long before = now(clocks[i]), call = now_by_call(clocks[i]);
		CHECK(before <= call && call <= now(clocks[i]));
	}
	struct timeval day;
	long long before = now(CLOCK_REALTIME) / 1000;
	CHECK_EQ(gettimeofday(&day, NULL), 0);
	CHECK(before <= day.tv_sec * 1000000ll + day.tv_usec);
	CHECK(day.tv_sec <= time(NULL));
	CHECK_ERROR(clock_gettime(99, &(struct timespec){ 0 }), EINVAL);
}

TEST(time_does_not_run_backwards)
{
	long long last = now(CLOCK_MONOTONIC);

	for (int i = 0; i < 10000; i++) {
		long long next = now(CLOCK_MONOTONIC);
		CHECK(next >= last);
		last = next;
	}
}

TEST(sleep_lasts_as_long_as_asked)
{
	long long before = now(CLOCK_MONOTONIC);

	CHECK_EQ(nanosleep(&(struct timespec){ 0, 200000000 }, NULL), 0);
	long long after = now(CLOCK_MONOTONIC);
	CHECK(after - before >= 200000000);
	CHECK(after - before < 5000000000ll);
	struct timespec until = { (after + 50000000) / 1000000000,
		                  (after + 50000000) % 1000000000 };
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL), 0);
	CHECK(now(CLOCK_MONOTONIC) >= after + 50000000);
}

TEST(all_clocks_answer)
{
	static const clockid_t clocks[] = { CLOCK_REALTIME,           CLOCK_MONOTONIC,
		                            CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
		                            CLOCK_MONOTONIC_RAW,      CLOCK_REALTIME_COARSE,
		                            CLOCK_MONOTONIC_COARSE,   CLOCK_BOOTTIME };
	struct timespec resolution;

	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		(void)now(clocks[i]);
		CHECK_EQ(clock_getres(clocks[i], &resolution), 0);
	}
	CHECK_ERROR(clock_gettime(99, &resolution), EINVAL);
}

TEST(processor_time_grows_with_work)
{
	volatile unsigned long x = 0;
	long long before = now(CLOCK_PROCESS_CPUTIME_ID);

	for (int i = 0; i < 5000000; i++)
		x += (unsigned long)i;
	CHECK(now(CLOCK_PROCESS_CPUTIME_ID) > before);
	CHECK(now(CLOCK_THREAD_CPUTIME_ID) > 0);
}

TEST(real_time_is_of_this_century)
{
	struct timeval t;

	CHECK(time(NULL) > 1600000000);
	CHECK_EQ(gettimeofday(&t, NULL), 0);
	CHECK(t.tv_sec - time(NULL) <= 1);
}
