/* SPDX-License-Identifier: MIT */
#include "events.h"

static struct itimerspec spec(long value_ns, long interval_ns)
{
	return (struct itimerspec){ { interval_ns / 1000000000, interval_ns % 1000000000 },
		                    { value_ns / 1000000000, value_ns % 1000000000 } };
}

static void arm(int fd, int flags, long value_ns, long interval_ns)
{
	struct itimerspec in = spec(value_ns, interval_ns);

	CHECK_EQ(timerfd_settime(fd, flags, &in, NULL), 0);
}

TEST(timerfd_expires_once)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);

	arm(fd, 0, 20 * MS, 0);
	CHECK_EQ(ready(fd, POLLIN), 0);
	CHECK_EQ(take(fd), 1);
	CHECK_EQ(ready(fd, POLLIN), 0);
	CHECK_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	CHECK_EQ(take(fd), -EAGAIN);
	close(fd);
}

TEST(timerfd_counts_what_nobody_reads)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);

	arm(fd, 0, 1 * MS, 1 * MS);
	sleep_ms(50);
	int64_t count = take(fd);
	CHECK(count >= 49);
	struct itimerspec left;
	CHECK_EQ(timerfd_gettime(fd, &left), 0);
	CHECK_EQ(left.it_interval.tv_nsec, MS);
	CHECK(left.it_value.tv_sec == 0 && left.it_value.tv_nsec > 0 &&
	      left.it_value.tv_nsec <= MS);
	close(fd);
}

TEST(timerfd_goes_on_after_each_reading)
{
	int fd = timerfd_create(CLOCK_BOOTTIME, 0);
	int64_t count = 0;

	arm(fd, 0, 2 * MS, 2 * MS);
	while (count < 10) {
		int64_t more = take(fd);
		CHECK(more > 0);
		count += more;
	}
	close(fd);
}

TEST(timerfd_takes_absolute_times_of_both_clocks)
{
	static const int clocks[] = { CLOCK_MONOTONIC, CLOCK_REALTIME };

	for (int i = 0; i < 2; i++) {
		int fd = timerfd_create(clocks[i], 0);
		struct timespec now;

		clock_gettime(clocks[i], &now);
		struct itimerspec in = { .it_value = { now.tv_sec, now.tv_nsec + 20 * MS } };
		if (in.it_value.tv_nsec >= 1000000000) {
			in.it_value.tv_sec++;
			in.it_value.tv_nsec -= 1000000000;
		}
		CHECK_EQ(timerfd_settime(fd, TFD_TIMER_ABSTIME, &in, NULL), 0);
		struct pollfd list = { fd, POLLIN, 0 };
		CHECK_EQ(poll(&list, 1, 10000), 1);
		CHECK_EQ(take(fd), 1);
		/* One that has been is over at once. */
		in.it_value = (struct timespec){ 1, 0 };
		CHECK_EQ(
		        timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &in, NULL),
		        0);
		CHECK_EQ(take(fd), 1);
		close(fd);
	}
}

TEST(timerfd_tells_what_was_left_and_can_be_disarmed)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
	struct itimerspec in = spec(0, 0), old;

	arm(fd, 0, 100000 * MS, 7 * MS);
	CHECK_EQ(timerfd_settime(fd, 0, &in, &old), 0);
	CHECK(old.it_value.tv_sec >= 90 && old.it_value.tv_sec <= 100);
	CHECK_EQ(old.it_interval.tv_nsec, 7 * MS);
	CHECK_EQ(timerfd_gettime(fd, &old), 0);
	CHECK_EQ(old.it_value.tv_sec, 0);
	CHECK_EQ(old.it_value.tv_nsec, 0);
	arm(fd, 0, 1 * MS, 0);
	sleep_ms(5);
	CHECK_EQ(ready(fd, POLLIN), POLLIN);
	arm(fd, 0, 0, 0); /* what has not been read is forgotten */
	CHECK_EQ(ready(fd, POLLIN), 0);
	CHECK_EQ(take(fd), -EAGAIN);
	close(fd);
}

TEST(timerfd_refuses_what_the_manual_refuses)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), other = eventfd(0, 0);
	struct itimerspec in = spec(MS, 0);
	uint64_t value = 1;

	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_ERROR(timerfd_create(CLOCK_THREAD_CPUTIME_ID, 0), EINVAL);
	CHECK_ERROR(timerfd_create(77, 0), EINVAL);
	CHECK_ERROR(timerfd_create(CLOCK_MONOTONIC, 1), EINVAL);
	CHECK_ERROR(timerfd_settime(-1, 0, &in, NULL), EBADF);
	CHECK_ERROR(timerfd_settime(other, 0, &in, NULL), EINVAL);
	CHECK_ERROR(timerfd_settime(0, 0, BAD_ADDRESS, NULL), EFAULT);
	CHECK_ERROR(timerfd_settime(fd, 8, &in, NULL), EINVAL);
	in.it_value.tv_nsec = 1000000000;
	CHECK_ERROR(timerfd_settime(fd, 0, &in, NULL), EINVAL);
	CHECK_ERROR(timerfd_gettime(other, &in), EINVAL);
	CHECK_ERROR(timerfd_gettime(fd, BAD_ADDRESS), EFAULT);
	CHECK_ERROR(write(fd, &value, 8), EINVAL);
	CHECK_ERROR(read(fd, &value, 7), EINVAL);
	close(fd);
	close(other);
}

TEST(many_timers_expire_in_their_order)
{
	enum { COUNT = 20 };
	int fds[COUNT];

	for (int i = 0; i < COUNT; i++) {
		fds[i] = timerfd_create(CLOCK_MONOTONIC, 0);
		arm(fds[i], 0, (COUNT - i) * 5 * MS, 0);
	}
	CHECK_EQ(take(fds[0]), 1);
	for (int i = 0; i < COUNT; i++) {
		CHECK_EQ(ready(fds[i], POLLIN), i ? POLLIN : 0);
		close(fds[i]);
	}
}
