/* SPDX-License-Identifier: MIT */
#include "argument.h"

#include "object/task.h"
#include "object/thread.h"

enum { CAPS_LOOKED_AT = 120 };

static u64 state;

void random_seed(u64 seed) { state = seed * 0x9e3779b97f4a7c15ull + 1; }

u64 random_below(u64 end)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 11) % end;
}

cap_t argument_cap(enum kind kind)
{
	cap_t found[CAPS_LOOKED_AT];
	u32 count = 0;
	u64 dice = random_below(100);

	if (dice < 3)
		return (cap_t)random_below(300000);
	for (cap_t cap = 1; cap < CAPS_LOOKED_AT; cap++) {
		const struct object *object = cap_find_in(host_thread()->task, cap, KIND_NONE, 0);
		if (object && (object->kind == kind || kind == KIND_NONE || dice < 8))
			found[count++] = cap;
	}
	return count ? found[random_below(count)] : 0;
}

static u64 wild(void)
{
	static const u64 values[] = { 0,
		                      1,
		                      PAGE_SIZE - 1,
		                      PAGE_SIZE + 1,
		                      USER_END,
		                      USER_END - PAGE_SIZE,
		                      1ull << 47,
		                      1ull << 63,
		                      UINT64_MAX,
		                      UINT64_MAX - PAGE_MASK,
		                      UINT32_MAX,
		                      1ull << 32 };

	return values[random_below(COUNT_OF(values))];
}

static u64 pages(void)
{
	static const u64 some[] = { 1, 1, 1, 1, 2, 2, 3, 4, 5, 8, 16, 600 };

	return some[random_below(COUNT_OF(some))] * PAGE_SIZE;
}

static u64 addr(void) { return WORLD_MEMORY + random_below(40) * PAGE_SIZE; }

static u64 deadline(void)
{
	u64 dice = random_below(4);

	return dice == 0 ? DEADLINE_NEVER : dice == 1 ? 0 : host_now + random_below(5000);
}

static u64 plausible(char kind)
{
	switch (kind) {
	case 'p':
		return pages();
	case 'o':
		return random_below(5) ? random_below(5) * PAGE_SIZE
		                       : random_below(610) * PAGE_SIZE;
	case 'u':
		return random_below(2);
	case 'q':
		return random_below(3);
	case 'a':
		return addr();
	case 'b':
		return addr() + random_below(PAGE_SIZE / 4) * 4;
	case 'n':
		return random_below(12);
	case 'f':
		return random_below(32);
	case 'r':
		return random_below(512);
	case 't':
		return random_below(16);
	case 'd':
		return deadline();
	case 'm':
		return 2 + 2 * random_below(7);
	case 'k':
		return random_below(3) ? addr() : 0;
	default:
		return random_below(3000);
	}
}

static u64 number(char kind)
{
	u64 value = random_below(30) ? plausible(kind) : wild();

	/* The first CPU is sigma0's alone, who cleans up. */
	return kind == 'm' ? value & ~1ull : value;
}

u64 argument(char kind)
{
	static const char letters[] = "-BSTHPGREIOYCM";
	const char *place = memchr(letters, kind, sizeof(letters) - 1);

	if (place && place > letters)
		return argument_cap((enum kind)(place - letters));
	switch (kind) {
	case 'X':
		return argument_cap(KIND_NONE);
	case 'Q':
		return random_below(2) ? 0 : argument_cap(KIND_TASK);
	case 'V':
		return random_below(5) ? argument_cap(KIND_EVENT) : 0;
	case 'L':
		return random_below(5) ? argument_cap(KIND_PORT) : 0;
	default:
		return number(kind);
	}
}

const struct call_form call_forms[] = {
	{ 1, 6, "X", "cap_close" },
	{ 2, 12, "QXrn", "cap_copy" },
	{ 3, 2, "X", "cap_destroy" },
	{ 4, 1, "X", "cap_info" },
	{ 5, 1, "XX", "cap_same" },
	{ 10, 4, "Bnn", "bank_create" },
	{ 11, 3, "Bnn", "bank_set" },
	{ 12, 1, "Bn", "bank_read" },
	{ 13, 2, "BnVt", "bank_watermark" },
	{ 20, 8, "Bpu", "segment_create" },
	{ 21, 12, "BSopu", "segment_clone" },
	{ 22, 2, "BYop", "segment_physical" },
	{ 23, 2, "BYp", "segment_contiguous" },
	{ 24, 3, "SYo", "segment_address" },
	{ 25, 4, "SLt", "segment_keeper" },
	{ 26, 12, "SoSop", "segment_move" },
	{ 27, 6, "Sopq", "segment_flush" },
	{ 28, 6, "Sot", "segment_evict" },
	{ 29, 2, "So", "segment_survey" },
	{ 30, 5, "Sp", "segment_resize" },
	{ 31, 3, "Son", "segment_fail" },
	{ 32, 1, "Sn", "segment_read" },
	{ 33, 6, "BSopr", "segment_window" },
	{ 34, 1, "So", "segment_resident" },
	{ 40, 3, "B", "task_create" },
	{ 41, 4, "TB", "task_clone" },
	{ 42, 20, "QSoapf", "task_map" },
	{ 43, 6, "Qap", "task_unmap" },
	{ 44, 8, "Qapn", "task_protect" },
	{ 45, 1, "Taa", "task_entries" },
	{ 46, 1, "T", "task_suspend" },
	{ 47, 4, "T", "task_resume" },
	{ 48, 1, "T", "task_reset" },
	{ 49, 2, "TVt", "task_watch" },
	{ 50, 5, "Qapa", "task_move" },
	{ 51, 1, "Tn", "task_read" },
	{ 52, 4, "Ta", "task_segment" },
	{ 57, 4, "Tn", "task_cap" },
	{ 53, 4, "Tbbn", "task_write" },
	{ 54, 4, "Tbbn", "task_fetch" },
	{ 55, 1, "Tbn", "task_caps_keep" },
	{ 60, 4, "TBCk", "thread_create" },
	{ 61, 6, "Haaaaa", "thread_start" },
	{ 62, 3, "H", "thread_interrupt" },
	{ 63, 1, "b", "thread_exit" },
	{ 64, 1, "", "upcall_return" },
	{ 65, 2, "", "thread_yield" },
	{ 66, 1, "Hn", "thread_read" },
	{ 67, 3, "Hm", "thread_affinity" },
	{ 70, 3, "B", "port_create" },
	{ 71, 5, "PBt", "gate_create" },
	{ 71, 3, "PRt", "gate_create" },
	{ 72, 3, "GPt", "gate_bind" },
	{ 73, 4, "BP", "reply_create" },
	{ 74, 3, "Rnbn", "lend_read" },
	{ 75, 3, "Rnbn", "lend_write" },
	{ 76, 1, "PG", "gate_identify" },
	{ 80, 3, "B", "event_create" },
	{ 81, 6, "Et", "event_signal" },
	{ 82, 4, "Etd", "event_wait" },
	{ 83, 4, "ELt", "event_bind" },
	{ 84, 4, "Etd", "event_timer" },
	{ 90, 3, "bntd", "futex_wait" },
	{ 91, 3, "bnt", "futex_wake" },
	{ 92, 2, "bnbnn", "futex_requeue" },
	{ 110, 2, "BInn", "interrupt_create" },
	{ 111, 2, "BI", "interrupt_create_message" },
	{ 112, 1, "I", "interrupt_message" },
	{ 113, 2, "IEt", "interrupt_bind" },
	{ 114, 1, "I", "interrupt_ack" },
	{ 120, 2, "BOzn", "io_ports_create" },
	{ 121, 1, "Ozn", "io_read" },
	{ 122, 1, "Oznn", "io_write" },
	{ 130, 2, "BYopr", "physical_create" },
	{ 140, 2, "BCn", "schedule_create" },
	{ 160, 1, "", "null_call" },
	{ 161, 1, "", "thread_self_time" },
};
const u32 call_form_count = COUNT_OF(call_forms);
