/* SPDX-License-Identifier: MIT */
/* Looking into processes that show the truth, nothing, or nonsense. A process's memory is made of
 * a few blocks at addresses of our choice; everything else cannot be read. */
#include "fs/procfs/procfs.h"

#include "proto/exec.h"
#include "proto/terminal.h"
#include "test.h"

enum { TASK = 77, PID = 5, BLOCKS = 8 };
#define VIEW_AT    (PERSONALITY_BASE + 0x10000)
#define TABLE_AT   (PERSONALITY_BASE + 0x20000)
#define POINTER_AT (PERSONALITY_BASE + 0x30000)
#define COUNT_AT   (PERSONALITY_BASE + 0x30100)

struct procfs procfs;

static struct {
	struct {
		u64 at;
		const void *data;
		size_t size;
	} block[BLOCKS];
	u32 blocks, open;
	u64 fetches;
	struct personality_header header;
	struct personality_view view;
	struct inspect_process process;
	u64 pointer;
	u32 count;
} world;

static void world_add(u64 at, const void *data, size_t size)
{
	world.block[world.blocks].at = at;
	world.block[world.blocks].data = data;
	world.block[world.blocks++].size = size;
}

/* A process whose list of regions, descriptors or threads is the block at TABLE_AT. */
static void world_make(const void *table, size_t size, u32 count)
{
	memset(&world, 0, sizeof(world));
	world.header.magic = PERSONALITY_MAGIC;
	world.header.view = VIEW_AT;
	world.pointer = TABLE_AT;
	world.count = count;
	world.view = (struct personality_view){ .size = sizeof(world.view),
		                                .version = VIEW_VERSION,
		                                .regions = POINTER_AT,
		                                .region_count = COUNT_AT,
		                                .region_size = sizeof(struct view_region),
		                                .descriptors = POINTER_AT,
		                                .descriptor_end = COUNT_AT,
		                                .descriptor_size = sizeof(struct view_descriptor),
		                                .threads = POINTER_AT,
		                                .thread_next = 8 };
	world.process = (struct inspect_process){ .pid = PID, .state = INSPECT_SLEEPING };
	world_add(PERSONALITY_BASE, &world.header, sizeof(world.header));
	world_add(VIEW_AT, &world.view, sizeof(world.view));
	world_add(POINTER_AT, &world.pointer, sizeof(world.pointer));
	world_add(COUNT_AT, &world.count, sizeof(world.count));
	if (size)
		world_add(TABLE_AT, table, size);
}

/* --- the kernel and the process server --- */

err_t task_fetch(cap_t task, u64 from, u64 to, u64 size)
{
	world.fetches++;
	if (task != TASK || size > PAGE_SIZE)
		return E_CAP;
	for (u32 i = 0; i < world.blocks; i++) {
		u64 at = world.block[i].at;
		if (from < at || !range_fits(from - at, size, world.block[i].size))
			continue;
		memcpy((void *)to, (const char *)world.block[i].data + (from - at), size);
		return OK;
	}
	return E_FAULT;
}

err_t inspect_task(cap_t inspect, u32 pid, cap_t *task)
{
	(void)inspect;
	if (pid != PID)
		return E_SRCH;
	world.open++;
	*task = TASK;
	return OK;
}

err_t inspect_process(cap_t inspect, u32 pid, void *process, size_t size)
{
	(void)inspect;
	if (pid != PID || size != sizeof(world.process))
		return E_SRCH;
	memcpy(process, &world.process, size);
	return OK;
}

err_t terminal_of_session(cap_t terminal, u32 session, u32 *number, u32 *group)
{
	(void)terminal;
	(void)session;
	(void)number;
	(void)group;
	return E_NXIO;
}

err_t cap_close(cap_t cap)
{
	if (cap != TASK || !world.open)
		return E_CAP;
	world.open--;
	return OK;
}

u64 rt_now(void) { return 0; }
void rt_call_deadline(u64 deadline) { (void)deadline; }

/* For parts of lib/text that are not used here. */
err_t request_write(struct request *rq, u64 offset, const void *buf, size_t size)
{
	(void)rq, (void)offset, (void)buf, (void)size;
	return E_NOSYS;
}

/* --- tests --- */

static size_t printed(printer *print, char *text, size_t room)
{
	struct subject subject = { .pid = PID, .number = -1 };
	struct text_window window = { .to = text, .room = room - 1 };

	if (print(&window, &subject))
		return 0;
	text[window.used] = 0;
	return window.used;
}

TEST(a_map_is_printed_as_it_is)
{
	const struct view_region regions[] = {
		{ 0x400000, 0x401000, ACCESS_READ | ACCESS_EXEC, VIEW_FILE, 0x2000 },
		{ 0x7fe000000000, 0x7fe000002000, ACCESS_READ | ACCESS_WRITE, VIEW_SHARED, 0 },
	};
	char text[512];

	world_make(regions, sizeof(regions), 2);
	CHECK(printed(print_maps, text, sizeof(text)) > 0);
	CHECK_EQ(strcmp(text, "400000-401000 r-xp 00002000 00:00 0 \n"
	                      "7fe000000000-7fe000002000 rw-s 00000000 00:00 0 \n"),
	         0);
	CHECK_EQ(world.open, 0);
}

TEST(a_process_without_a_view_is_not_looked_at)
{
	struct look look;

	world_make(NULL, 0, 0);
	world.header.magic++;
	CHECK_EQ(look_start(&look, PID), E_NOTSUP);
	world_make(NULL, 0, 0);
	world.header.view = 12345;
	CHECK(look_start(&look, PID) != OK);
	world_make(NULL, 0, 0);
	world.view.size--;
	CHECK_EQ(look_start(&look, PID), E_NOTSUP);
	world_make(NULL, 0, 0);
	world.view.version++;
	CHECK_EQ(look_start(&look, PID), E_NOTSUP);
	CHECK_EQ(look_start(&look, PID + 1), E_SRCH);
	CHECK_EQ(world.open, 0);
}

TEST(counts_that_lie_end_with_what_can_be_read)
{
	const struct view_region region = { 0x1000, 0x2000, ACCESS_READ, 0, 0 };
	struct look look;
	struct view_region found;
	struct view_file file;
	bool cloexec;

	world_make(&region, sizeof(region), UINT32_MAX);
	CHECK_EQ(look_start(&look, PID), OK);
	CHECK(look_region(&look, 0, &found));
	CHECK(!look_region(&look, 1, &found));
	CHECK(!look_region(&look, UINT32_MAX - 1, &found));
	CHECK(look_descriptor_end(&look) <= 4096);
	CHECK(!look_descriptor(&look, 0, &file, &cloexec)); /* its file is at 0x1000: nothing */
	look.view.region_size = 0;
	CHECK(!look_region(&look, 0, &found));
	look.view.region_size = UINT32_MAX;
	CHECK(!look_region(&look, 0, &found));
	look.view.regions = UINT64_MAX - 3;
	CHECK(!look_region(&look, 0, &found));
	look_end(&look);
}

TEST(a_ring_of_threads_is_walked_a_bounded_number_of_times)
{
	const struct {
		u64 id, next;
	} ring[] = { { 5, TABLE_AT + 16 }, { 6, TABLE_AT } };
	struct look look;

	world_make(ring, sizeof(ring), 0);
	CHECK_EQ(look_start(&look, PID), OK);
	CHECK_EQ(look_thread(&look, 0), 5);
	CHECK_EQ(look_thread(&look, 5), 6);
	CHECK_EQ(look_thread(&look, 6), 0);
	CHECK_EQ(look_blocked(&look, 7), 0);
	CHECK(world.fetches < 20000);
	look_end(&look);
}

TEST(text_ends_with_its_zero_or_the_room_or_what_can_be_read)
{
	char text[PAGE_SIZE], found[64];
	struct look look;

	memset(text, 'x', sizeof(text));
	world_make(text, sizeof(text), 0);
	CHECK_EQ(look_start(&look, PID), OK);
	CHECK_EQ(look_text(&look, TABLE_AT, found, sizeof(found)), sizeof(found));
	text[5] = 0;
	CHECK_EQ(look_text(&look, TABLE_AT, found, sizeof(found)), 5);
	CHECK_EQ(look_text(&look, 3, found, sizeof(found)), 0);
	look_end(&look);
}

TEST(a_process_that_shows_nothing_has_its_figures_all_the_same)
{
	char text[2048];

	world_make(NULL, 0, 0);
	world.header.magic = 0;
	memset(world.process.name, 'n', sizeof(world.process.name));
	world.process.pending = ~0ull;
	CHECK(printed(print_stat, text, sizeof(text)) > 0);
	CHECK(!strncmp(text, "5 (nnnnnnnnnnnnnnn) S ", 22));
	u32 fields = 1;
	for (const char *p = text; *p; p++)
		fields += *p == ' ';
	CHECK_EQ(fields, 52);
	CHECK(printed(print_status, text, sizeof(text)) > 0);
	CHECK_EQ(printed(print_maps, text, sizeof(text)), 0);
	CHECK_EQ(world.open, 0);
}

TEST(every_part_of_a_text_fits_the_whole)
{
	char whole[2048], part[2048];
	struct subject subject = { .pid = PID, .number = -1 };

	world_make(NULL, 0, 0);
	size_t size = printed(print_status, whole, sizeof(whole));
	for (size_t start = 0; start <= size + 1; start++) {
		struct text_window window = { .start = start, .to = part, .room = 7 };
		CHECK_EQ(print_status(&window, &subject), OK);
		size_t want = start >= size ? 0 : size - start < 7 ? size - start : 7;
		CHECK_EQ(window.used, want);
		CHECK_EQ(memcmp(part, whole + (start < size ? start : 0), want), 0);
	}
}
