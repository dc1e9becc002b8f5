/* SPDX-License-Identifier: MIT */
/* Accounts, the book of them, and the report as call and as file, against banks that are
 * numbers. */
#include <fcntl.h>
#include <stdlib.h>

#include "memory/memory.h"
#include "proto/dir.h"
#include "proto/file.h"
#include "test.h"

enum { CAPS = 4096, RAM_LIMIT = 6400 };

/* Capabilities are indices; several may stand for one bank. Gates have their label in `gate`. */
static struct {
	bool used;
	u32 bank;
	u64 gate;
} caps[CAPS];
static struct {
	bool alive;
	u64 limit;
} banks[CAPS * 4];
static u32 bank_count, caps_fail;
static u64 available;

static cap_t cap_new(u32 bank, u64 gate)
{
	u32 i = 1;

	while (caps[i].used)
		i++;
	caps[i].used = true;
	caps[i].bank = bank;
	caps[i].gate = gate;
	return i;
}

static u32 caps_used(void)
{
	u32 count = 0;

	for (u32 i = 0; i < CAPS; i++)
		count += caps[i].used;
	return count;
}

err_t bank_create(cap_t parent, u64 limit, u64 reserve, cap_t *bank)
{
	if (parent != memory.ram || reserve)
		abort();
	banks[++bank_count].alive = true;
	banks[bank_count].limit = limit;
	*bank = cap_new(bank_count, 0);
	return OK;
}

err_t bank_read(cap_t bank, u32 figure, u64 *value)
{
	if (!banks[caps[bank].bank].alive)
		return E_CAP;
	*value = figure == BANK_AVAILABLE ? available : banks[caps[bank].bank].limit;
	return OK;
}

err_t cap_copy(cap_t task, cap_t cap, u32 rights, u32 slot, cap_t *copy)
{
	if (task || slot || rights != RIGHT_READ)
		abort();
	if (caps_fail)
		return E_FUNDS;
	*copy = cap_new(caps[cap].bank, 0);
	return OK;
}

err_t cap_close(cap_t cap)
{
	if (!caps[cap].used)
		abort();
	caps[cap].used = false;
	return OK;
}

err_t cap_destroy(cap_t cap)
{
	banks[caps[cap].bank].alive = false;
	return OK;
}

err_t cap_info(cap_t cap, u64 *info)
{
	*info = KIND_BANK | RIGHT_READ << 8;
	return caps[cap].used && banks[caps[cap].bank].alive ? OK : E_CAP;
}

err_t machine_read(cap_t machine, u32 figure, u64 *value)
{
	(void)machine, (void)figure;
	*value = 9999;
	return OK;
}

void rt_log(const char *format, ...) { (void)format; }
u64 rt_realtime(void) { return 0; }

/* --- requests --- */

static struct call {
	struct request rq;
	const u8 *in;
	u8 *out;
	err_t error;
} * call;

err_t request_read(struct request *rq, u64 offset, void *buf, size_t size)
{
	(void)rq;
	memcpy(buf, call->in + offset, size);
	return OK;
}

err_t request_write(struct request *rq, u64 offset, const void *buf, size_t size)
{
	if (!range_fits(offset, size, rq->out_size))
		return E_RANGE;
	memcpy(call->out + offset, buf, size);
	return OK;
}

err_t request_gate(struct request *rq, u64 label, cap_t *gate)
{
	(void)rq;
	*gate = cap_new(0, label);
	return OK;
}

void request_caps_drop(struct request *rq)
{
	for (u32 i = 0; i < MSG_CAPS; i++) {
		if (rq->msg.cap[i])
			(void)!cap_close(rq->msg.cap[i]);
		rq->msg.cap[i] = 0;
	}
}

void request_reply(struct request *rq, err_t error)
{
	(void)rq;
	call->error = error;
	call->rq.state = REQUEST_FREE;
}

err_t request_hold(struct request *rq, void (*cancel)(struct request *rq))
{
	(void)rq, (void)cancel;
	abort();
}

enum { GATE_MANAGER = CAPS - 1, GATE_REPORT = CAPS - 2 };

err_t rt_call(cap_t gate, struct msg *m)
{
	struct call made = { .rq.msg = *m, .in = m->in, .out = m->out };

	call = &made;
	made.rq.in_size = m->in_size;
	made.rq.out_size = m->out_size;
	made.rq.state = REQUEST_OPEN;
	made.rq.label = gate == GATE_MANAGER ? 0 : gate == GATE_REPORT ? 1 : caps[gate].gate;
	memory_dispatch(NULL, &made.rq);
	if (made.rq.state != REQUEST_FREE)
		abort();
	*m = made.rq.msg;
	return made.error;
}

static void world_start(void)
{
	memory = (struct memory){ 0 };
	book_clear();
	memset(caps, 0, sizeof(caps));
	memset(banks, 0, sizeof(banks));
	bank_count = caps_fail = 0;
	available = RAM_LIMIT;
	banks[++bank_count].alive = true;
	banks[bank_count].limit = RAM_LIMIT;
	memory.ram = cap_new(bank_count, 0);
	memory.machine = cap_new(0, 0);
}

static cap_t bank_of(u32 pid)
{
	cap_t bank = 0;

	CHECK_EQ(memory_bank_process(GATE_MANAGER, 0, pid, &bank), OK);
	CHECK(bank & CAP_MOVE);
	return bank & ~CAP_MOVE;
}

static void bank_end(cap_t bank)
{
	CHECK_EQ(cap_destroy(bank), OK);
	CHECK_EQ(cap_close(bank), OK);
}

/* --- tests --- */

TEST(an_account_has_the_limit_that_was_asked_for_within_reason)
{
	cap_t bank;

	world_start();
	CHECK_EQ(memory_bank(GATE_MANAGER, 100, &bank), OK);
	CHECK_EQ(banks[bank_count].limit, 100);
	CHECK_EQ(memory_bank(GATE_MANAGER, 0, &bank), OK);
	CHECK_EQ(banks[bank_count].limit, RAM_LIMIT / 8 * 7);
	CHECK_EQ(memory_bank(GATE_MANAGER, UINT64_MAX, &bank), OK);
	CHECK_EQ(banks[bank_count].limit, RAM_LIMIT / 8 * 7);
}

TEST(a_new_process_must_not_take_what_others_need_to_end)
{
	cap_t bank;

	world_start();
	available = 99;
	CHECK_EQ(memory_bank(GATE_MANAGER, 0, &bank), E_FUNDS);
	available = 100;
	CHECK_EQ(memory_bank(GATE_MANAGER, 0, &bank), OK);
}

TEST(an_account_that_cannot_be_noted_is_not_made)
{
	cap_t bank;
	u32 before;

	world_start();
	before = caps_used();
	caps_fail = 1;
	CHECK_EQ(memory_bank_process(GATE_MANAGER, 0, 5, &bank), E_FUNDS);
	CHECK_EQ(caps_used(), before);
	CHECK(!banks[bank_count].alive);
}

TEST(the_book_forgets_the_dead)
{
	cap_t live[10];

	world_start();
	for (u32 i = 0; i < COUNT_OF(live); i++)
		live[i] = bank_of(i + 1);
	for (u32 i = 0; i < 5000; i++)
		bank_end(bank_of(100 + i));
	CHECK(book_size() <= 2 * COUNT_OF(live) + 8);
	CHECK(caps_used() <= 4 * COUNT_OF(live) + 8);
	u32 count = 0;
	for (u32 i = 0; book_next(&i);)
		count++;
	CHECK_EQ(count, COUNT_OF(live));
	for (u32 i = 0; i < COUNT_OF(live); i++)
		bank_end(live[i]);
}

TEST(names_are_bounded_and_may_come_again)
{
	char name[16];

	world_start();
	for (u32 i = 0; i < NAMED_MAX; i++) {
		snprintf(name, sizeof(name), "server%u", i);
		CHECK_EQ(memory_name(GATE_MANAGER, cap_new(1, 0), name, strlen(name)), OK);
	}
	u32 before = caps_used();
	CHECK_EQ(memory_name(GATE_MANAGER, cap_new(1, 0), "one more", 8), E_LIMIT);
	CHECK_EQ(memory_name(GATE_MANAGER, cap_new(1, 0), "server3", 7), OK);
	CHECK_EQ(memory_name(GATE_MANAGER, cap_new(1, 0), "", 0), E_NAMETOOLONG);
	CHECK_EQ(memory_name(GATE_MANAGER, cap_new(1, 0), "a name that is much too long", 28),
	         E_NAMETOOLONG);
	CHECK_EQ(memory_name(GATE_MANAGER, cap_new(1, 0), "a\0b", 3), E_INVAL);
	CHECK_EQ(caps_used(), before);
}

TEST(the_report_is_a_file_for_those_without_authority)
{
	char text[4096], rest[64];
	u64 count;
	cap_t file, bank;
	u32 mode;

	world_start();
	CHECK_EQ(memory_name(GATE_MANAGER, cap_new(1, 0), "ext", 3), OK);
	bank_of(7);
	CHECK_EQ(memory_bank(GATE_REPORT, 0, &bank), E_NOSYS);
	CHECK_EQ(dir_open(GATE_REPORT, O_RDWR, 0, "", 0, rest, 64, &file, &mode), E_ACCESS);
	CHECK_EQ(dir_open(GATE_REPORT, O_RDONLY, 0, "x", 1, rest, 64, &file, &mode), E_NOTDIR);
	CHECK_EQ(dir_open(GATE_REPORT, O_RDONLY, 0, "", 0, rest, 64, &file, &mode), OK);
	file &= ~CAP_MOVE;
	u64 total = 0;
	do {
		CHECK_EQ(file_read(file, FILE_POSITION, 0, text + total, 100, &count), OK);
		total += count;
	} while (count);
	text[total] = 0;
	CHECK(strstr(text, "\next "));
	CHECK(strstr(text, "\n  process 7 "));
	CHECK(strstr(text, "\nprocesses "));
	CHECK_EQ(memory_bank(file, 0, &bank), E_NOSYS);
	i64 position;
	CHECK_EQ(file_seek(file, 0, SEEK_END, &position), OK);
	CHECK_EQ(position, total);
	CHECK_EQ(file_seek(file, -1000000, SEEK_CUR, &position), E_INVAL);
}

TEST(open_reports_are_bounded_and_come_back)
{
	char rest[64];
	cap_t file = 0;
	u32 mode, count = 0;

	world_start();
	while (!dir_open(GATE_REPORT, O_RDONLY, 0, "", 0, rest, 64, &file, &mode))
		count++;
	CHECK(count >= 8 && count <= TEXT_OPEN_MAX);
	memory_closed(NULL, caps[file & ~CAP_MOVE].gate);
	CHECK_EQ(dir_open(GATE_REPORT, O_RDONLY, 0, "", 0, rest, 64, &file, &mode), OK);
}
