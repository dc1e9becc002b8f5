/* SPDX-License-Identifier: MIT */
/* Resource limits: that they hold. */
#include "calls.h"

#define MIB ((size_t)1 << 20)

static void limit(int resource, rlim_t soft)
{
	struct rlimit now;

	CHECK_EQ(getrlimit(resource, &now), 0);
	now.rlim_cur = soft;
	CHECK_EQ(setrlimit(resource, &now), 0);
}

static void *map(size_t size)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static int has_room(size_t size)
{
	void *at = map(size);

	return at != MAP_FAILED && !munmap(at, size);
}

/* In a child: everything that is a check ends it with a status that the parent sees. */
static void passes(void (*body)(void))
{
	int status = in_child(body);

	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 0);
}

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			_exit(__LINE__ % 250 + 1);                                                 \
	} while (0)

/* --- RLIMIT_AS, RLIMIT_DATA --- */

static void address_space(void)
{
	char *held = map(8 * MIB);

	MUST(held != MAP_FAILED);
	limit(RLIMIT_AS, 64 * MIB);
	MUST(has_room(MIB));
	errno = 0;
	MUST(!has_room(64 * MIB) && errno == ENOMEM);
	MUST(mmap(NULL, 64 * MIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) ==
	             MAP_FAILED &&
	     errno == ENOMEM);
	MUST(mremap(held, 8 * MIB, 80 * MIB, MREMAP_MAYMOVE) == MAP_FAILED && errno == ENOMEM);
	held[8 * MIB - 1] = 1;
	MUST(sbrk((long)(64 * MIB)) == (void *)-1 || syscall(SYS_brk, 0) < 0);
	/* What is replaced does not count twice. */
	limit(RLIMIT_AS, RLIM_INFINITY);
	char *large = map(40 * MIB);
	limit(RLIMIT_AS, 64 * MIB);
	MUST(mmap(large, 40 * MIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
	     large);
	limit(RLIMIT_AS, 0);
	MUST(!has_room(PAGE) && errno == ENOMEM);
	MUST(mprotect(large, 40 * MIB, PROT_READ | PROT_WRITE) == 0);
	limit(RLIMIT_AS, RLIM_INFINITY);
	MUST(has_room(64 * MIB));
}

TEST(an_address_space_does_not_grow_beyond_its_limit) { passes(address_space); }

static void data(void)
{
	const size_t size = 16 * MIB; /* the program has some data of its own */
	char *shared, *plain = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	limit(RLIMIT_DATA, size);
	MUST(!has_room(size) && errno == ENOMEM);
	MUST(has_room(MIB));
	shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(shared != MAP_FAILED);
	MUST(mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
	MUST(mprotect(plain, size, PROT_READ | PROT_WRITE) == -1 && errno == ENOMEM);
	MUST(mprotect(plain, MIB, PROT_READ | PROT_WRITE) == 0);
	long now = syscall(SYS_brk, 0);
	MUST(syscall(SYS_brk, now + (long)size) == now);
	MUST(syscall(SYS_brk, now + (long)(MIB)) == now + (long)MIB);
	*(char *)(now + (long)MIB - 1) = 1;
}

TEST(data_does_not_grow_beyond_its_limit) { passes(data); }

/* --- RLIMIT_STACK --- */

static volatile char sink;

static __attribute__((noinline)) void use_stack(size_t size)
{
	char block[16384];

	memset(block, (int)size, sizeof(block));
	sink = block[size % sizeof(block)];
	if (size > sizeof(block))
		use_stack(size - sizeof(block));
	sink = block[0];
}

static void small_stack(void)
{
	limit(RLIMIT_STACK, 512 << 10);
	use_stack(128 << 10);
	use_stack(2 * MIB);
}

static void grown_stack(void)
{
	limit(RLIMIT_STACK, 32 * MIB);
	use_stack(20 * MIB);
}

TEST(a_stack_grows_as_far_as_its_limit_says)
{
	int status = in_child(small_stack);

	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGSEGV);
	passes(grown_stack);
}

/* --- RLIMIT_FSIZE --- */

static volatile sig_atomic_t caught;
static void note(int signal) { caught = signal; }

static void too_big(void)
{
	limit(RLIMIT_FSIZE, 4096);
	int fd = open("big", O_RDWR | O_CREAT | O_TRUNC, 0644);
	(void)!pwrite(fd, "x", 1, 4096);
}

TEST(a_file_that_grows_too_large_ends_its_writer)
{
	work_in_fresh_directory();
	int status = in_child(too_big);

	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGXFSZ);
}

#define TOO_BIG(call) (caught = 0, errno = 0, (call) == -1 && errno == EFBIG && caught == SIGXFSZ)

static void file_size(void)
{
	static char data[8192];
	struct iovec three[3] = { { data, 3000 }, { data, 1096 }, { data, 100 } };
	struct iovec big[2] = { { data, 4096 }, { data, 4096 } };
	struct stat st;
	int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0644), pipes[2];

	signal(SIGXFSZ, note);
	limit(RLIMIT_FSIZE, 4096);
	MUST(write(fd, data, 3000) == 3000);
	MUST(write(fd, data, 3000) == 1096 && !caught);
	MUST(write(fd, data, 0) == 0 && !caught);
	MUST(TOO_BIG(write(fd, data, 1)));
	MUST(pwrite(fd, data, 8192, 100) == 3996);
	MUST(TOO_BIG(pwrite(fd, data, 1, 5000)));
	MUST(lseek(fd, 0, SEEK_SET) == 0);
	caught = 0;
	MUST(writev(fd, three, 3) == 4096 && !caught);
	MUST(pwritev(fd, big, 2, 0) == 4096 && !caught);
	MUST(TOO_BIG(writev(fd, three, 3)));
	MUST(fstat(fd, &st) == 0 && st.st_size == 4096);
	MUST(ftruncate(fd, 4096) == 0);
	MUST(TOO_BIG(ftruncate(fd, 4097)));
	MUST(TOO_BIG(truncate("file", 4097)));
	MUST(TOO_BIG(fallocate(fd, 0, 0, 4097)) || errno == EOPNOTSUPP);
	MUST(ftruncate(fd, 10) == 0);
	int append = open("file", O_WRONLY | O_APPEND);
	MUST(write(append, data, 8192) == 4086);
	MUST(TOO_BIG(write(append, data, 1)));
	/* What is larger already may become smaller, and be overwritten below the limit. */
	limit(RLIMIT_FSIZE, 100);
	MUST(ftruncate(fd, 2000) == 0);
	MUST(pwrite(fd, data, 50, 0) == 50);
	MUST(TOO_BIG(pwrite(fd, data, 50, 100)));
	caught = 0;
	MUST(!pipe(pipes) && write(pipes[1], data, 1000) == 1000 && !caught);
	MUST(lseek(fd, 0, SEEK_SET) == 0);
	MUST(splice(pipes[0], NULL, fd, NULL, 1000, 0) <= 100);
	limit(RLIMIT_FSIZE, RLIM_INFINITY);
	MUST(pwrite(fd, data, 8192, 100) == 8192);
}

TEST(a_file_is_written_up_to_its_limit)
{
	work_in_fresh_directory();
	passes(file_size);
}

/* --- RLIMIT_CPU --- */

static void burn(void)
{
	for (;;)
		sink = 1;
}

static void cpu_hard(void)
{
	CHECK_EQ(setrlimit(RLIMIT_CPU, &(struct rlimit){ 1, 1 }), 0);
	burn();
}

static void cpu_soft(void)
{
	CHECK_EQ(setrlimit(RLIMIT_CPU, &(struct rlimit){ 1, 10 }), 0);
	burn();
}

static void cpu_told(void)
{
	struct rlimit now;

	signal(SIGXCPU, note);
	CHECK_EQ(setrlimit(RLIMIT_CPU, &(struct rlimit){ 1, 3 }), 0);
	while (!caught)
		sink = 1;
	/* The next signal comes after another second; then the hard limit. */
	MUST(getrlimit(RLIMIT_CPU, &now) == 0 && now.rlim_cur == 2 && now.rlim_max == 3);
	for (caught = 0; !caught;)
		sink = 1;
	_exit(0);
}

TEST(processor_time_has_an_end)
{
	int status = in_child(cpu_hard);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGKILL);
	status = in_child(cpu_soft);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGXCPU);
	passes(cpu_told);
}

/* --- RLIMIT_NOFILE --- */

static void descriptors(void)
{
	struct pollfd polls[20] = { 0 };
	int last = 0, high;

	for (int fd = 3; fd < 64; fd++)
		close(fd);
	high = fcntl(0, F_DUPFD, 40);
	MUST(high == 40);
	limit(RLIMIT_NOFILE, 10);
	while (last >= 0 && last < 20)
		last = dup(0);
	MUST(errno == EMFILE);
	MUST(fcntl(9, F_GETFD) == 0);
	MUST(fcntl(10, F_GETFD) == -1);
	MUST(dup2(0, 10) == -1 && errno == EBADF);
	MUST(fcntl(0, F_DUPFD, 10) == -1 && errno == EINVAL);
	MUST(open("/dev/null", O_RDONLY) == -1 && errno == EMFILE);
	MUST(poll(polls, 11, 0) == -1 && errno == EINVAL);
	/* What was open stays so. */
	MUST(fcntl(high, F_GETFD) == 0);
	MUST(close(high) == 0);
	limit(RLIMIT_NOFILE, 11);
	MUST(dup(0) == 10);
}

static void descriptors_of_parent(void)
{
	int go[2], gone[2];
	struct rlimit few = { 5, 20 };
	char byte;

	MUST(!pipe(go) && !pipe(gone));
	pid_t child = fork();
	if (!child) {
		MUST(read(go[0], &byte, 1) == 1);
		MUST(dup(0) == -1 && errno == EMFILE);
		_exit(0);
	}
	MUST(prlimit(child, RLIMIT_NOFILE, &few, NULL) == 0);
	MUST(write(go[1], "x", 1) == 1);
	int status;
	MUST(waitpid(child, &status, 0) == child && status == 0);
}

static void nobody_raises(void)
{
	struct rlimit limit = { 100, 200 };

	MUST(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit = (struct rlimit){ UINT64_MAX, UINT64_MAX };
	MUST(setrlimit(RLIMIT_NOFILE, &limit) == -1 && errno == EPERM);
	MUST(setuid(1000) == 0);
	limit = (struct rlimit){ 100, 201 };
	MUST(setrlimit(RLIMIT_NOFILE, &limit) == -1 && errno == EPERM);
	limit = (struct rlimit){ 101, 100 };
	MUST(setrlimit(RLIMIT_NOFILE, &limit) == -1 && errno == EINVAL);
	limit = (struct rlimit){ 50, 150 };
	MUST(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	MUST(setrlimit(99, &limit) == -1 && errno == EINVAL);
	MUST(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == 50);
	MUST(limit.rlim_max == 150);
}

TEST(descriptors_end_at_their_limit)
{
	passes(descriptors);
	passes(descriptors_of_parent);
	passes(nobody_raises);
}

/* --- RLIMIT_MEMLOCK --- */

static void locked(void)
{
	char *at = map(16 * PAGE);

	limit(RLIMIT_MEMLOCK, 8 * PAGE);
	MUST(mlock(at, 16 * PAGE) == 0); /* root */
	MUST(munlock(at, 16 * PAGE) == 0);
	MUST(setuid(1000) == 0);
	MUST(mlock(at, 9 * PAGE) == -1 && errno == ENOMEM);
	MUST(mlock(at, 8 * PAGE) == 0);
	MUST(mlock(at, 4 * PAGE) == 0); /* locked already */
	MUST(mlock(at + 8 * PAGE, 1) == -1 && errno == ENOMEM);
	MUST(madvise(at, PAGE, MADV_DONTNEED) == -1 && errno == EINVAL);
	MUST(munlock(at, PAGE) == 0);
	MUST(mlock(at + 8 * PAGE, 1) == 0);
	MUST(mlockall(MCL_CURRENT) == -1 && errno == ENOMEM);
	MUST(munlockall() == 0);
	MUST(mmap(NULL, 9 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0) ==
	             MAP_FAILED &&
	     errno == EAGAIN);
	MUST(mlockall(MCL_FUTURE) == 0);
	MUST(map(9 * PAGE) == MAP_FAILED && errno == EAGAIN);
	MUST(munlockall() == 0);
	MUST(munmap(at + PAGE, PAGE) == 0);
	MUST(mlock(at, 3 * PAGE) == -1 && errno == ENOMEM);
	MUST(munlock(at, 3 * PAGE) == -1 && errno == ENOMEM);
	limit(RLIMIT_MEMLOCK, 0);
	MUST(mlock(at, 1) == -1 && errno == EPERM);
	MUST(mlockall(MCL_CURRENT) == -1 && errno == EPERM);
	MUST(syscall(SYS_mlock2, at, PAGE, 2) == -1 && errno == EINVAL);
	MUST(mlockall(0) == -1 && errno == EINVAL);
	MUST(mlockall(MCL_ONFAULT) == -1 && errno == EINVAL);
}

TEST(locked_memory_is_limited) { passes(locked); }
