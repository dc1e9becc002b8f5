/* SPDX-License-Identifier: MIT */
/* Mapping memory. */
#include "posix.h"

#include <setjmp.h>

#define RW        (PROT_READ | PROT_WRITE)
#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)

static sigjmp_buf fault_return;
static volatile sig_atomic_t fault_signal;
static void *volatile fault_address;

static void on_fault(int signal, siginfo_t *info, void *context)
{
	(void)context;
	fault_signal = signal;
	fault_address = info->si_addr;
	siglongjmp(fault_return, 1);
}

/* Touch a byte; the signal that came of it, 0 if none. */
static int touch(volatile char *p, int write)
{
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO }, segv, bus;

	sigaction(SIGSEGV, &action, &segv);
	sigaction(SIGBUS, &action, &bus);
	fault_signal = 0;
	if (!sigsetjmp(fault_return, 1)) {
		if (write)
			*p = 1;
		else
			(void)*p;
	}
	sigaction(SIGSEGV, &segv, NULL);
	sigaction(SIGBUS, &bus, NULL);
	return fault_signal;
}

static char *pages(size_t count)
{
	char *p = mmap(NULL, count * PAGE, RW, ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

TEST(fresh_memory_is_zero_and_writable)
{
	char *p = pages(64);

	for (size_t i = 0; i < 64 * PAGE; i += 512)
		CHECK_EQ(p[i], 0);
	memset(p, 7, 64 * PAGE);
	CHECK_EQ(munmap(p, 64 * PAGE), 0);
	CHECK_EQ(touch(p, 0), SIGSEGV);
	CHECK(fault_address == p);
}

TEST(a_hole_can_be_cut_out_of_a_mapping)
{
	char *p = pages(5);

	memset(p, 9, 5 * PAGE);
	CHECK_EQ(munmap(p + 2 * PAGE, PAGE), 0);
	CHECK_EQ(touch(p + 2 * PAGE, 0), SIGSEGV);
	CHECK_EQ(touch(p + PAGE, 1), 0);
	CHECK_EQ(p[4 * PAGE], 9);
	CHECK_EQ(munmap(p, 5 * PAGE), 0);
	CHECK_EQ(touch(p, 0), SIGSEGV);
}

TEST(protection_is_kept)
{
	char *p = pages(4);

	CHECK_EQ(mprotect(p + PAGE, PAGE, PROT_READ), 0);
	CHECK_EQ(touch(p + PAGE, 0), 0);
	CHECK_EQ(touch(p + PAGE, 1), SIGSEGV);
	CHECK_EQ(touch(p, 1), 0);
	CHECK_EQ(mprotect(p, 4 * PAGE, PROT_NONE), 0);
	CHECK_EQ(touch(p + 3 * PAGE, 0), SIGSEGV);
	CHECK_EQ(mprotect(p, 4 * PAGE, RW), 0);
	CHECK_EQ(touch(p + PAGE, 1), 0);
	CHECK_EQ(munmap(p, 4 * PAGE), 0);
	CHECK_ERROR(mprotect(p, PAGE, RW), ENOMEM);
	CHECK_ERROR(syscall(SYS_mprotect, p + 1, PAGE, RW), EINVAL);
}

TEST(code_can_be_written_and_run)
{
	static const unsigned char code[] = { 0xb8, 42, 0, 0, 0, 0xc3 }; /* mov $42, %eax; ret */
	char *p = pages(1);

	memcpy(p, code, sizeof(code));
	CHECK_EQ(mprotect(p, PAGE, PROT_READ | PROT_EXEC), 0);
	int (*function)(void);
	memcpy(&function, &p, sizeof(p));
	CHECK_EQ(function(), 42);
	munmap(p, PAGE);
}

TEST(fixed_mappings_replace_or_refuse)
{
	char *p = pages(3);

	memset(p, 5, 3 * PAGE);
	CHECK(mmap(p + PAGE, PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0) == p + PAGE);
	CHECK_EQ(p[PAGE], 0);
	CHECK_EQ(p[0], 5);
	CHECK_EQ(p[2 * PAGE], 5);
	CHECK(mmap(p, PAGE, RW, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED &&
	      errno == EEXIST);
	CHECK_EQ(munmap(p, 3 * PAGE), 0);
	CHECK(mmap(p, PAGE, RW, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == p);
	munmap(p, PAGE);
	CHECK(mmap((void *)0x123, PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED &&
	      errno == EINVAL);
}

TEST(a_hint_is_taken_if_it_is_free)
{
	char *p = pages(2);

	munmap(p, 2 * PAGE);
	CHECK(mmap(p, PAGE, RW, ANONYMOUS, -1, 0) == p);
	char *q = mmap(p, PAGE, RW, ANONYMOUS, -1, 0);
	CHECK(q != MAP_FAILED && q != p);
	munmap(p, PAGE);
	munmap(q, PAGE);
}

TEST(mremap_grows_shrinks_and_moves)
{
	char *p = pages(4);

	for (int i = 0; i < 4; i++)
		p[(size_t)i * PAGE] = (char)(i + 1);
	p = mremap(p, 4 * PAGE, 2 * PAGE, 0);
	CHECK(p != MAP_FAILED);
	CHECK_EQ(touch(p + 2 * PAGE, 0), SIGSEGV);
	char *wall = mmap(p + 2 * PAGE, PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0);
	CHECK(wall == p + 2 * PAGE);
	CHECK(mremap(p, 2 * PAGE, 4 * PAGE, 0) == MAP_FAILED && errno == ENOMEM);
	char *q = mremap(p, 2 * PAGE, 40 * PAGE, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED && q != p);
	CHECK_EQ(q[0], 1);
	CHECK_EQ(q[PAGE], 2);
	CHECK_EQ(q[39 * PAGE], 0);
	CHECK_EQ(touch(p, 0), SIGSEGV);
	munmap(q, 40 * PAGE);
	munmap(wall, PAGE);
}

TEST(realloc_of_much_keeps_what_was_there)
{
	size_t size = 1 << 20;
	unsigned char *p = malloc(size);

	for (size_t i = 0; i < size; i++)
		p[i] = (unsigned char)(i * 13);
	for (int step = 0; step < 12; step++) {
		size += 300000;
		p = realloc(p, size);
		CHECK(p);
		for (size_t i = 0; i < 1 << 20; i += 997)
			CHECK_EQ(p[i], (unsigned char)(i * 13));
		memset(p + size - 300000, 1, 300000);
	}
	free(p);
}

TEST(dont_need_makes_zero)
{
	char *p = pages(32);

	memset(p, 3, 32 * PAGE);
	CHECK_EQ(madvise(p + PAGE, 2 * PAGE, MADV_DONTNEED), 0);
	CHECK_EQ(p[PAGE], 0);
	CHECK_EQ(p[0], 3);
	CHECK_EQ(madvise(p + 4 * PAGE, 20 * PAGE, MADV_DONTNEED), 0);
	CHECK_EQ(p[4 * PAGE], 0);
	CHECK_EQ(p[23 * PAGE + 5], 0);
	CHECK_EQ(p[24 * PAGE], 3);
	p[10 * PAGE] = 1;
	munmap(p, 32 * PAGE);
}

/* musl's sbrk refuses to move it. */
static char *set_break(char *to) { return (char *)syscall(SYS_brk, to); }

TEST(the_break_moves_both_ways_and_comes_back_zero)
{
	char *start = set_break(NULL);

	CHECK(set_break(start + 100000) == start + 100000);
	memset(start, 1, 100000);
	CHECK(set_break(start) == start);
	CHECK(set_break(start + 100000) == start + 100000);
	for (int i = 0; i < 100000; i++)
		CHECK_EQ(start[i], 0);
	CHECK(set_break(start) == start);
	CHECK(set_break((char *)1) == start);
}

TEST(a_file_is_mapped_privately)
{
	char back[8] = { 0 };

	work_in_fresh_directory();
	int fd = file_with("f", "hello");
	char *p = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK(!memcmp(p, "hello", 6));
	memcpy(p, "JELLO", 5);
	CHECK_EQ(pread(fd, back, 5, 0), 5);
	CHECK_STR(back, "hello");
	char *q = mmap(NULL, 3 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(!memcmp(q, "hello", 6));
	CHECK_EQ(touch(q, 1), SIGSEGV);
	CHECK_EQ(touch(q + 2 * PAGE, 0), SIGBUS);
	CHECK_EQ(mprotect(q, PAGE, RW), 0);
	CHECK_EQ(touch(q, 1), 0);
	CHECK_EQ(pread(fd, back, 5, 0), 5);
	CHECK_STR(back, "hello");
	munmap(p, PAGE);
	munmap(q, 3 * PAGE);
	close(fd);
}

TEST(a_file_is_mapped_shared)
{
	char back[8] = { 0 };

	work_in_fresh_directory();
	int fd = file_with("f", "hello");
	char *p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0),
	     *q = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED && q != MAP_FAILED);
	memcpy(p, "JELLO", 5);
	CHECK(!memcmp(q, "JELLO", 5));
	CHECK_EQ(msync(p, PAGE, MS_SYNC), 0);
	CHECK_EQ(pread(fd, back, 5, 0), 5);
	CHECK_STR(back, "JELLO");
	CHECK_EQ(pwrite(fd, "tt", 2, 2), 2);
	CHECK(!memcmp(p, "JEttO", 5));
	close(fd);
	pid_t pid = fork();
	if (!pid) {
		p[0] = 'C';
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	CHECK_EQ(q[0], 'C');
	munmap(p, PAGE);
	munmap(q, PAGE);
}

TEST(a_mapping_needs_what_the_descriptor_allows)
{
	work_in_fresh_directory();
	close(file_with("f", "hello"));
	int fd = open("f", O_RDONLY);
	CHECK(mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EACCES);
	CHECK(mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0) != MAP_FAILED);
	CHECK(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 1) == MAP_FAILED && errno == EINVAL);
	close(fd);
}

TEST(shared_anonymous_memory_is_shared_with_children)
{
	int *p = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int *own = mmap(NULL, PAGE, RW, ANONYMOUS, -1, 0);

	pid_t pid = fork();
	if (!pid) {
		*p = 42;
		*own = 42;
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	CHECK_EQ(*p, 42);
	CHECK_EQ(*own, 0);
	munmap(p, PAGE);
	munmap(own, PAGE);
}

TEST(gigabytes_may_be_reserved)
{
	size_t size = (size_t)64 << 30;
	char *p = mmap(NULL, size, PROT_NONE, ANONYMOUS | MAP_NORESERVE, -1, 0);

	CHECK(p != MAP_FAILED);
	CHECK_EQ(mprotect(p + (size / 2), PAGE, RW), 0);
	p[size / 2] = 1;
	CHECK_EQ(munmap(p, size), 0);
}

TEST(too_much_is_ENOMEM)
{
	CHECK(mmap(NULL, (size_t)1 << 50, RW, ANONYMOUS, -1, 0) == MAP_FAILED && errno == ENOMEM);
	CHECK(mmap(NULL, (size_t)-4096, RW, ANONYMOUS, -1, 0) == MAP_FAILED && errno == ENOMEM);
}

static int recurse(volatile char *above, volatile int *depth)
{
	volatile char here[4096];

	here[0] = above[0];
	return ++*depth > 100000 ? 0 : recurse(here, depth) + here[1];
}

static void overflow_the_stack(void)
{
	volatile char c = 0;
	volatile int depth = 0;

	signal(SIGSEGV, SIG_DFL);
	recurse(&c, &depth);
}

TEST(a_stack_overflow_kills_only_the_process)
{
	struct rlimit no_core = { 0, 0 };

	setrlimit(RLIMIT_CORE, &no_core);
	int status = in_child(overflow_the_stack);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGSEGV);
}
