/* SPDX-License-Identifier: MIT */
/* Kernel calls, made by a program that means no good: each is made with good arguments, but for
 * one, which is wrong in every way there is. The call answers with an error and has changed
 * nothing. */
#include "proto/process.h"
#include "rt/rt.h"
#include "system/posix/posix.h"

enum { ARGUMENTS = 6, VALUES = 40 };

/* What calls work on, made anew for each. */
struct world {
	cap_t bank, segment, task, thread, port, gate, reply, event, schedule;
	cap_t closed;
};

/* A call and its arguments. Capital letter: a capability, lower case: a number; see good(). */
struct form {
	u32 number;
	const char *arguments, *name;
};

static const struct form forms[] = {
	{ 1, "X", "cap_close" },
	{ 2, "QXrs", "cap_copy" },
	{ 3, "X", "cap_destroy" },
	{ 4, "X", "cap_info" },
	{ 5, "XX", "cap_same" },
	{ 10, "Bne", "bank_create" },
	{ 11, "Bne", "bank_set" },
	{ 12, "Bq", "bank_read" },
	{ 13, "BnVt", "bank_watermark" },
	{ 20, "Bpf", "segment_create" },
	{ 21, "BSopf", "segment_clone" },
	{ 22, "BYop", "segment_physical" },
	{ 23, "BYp", "segment_contiguous" },
	{ 24, "SYo", "segment_address" },
	{ 25, "SLt", "segment_keeper" },
	{ 26, "SoSop", "segment_move" },
	{ 27, "Sopf", "segment_flush" },
	{ 28, "Sot", "segment_evict" },
	{ 29, "So", "segment_survey" },
	{ 30, "Sp", "segment_resize" },
	{ 31, "Sox", "segment_fail" },
	{ 32, "Sq", "segment_read" },
	{ 33, "BSopr", "segment_window" },
	{ 34, "So", "segment_resident" },
	{ 40, "B", "task_create" },
	{ 41, "TB", "task_clone" },
	{ 42, "QSoapg", "task_map" },
	{ 43, "Qap", "task_unmap" },
	{ 44, "Qapg", "task_protect" },
	{ 45, "Tnn", "task_entries" },
	{ 46, "T", "task_suspend" },
	{ 47, "T", "task_resume" },
	{ 48, "T", "task_reset" },
	{ 49, "TVt", "task_watch" },
	{ 50, "Qapa", "task_move" },
	{ 51, "Tq", "task_read" },
	{ 52, "TA", "task_segment" },
	{ 53, "TAbc", "task_write" },
	{ 54, "TAbc", "task_fetch" },
	{ 55, "Tbc", "task_caps_keep" },
	{ 56, "TBn", "task_clone_sharing" },
	{ 57, "Tn", "task_cap" },
	{ 60, "TBCk", "thread_create" },
	{ 61, "Hnnnnn", "thread_start" },
	{ 62, "H", "thread_interrupt" },
	{ 65, "", "thread_yield" },
	{ 66, "Hq", "thread_read" },
	{ 67, "Hm", "thread_affinity" },
	{ 70, "B", "port_create" },
	{ 71, "PBn", "gate_create" },
	{ 72, "GPn", "gate_bind" },
	{ 73, "BP", "reply_create" },
	{ 74, "Rnbc", "lend_read" },
	{ 75, "Rnbc", "lend_write" },
	{ 76, "PG", "gate_identify" },
	{ 80, "B", "event_create" },
	{ 81, "Et", "event_signal" },
	{ 82, "Etd", "event_wait" },
	{ 83, "ELn", "event_bind" },
	{ 84, "Etd", "event_timer" },
	{ 90, "bxxd", "futex_wait" },
	{ 91, "bxx", "futex_wake" },
	{ 92, "bxbxn", "futex_requeue" },
	{ 110, "BIxx", "interrupt_create" },
	{ 111, "BI", "interrupt_create_message" },
	{ 112, "I", "interrupt_message" },
	{ 113, "IEt", "interrupt_bind" },
	{ 114, "I", "interrupt_ack" },
	{ 120, "BOxx", "io_ports_create" },
	{ 121, "Oxx", "io_read" },
	{ 122, "Oxxx", "io_write" },
	{ 130, "BYopr", "physical_create" },
	{ 140, "BCx", "schedule_create" },
	{ 150, "Mnnnnn", "machine_log" },
	{ 151, "Mn", "machine_set_time" },
	{ 152, "M", "machine_reset" },
	{ 153, "Mq", "machine_read" },
	{ 154, "Mnbc", "machine_log_read" },
	{ 155, "M", "machine_console_off" },
	{ 160, "", "null_call" },
	{ 161, "", "thread_self_time" },
};

static char *buffer; /* two pages, the third is not mapped */

static void must(err_t error) { CHECK_EQ(error, OK); }

static struct world world_make(void)
{
	struct world w;

	must(bank_create(PROCESS_BANK, 3000, 0, &w.bank));
	must(segment_create(w.bank, 64 * PAGE_SIZE, 0, &w.segment));
	must(task_create(w.bank, &w.task));
	must(task_map(w.task, w.segment, 0, 0x10000000, 16 * PAGE_SIZE,
	              ACCESS_READ | ACCESS_WRITE));
	must(thread_create(w.task, w.bank, PROCESS_SCHEDULE, 0, &w.thread));
	must(port_create(w.bank, &w.port));
	must(gate_create(w.port, w.bank, 1, &w.gate));
	must(reply_create(w.bank, w.port, &w.reply));
	must(event_create(w.bank, &w.event));
	must(event_signal(w.event, 1));
	must(schedule_create(w.bank, PROCESS_SCHEDULE, 1, &w.schedule));
	must(cap_copy(w.task, w.event, RIGHT_ALL, 20, &w.closed));
	must(event_create(w.bank, &w.closed));
	must(cap_close(w.closed));
	return w;
}

static void world_end(const struct world *w)
{
	const cap_t caps[] = { w->segment, w->task,  w->thread, w->port,
		               w->gate,    w->reply, w->event,  w->schedule };

	must(cap_destroy(w->bank));
	for (size_t i = 0; i < COUNT_OF(caps); i++) {
		err_t error = cap_close(caps[i]);
		(void)error; /* the call under test may have closed it */
	}
	must(cap_close(w->bank));
}

static u64 charged(cap_t bank)
{
	u64 pages;

	must(bank_read(bank, BANK_CHARGED, &pages));
	return pages;
}

/* A capability that fits the letter, or 0. */
static cap_t good_cap(const struct world *w, char letter)
{
	switch (letter) {
	case 'B':
		return w->bank;
	case 'S':
		return w->segment;
	case 'T':
	case 'Q': /* or 0: the own task */
		return w->task;
	case 'H':
		return w->thread;
	case 'P':
	case 'L': /* or 0: none */
		return w->port;
	case 'G':
		return w->gate;
	case 'R':
		return w->reply;
	case 'E':
	case 'V': /* or 0: none */
	case 'X': /* of any kind */
		return w->event;
	case 'C':
		return w->schedule;
	default:
		return 0; /* I O Y M: interrupts, ports, physical memory, the machine: not for us */
	}
}

static u64 good(const struct world *w, char letter)
{
	switch (letter) {
	case 'a': /* address of a page in the task */
	case 'A': /* any address there */
		return 0x10000000;
	case 'b': /* own memory */
		return (u64)buffer;
	case 'c': /* bytes of it */
		return 16;
	case 'g': /* access */
		return ACCESS_READ | MAP_REPLACE;
	case 'k': /* a control block */
	case 'o': /* offset */
	case 'q': /* which figure */
	case 'd': /* deadline */
	case 'f': /* flags */
		return 0;
	case 'p': /* size */
		return 2 * PAGE_SIZE;
	case 'r': /* rights */
		return RIGHT_READ;
	case 's': /* slot */
		return 100;
	case 'n': /* any number */
	case 'x': /* any u32 */
	case 't': /* bits */
	case 'e': /* reserve */
	case 'm': /* processors */
		return 1;
	default:
		return good_cap(w, letter);
	}
}

/* Values that are wrong for the letter, so that the call has to fail; how many. */
static u32 wrong_cap(const struct world *w, char letter, u64 *values)
{
	const cap_t all[] = { w->bank, w->segment, w->task,  w->thread,  w->port,
		              w->gate, w->reply,   w->event, w->schedule };
	u32 count = 0;

	if (!strchr("QVL", letter))
		values[count++] = 0;
	for (size_t i = 0; i < COUNT_OF(all); i++)
		if (all[i] != good_cap(w, letter) && letter != 'X')
			values[count++] = all[i];
	values[count++] = w->closed;
	values[count++] = 5000;
	values[count++] = 1 << 17;
	values[count++] = 0x7fffffff;
	values[count++] = UINT32_MAX;
	values[count++] = UINT64_MAX;
	values[count++] = good_cap(w, letter) | 1ull << 32;
	return count;
}

static u32 take(u64 *values, const u64 *from, size_t count)
{
	memcpy(values, from, count * sizeof(*values));
	return (u32)count;
}
#define TAKE(...)                                                                                  \
	take(values, (const u64[]){ __VA_ARGS__ },                                                 \
	     sizeof((const u64[]){ __VA_ARGS__ }) / sizeof(u64))

static u32 wrong(const struct world *w, char letter, u64 *values)
{
	u64 kernel = 0xffffffff80000000, hole = 0x0000800000000000;

	switch (letter) {
	case 'a':
		return TAKE(0, 1, 0x10000001, 0x10000fff, USER_END, hole, kernel, UINT64_MAX,
		            UINT64_MAX - PAGE_MASK);
	case 'A':
		return TAKE(0, USER_END, hole, kernel, UINT64_MAX);
	case 'b':
		return TAKE(0, 8, 1ull << 46, USER_END - 4, hole, kernel, UINT64_MAX,
		            (u64)buffer + 2 * PAGE_SIZE);
	case 'c':
		return TAKE(1ull << 31, 1ull << 32, 1ull << 63, UINT64_MAX);
	case 'e':
		return TAKE(1ull << 40, 1ull << 63, UINT64_MAX);
	case 'g':
		return TAKE(1ull << 31, UINT32_MAX, 1ull << 32);
	case 'k':
		return TAKE(1, 4, 0x10000001, hole, kernel, UINT64_MAX, USER_END);
	case 'm':
		return TAKE(0);
	case 'o':
		return TAKE(1, PAGE_SIZE - 1, PAGE_SIZE + 8, 1ull << 47, 1ull << 63, UINT64_MAX,
		            UINT64_MAX - PAGE_MASK);
	case 'p':
		return TAKE(1, PAGE_SIZE - 1, PAGE_SIZE + 8, (1ull << 47) + PAGE_SIZE, 1ull << 63,
		            UINT64_MAX, UINT64_MAX - PAGE_MASK);
	case 'q':
		return TAKE(99, UINT32_MAX, 1ull << 32);
	case 'r':
	case 'f':
	case 'x':
		return TAKE(1ull << 32, UINT64_MAX);
	case 's':
		return TAKE(1 << 17, UINT32_MAX, 1ull << 32);
	case 'd':
	case 'n':
	case 't':
		return 0;
	default:
		return wrong_cap(w, letter, values);
	}
}

/* Values that may be accepted or not; the system has to survive them. */
static const u64 wild[] = {
	0,          1,          2,          PAGE_SIZE - 1,         USER_END, 1ull << 47, 1ull << 63,
	UINT32_MAX, 1ull << 32, UINT64_MAX, UINT64_MAX - PAGE_MASK
};

static err_t call(const struct form *form, const u64 *a)
{
	u64 out;

	return rt_syscall(form->number, a[0], a[1], a[2], a[3], a[4], a[5], &out);
}

/* Make the call with argument `at` replaced by the value `which` of those that wrong() tells.
 * False: there are no so many. */
static bool attempt(const struct form *form, size_t at, u32 which)
{
	u64 a[ARGUMENTS] = { 0 }, values[VALUES];
	struct world w = world_make();

	for (size_t i = 0; form->arguments[i]; i++)
		a[i] = good(&w, form->arguments[i]);
	bool there = which < wrong(&w, form->arguments[at], values);
	if (there) {
		u64 before = charged(PROCESS_BANK), inner = charged(w.bank);
		a[at] = values[which];
		err_t error = call(form, a);
		if (!error || error >= ERROR_COUNT)
			TEST_FAIL("%s(%lx, %lx, %lx, %lx, %lx, %lx) = %u", form->name, a[0], a[1],
			          a[2], a[3], a[4], a[5], error);
		/* task_write and task_fetch touch pages, like any access. */
		bool touched = form->number == 53 || form->number == 54;
		if (!touched && (charged(PROCESS_BANK) != before || charged(w.bank) != inner))
			TEST_FAIL("%s, argument %zu = %lx: fails and keeps memory", form->name, at,
			          values[which]);
	}
	world_end(&w);
	return there;
}

static void start(void)
{
	buffer = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(buffer != MAP_FAILED);
	memset(buffer, 0, 2 * PAGE);
	CHECK_EQ(munmap(buffer + 2 * PAGE, PAGE), 0);
}

TEST(the_calls_succeed_when_nothing_is_wrong)
{
	u32 done = 0;

	start();
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		u64 a[ARGUMENTS] = { 0 };
		struct world w = world_make();
		for (size_t j = 0; forms[i].arguments[j]; j++)
			a[j] = good(&w, forms[i].arguments[j]);
		err_t error = call(&forms[i], a);
		done += error == OK;
		if (error)
			printf("# %s: %u\n", forms[i].name, error);
		world_end(&w);
	}
	CHECK(done >= 50);
}

TEST(an_argument_that_is_wrong_is_refused_and_nothing_is_changed)
{
	start();
	for (size_t i = 0; i < COUNT_OF(forms); i++)
		for (size_t at = 0; forms[i].arguments[at]; at++)
			for (u32 which = 0; attempt(&forms[i], at, which); which++)
				;
}

TEST(whatever_the_arguments_are_the_kernel_survives)
{
	start();
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		for (size_t at = 0; forms[i].arguments[at]; at++) {
			for (size_t v = 0; v < COUNT_OF(wild); v++) {
				u64 a[ARGUMENTS] = { 0 };
				struct world w = world_make();
				for (size_t j = 0; forms[i].arguments[j]; j++)
					a[j] = good(&w, forms[i].arguments[j]);
				/* On our own task it would be the end of us, rightly. */
				if (strchr("aAdkbcoprfgtnxqem", forms[i].arguments[at]))
					a[at] = wild[v];
				(void)call(&forms[i], a);
				world_end(&w);
			}
		}
	}
}

TEST(numbers_without_a_call_are_refused)
{
	for (u64 number = 0; number < CALL_COUNT; number++) {
		bool known = number >= CALL_IPC_CALL && number <= CALL_IPC_REPLY;
		u64 out;
		for (size_t i = 0; i < COUNT_OF(forms); i++)
			known |= forms[i].number == number;
		if (!known && number != 63 && number != 64) /* thread_exit, upcall_return */
			CHECK_EQ(rt_syscall(number, 1, 2, 3, 4, 5, 6, &out), E_NOSYS);
	}
}

TEST(the_own_account_is_whole_afterwards)
{
	start();
	for (int round = 0; round < 3; round++) {
		static u64 before;
		if (round == 1)
			before = charged(PROCESS_BANK);
		for (size_t i = 0; i < COUNT_OF(forms); i++)
			(void)(forms[i].arguments[0] && attempt(&forms[i], 0, 0));
		if (round)
			CHECK_EQ(charged(PROCESS_BANK), before);
	}
}
