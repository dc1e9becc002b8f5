/* SPDX-License-Identifier: MIT */
/* ext with many requests at the same time, on real fibers, over a disk whose transfers end late and
 * in any order. */
#include "../ext/world.h"

#include <stdlib.h>

enum { WORKERS = 12, STACK = 256 << 10 };

struct worker {
	u32 number, steps;
	u64 seed;
	bool done;
	/* What the worker's own file must hold. */
	char *expected;
	size_t size;
};

static void must(bool condition, const char *what, const struct worker *w)
{
	if (condition)
		return;
	printf("# worker %u, %u steps left: %s\n", w->number, w->steps, what);
	abort(); /* a CHECK would jump off this stack */
}

vaddr_t rt_address_take(size_t size)
{
	(void)size;
	return 4096;
}

void *rt_pages(size_t size, u32 flags, cap_t *segment)
{
	(void)flags, (void)segment;
	return calloc(1, size);
}

/* Write into and cut the own file, and compare it. */
static void own_file(struct worker *w)
{
	enum { LIMIT = 200000 };
	char path[32], *data;
	size_t size;
	cap_t file;
	u64 count;

	snprintf(path, sizeof(path), "own-%u", w->number);
	if (!w->expected)
		w->expected = calloc(1, LIMIT);
	size_t offset = world_random(&w->seed) % 100000,
	       length = 1 + world_random(&w->seed) % 60000;
	if (world_random(&w->seed) % 4) {
		for (size_t i = 0; i < length; i++)
			w->expected[offset + i] = (char)world_random(&w->seed);
		must(w_open(path, OPEN_BOTH | OPEN_CREATE, 0644, &file) == OK, "open", w);
		err_t error =
		        file_write(file, (i64)offset, 0, w->expected + offset, length, &count);
		must(error == OK && count == length, "write", w);
		w_close(file);
		w->size = offset + length > w->size ? offset + length : w->size;
	} else if (w->size) {
		must(w_truncate(path, offset) == OK, "truncate", w);
		if (offset < w->size)
			memset(w->expected + offset, 0, LIMIT - offset);
		w->size = offset;
	}
	if (w->size) {
		must(w_get(path, &data, &size) == OK && size == w->size, "size", w);
		must(memcmp(data, w->expected, size) == 0, "contents", w);
		free(data);
	}
}

/* Names that all workers fight for; any error that a race explains will do. */
static void shared_names(struct worker *w)
{
	char a[32], b[32];
	struct file_stat st;

	snprintf(a, sizeof(a), "d%u/n%u", world_random(&w->seed) % 3, world_random(&w->seed) % 6);
	snprintf(b, sizeof(b), "d%u/n%u", world_random(&w->seed) % 3, world_random(&w->seed) % 6);
	err_t error = OK;
	switch (world_random(&w->seed) % 8) {
	case 0:
		error = w_mkdir(a);
		break;
	case 1:
		error = w_remove(a, world_random(&w->seed) % 2 ? DIR_DIRECTORY : 0);
		break;
	case 2:
		error = w_rename(a, b, world_random(&w->seed) % 4 ? 0 : DIR_EXCHANGE);
		break;
	case 3:
		error = w_link(a, b);
		break;
	case 4:
		error = w_put(a, "some text", 9);
		break;
	case 5:
		error = w_symlink(b, a);
		break;
	case 6:
		error = w_stat(a, 0, &st);
		break;
	case 7:
		error = world_random(&w->seed) % 4 ? OK : w_sync();
		break;
	}
	must(error != E_CORRUPT && error != E_IO && error != E_FUNDS, "shared names", w);
}

static void work(void *argument)
{
	struct worker *w = argument;

	for (; w->steps > 0; w->steps--) {
		if (world_random(&w->seed) % 3)
			shared_names(w);
		else
			own_file(w);
	}
	w->done = true;
}

static void run(const char *options, u64 seed)
{
	struct worker workers[WORKERS] = { 0 };
	bool working = true;

	world_make(options, "16M");
	for (int i = 0; i < 3; i++) {
		char name[16];
		snprintf(name, sizeof(name), "d%d", i);
		CHECK_EQ(w_mkdir(name), OK);
	}
	fake_disk_delay(world.disk, seed);
	for (u32 i = 0; i < WORKERS; i++) {
		workers[i] = (struct worker){ .number = i, .steps = 60, .seed = seed * 100 + i };
		CHECK(fiber_run(work, &workers[i]));
	}
	while (working) {
		fiber_run_ready();
		working = false;
		for (u32 i = 0; i < WORKERS; i++)
			working |= !workers[i].done;
		if (working)
			CHECK(fake_disk_run(world.disk));
	}
	while (fake_disk_run(world.disk))
		;
	for (u32 i = 0; i < WORKERS; i++)
		free(workers[i].expected);
	world_check();
	world_end();
}

TEST(requests_that_overlap_leave_the_file_system_whole)
{
	static const char *const kinds[] = {
		"-t ext4 -b 4096 -O ^has_journal,^metadata_csum,^64bit",
		"-t ext4 -b 1024 -O ^has_journal,^metadata_csum,uninit_bg -g 2048",
		"-t ext2 -b 1024",
	};

	CHECK_EQ(fiber_start(WORKERS, STACK), OK);
	for (u64 seed = 0; seed < 18; seed++) {
		world_cache = seed % 2 ? 96 : 24; /* little, so that blocks come and go */
		run(kinds[seed % COUNT_OF(kinds)], seed);
	}
}
