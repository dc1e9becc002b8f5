/* SPDX-License-Identifier: MIT */
/* What the runtime's files share with each other only. */
#pragma once

#include <stdarg.h>

#include "abi/thread.h"
#include "rt.h"

/* The start block, and the first thread's control block in it (may be NULL). Set once by
 * rt_start_main. */
extern struct rt_start *rt_start;
extern struct thread_control *rt_control;

/* Free address ranges: sorted, merged, bounded. When it is full, a range that is given back may be
 * forgotten: then address space leaks, never memory. */
enum { RANGES_MAX = 96 };
struct rt_ranges {
	u32 count;
	struct rt_range {
		u64 start, size;
	} free[RANGES_MAX];
};
/* The lowest free range of `size` bytes; 0 if there is none. */
u64 ranges_take(struct rt_ranges *ranges, u64 size);
void ranges_give(struct rt_ranges *ranges, u64 start, u64 size);

void rt_memory_start(u64 start, u64 end);
void rt_time_start(void);

/* Zeroed memory for malloc, paid for now; NULL if the bank cannot. */
void *rt_heap_take(size_t size);
/* False if the range is not the heap's. */
bool rt_heap_give(void *addr, size_t size);
bool rt_touch_pages(u64 addr, u64 end, u64 *recover_ip);

/* printf for %d %i %u %x %c %s %p %%, flags 0 and -, width, precision of %s, sizes l, ll, z. The
 * length as snprintf. */
size_t rt_format(char *buf, size_t size, const char *format, va_list args);
/* Put bytes of stdout and stderr into lines. */
void rt_log_bytes(const char *text, size_t size);
_Noreturn void rt_end(void);

/* One turn of the loop: answer, receive, dispatch. */
void server_step(struct server *server);
/* Send an answer on its own. */
void request_send(struct request *rq);
/* Send what can be sent after the kernel has refused the answer. */
void request_send_failed(struct request *rq, err_t error);
/* The request takes the buffer that the loop has received into along, or gives it back. */
void request_buffer_give(struct request *rq);

bool fiber_is_ready(void);
u32 fiber_count(void);

long rt_gate_call(long number, const u64 *args);
void rt_gate(void);

/* fiber_switch.S */
void fiber_switch(void **save_sp, void *sp);
void fiber_entry(void);
_Noreturn void fiber_main(void);
