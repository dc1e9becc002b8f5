/* SPDX-License-Identifier: MIT */
/* Programs that are damaged, and scripts that lead nowhere. */
#include <elf.h>
#include <stdbool.h>

#include "system/posix/posix.h"

enum { ROUNDS = 150, IMAGE_MAX = 1 << 20, WAIT_S = 3 };

static unsigned char image[IMAGE_MAX];
static size_t image_size;

static void load_image(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);

	CHECK(fd >= 0);
	image_size = 0;
	for (ssize_t n = 1; n > 0 && image_size < IMAGE_MAX; image_size += (size_t)n) {
		n = read(fd, image + image_size, IMAGE_MAX - image_size);
		CHECK(n >= 0);
	}
	close(fd);
	CHECK(image_size > 10000 && image_size < IMAGE_MAX);
}

static void write_program(const char *name, const void *data, size_t size)
{
	int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY, 0755);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, data, size), size);
	close(fd);
}

/* The wait status of `name`, which is ended when it takes long; 256 times the error if it cannot be
 * executed. */
static int run(const char *name)
{
	int status = 0;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);
		dup2(null, 1);
		dup2(null, 2);
		execl(name, name, "no_test_has_this_name", NULL);
		_exit(errno);
	}
	for (int i = 0; i < WAIT_S * 100; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		sleep_ms(10);
	}
	kill(pid, SIGKILL);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return status;
}

static bool failed(int status) { return WIFSIGNALED(status) || WEXITSTATUS(status) != 0; }

TEST(truncated_programs_do_not_run)
{
	work_in_fresh_directory();
	load_image();
	for (size_t size = 0; size < image_size; size += size < 600    ? 29
	                                                 : size < 5000 ? 1000
	                                                               : 40000) {
		const Elf64_Ehdr *header = (const Elf64_Ehdr *)image;
		/* Sections are not looked at. */
		if (size >= header->e_shoff && size > 4096)
			break;
		write_program("cut", image, size);
		CHECK(failed(run("cut")));
		if (size < sizeof(Elf64_Ehdr))
			CHECK_EQ(WEXITSTATUS(run("cut")), ENOEXEC);
	}
}

static unsigned seed = 1;

static unsigned below(unsigned end)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % end;
}

TEST(programs_with_damaged_headers_harm_nobody)
{
	static const uint64_t values[] = {
		0,          1,          0xfff,    0x1000,         UINT32_MAX,       1ull << 47,
		1ull << 63, UINT64_MAX, 0x400000, 0x7fffffffe000, (uint64_t)-0x1000
	};
	unsigned refused = 0;

	work_in_fresh_directory();
	load_image();
	for (int round = 0; round < ROUNDS; round++) {
		unsigned char saved[1024];
		const Elf64_Ehdr *header = (const Elf64_Ehdr *)image;
		unsigned end = (unsigned)header->e_phoff + header->e_phnum * header->e_phentsize;
		CHECK(end <= sizeof(saved));
		memcpy(saved, image, sizeof(saved));
		for (unsigned n = 1 + below(3); n > 0; n--) {
			unsigned at = below(end - 8);
			if (below(2))
				image[at] = (unsigned char)below(256);
			else
				memcpy(image + (at & ~7u), &values[below(sizeof(values) / 8)], 8);
		}
		write_program("damaged", image, image_size);
		refused += failed(run("damaged"));
		memcpy(image, saved, sizeof(saved));
	}
	CHECK(refused > ROUNDS / 5);
	write_program("whole", image, image_size);
	CHECK_EQ(WEXITSTATUS(run("whole")), 1); /* no such test */
}

static void script(const char *name, const char *text) { write_program(name, text, strlen(text)); }

TEST(scripts_that_lead_nowhere_are_refused)
{
	char line[5000] = "#!/";

	work_in_fresh_directory();
	script("missing", "#!/no/such/interpreter\n");
	CHECK_EQ(WEXITSTATUS(run("./missing")), ENOENT);
	script("folder", "#!/tmp\n");
	CHECK_EQ(WEXITSTATUS(run("./folder")), EACCES);
	script("file", "#!/etc/passwd\n");
	CHECK_EQ(WEXITSTATUS(run("./file")), EACCES);
	script("nothing", "#!\n");
	CHECK_EQ(WEXITSTATUS(run("./nothing")), ENOEXEC);
	script("blanks", "#!   \t \n");
	CHECK_EQ(WEXITSTATUS(run("./blanks")), ENOEXEC);
	script("no_end", "#!/bin/false");
	CHECK_EQ(run("./no_end"), 1 << 8);
	char here[512], self[600];
	CHECK(getcwd(here, sizeof(here)));
	snprintf(self, sizeof(self), "#!%s/circle\n", here);
	script("circle", self);
	CHECK_EQ(WEXITSTATUS(run("./circle")), ELOOP);
	memset(line + 3, 'x', sizeof(line) - 4);
	line[sizeof(line) - 1] = 0;
	script("long", line);
	CHECK(failed(run("./long")));
}

TEST(a_program_without_permission_or_type_is_refused)
{
	work_in_fresh_directory();
	script("text", "hello\n");
	CHECK_EQ(WEXITSTATUS(run("./text")), ENOEXEC);
	CHECK_EQ(chmod("text", 0644), 0);
	CHECK_EQ(WEXITSTATUS(run("./text")), EACCES);
	CHECK_EQ(WEXITSTATUS(run("/dev/null")), EACCES);
	CHECK_EQ(WEXITSTATUS(run("./absent")), ENOENT);
	CHECK_EQ(WEXITSTATUS(run("./text/below")), ENOTDIR);
}
