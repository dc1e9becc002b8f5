/* SPDX-License-Identifier: MIT */
/* Host tests. A test is a function whose name is a sentence:
 * TEST(bank_destroy_gives_back_every_page) { CHECK_EQ(a, b); } Including this header makes the
 * program: its main runs all TESTs (those whose names contain argv[1], if given), prints TAP, and
 * exits with 1 if one failed. The first CHECK that does not hold ends its test. Several files may
 * form one program. */
#pragma once

#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#ifdef TEST_ISOLATED
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

struct test {
	const char *name;
	void (*run)(void);
	struct test *next;
};

/* Weak: the files of one program share them. */
__attribute__((weak)) struct test *test_first;
__attribute__((weak)) struct test **test_last = &test_first;
__attribute__((weak)) jmp_buf test_end;

#define TEST(name)                                                                                 \
	static void test_##name(void);                                                             \
	__attribute__((constructor)) static void test_add_##name(void)                             \
	{                                                                                          \
		static struct test test = { #name, test_##name, NULL };                            \
		*test_last = &test;                                                                \
		test_last = &test.next;                                                            \
	}                                                                                          \
	static void test_##name(void)

#define TEST_FAIL(...)                                                                             \
	(printf("# %s:%d: ", __FILE__, __LINE__), printf(__VA_ARGS__), printf("\n"),               \
	 longjmp(test_end, 1))

#define CHECK(condition) ((condition) ? (void)0 : TEST_FAIL("not so: %s", #condition))

#define CHECK_EQ(a, b)                                                                             \
	do {                                                                                       \
		unsigned long long check_a = (unsigned long long)(a),                              \
		                   check_b = (unsigned long long)(b);                              \
		if (check_a != check_b)                                                            \
			TEST_FAIL("%s is %lld (%#llx), not %s = %lld (%#llx)", #a,                 \
			          (long long)check_a, check_a, #b, (long long)check_b, check_b);   \
	} while (0)

#define CHECK_STR(a, b)                                                                            \
	do {                                                                                       \
		const char *check_a = (a), *check_b = (b);                                         \
		if (strcmp(check_a, check_b))                                                      \
			TEST_FAIL("%s is \"%s\", not \"%s\"", #a, check_a, check_b);               \
	} while (0)

/* The number of failures (0 or 1) of a test. With TEST_ISOLATED, defined before this header is
 * included, each test has a process of its own: for code whose state cannot be put back. */
static inline int test_run(const struct test *test)
{
#ifdef TEST_ISOLATED
	int status = 1;
	pid_t child = fork();
	if (child == 0) {
		if (!setjmp(test_end))
			test->run();
		else
			exit(1);
		exit(0);
	}
	return child < 0 || waitpid(child, &status, 0) != child || status != 0;
#else
	if (setjmp(test_end))
		return 1;
	test->run();
	return 0;
#endif
}

__attribute__((weak)) int main(int argc, char **argv)
{
	static int count, failed;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (const struct test *test = test_first; test; test = test->next) {
		if (argc > 1 && !strstr(test->name, argv[1]))
			continue;
		int error = test_run(test);
		failed += error;
		printf("%s %d - %s\n", error ? "not ok" : "ok", ++count, test->name);
	}
	printf("1..%d\n", count);
	return failed || !count;
}
