/* SPDX-License-Identifier: MIT */
#include "fake_kernel.h"

#include <stdarg.h>
#include <stdlib.h>

struct fake fake;
struct thread_control *rt_control;

void fake_reset(void) { memset(&fake, 0, sizeof(fake)); }

void fake_put(u32 kind, u32 index, u64 label, u64 word0)
{
	struct ipc_received *received = &fake.queue[fake.queue_end++];
	*received = (struct ipc_received){
		.word[0] = word0, .label = label, .kind = kind, .reply = FAKE_REPLY_FIRST + index
	};
}

void fake_call(u32 index, u64 number, u64 label, const char *in)
{
	size_t size = in ? strlen(in) : 0;
	u32 at = fake.queue_end;

	fake_put(RECEIVE_MESSAGE, index, label, number);
	fake.queue[at].sizes = size | 4096ull << 32;
	if (in)
		memcpy(fake.in[index], in, size);
}

const struct fake_answer *fake_last(void) { return &fake.answer[fake.answers - 1]; }

void ipc_receive(cap_t port, void *in, u64 in_size, struct ipc_received *received)
{
	(void)port;
	if (fake.queue_first == fake.queue_end)
		abort(); /* the test's mistake */
	u32 at = fake.queue_first++;
	*received = fake.queue[at];
	if (received->kind == RECEIVE_MESSAGE) {
		u64 size = (u32)received->sizes < in_size ? (u32)received->sizes : in_size;
		memcpy(in, fake.in[received->reply - FAKE_REPLY_FIRST], size);
		received->in_count = size;
		fake.open[received->reply - FAKE_REPLY_FIRST]++;
	}
}

static err_t answer(cap_t reply, const struct msg *m, const void *out, u64 out_size, bool combined)
{
	u32 index = reply - FAKE_REPLY_FIRST;
	if (fake.refuse) {
		err_t error = fake.refuse;
		fake.refuse = OK;
		return error;
	}
	if (!fake.open[index])
		abort(); /* answered without having been asked */
	fake.open[index]--;
	struct fake_answer *to = &fake.answer[fake.answers++];
	*to = (struct fake_answer){ reply, (err_t)m->word[0], m->word[1], { 0 }, out_size,
		                    "",    combined };
	memcpy(to->cap, m->cap, sizeof(to->cap));
	memcpy(to->out, out_size ? out : "", out_size < 64 ? out_size : 64);
	return OK;
}

void ipc_reply_receive(cap_t reply, const struct msg *m, const void *out, u64 out_size, void *in,
                       u64 in_size, struct ipc_received *received)
{
	err_t error = answer(reply, m, out, out_size, true);
	if (error)
		*received = (struct ipc_received){ .kind = RECEIVE_ERROR, .word[0] = error };
	else
		ipc_receive(1, in, in_size, received);
}

err_t ipc_reply(cap_t reply, const struct msg *m, const void *out, u64 out_size)
{
	return answer(reply, m, out, out_size, false);
}

err_t lend_read(cap_t reply, u64 offset, u64 addr, u64 size, u64 *done)
{
	memcpy((void *)addr, fake.in[reply - FAKE_REPLY_FIRST] + offset, size);
	*done = size;
	return OK;
}

err_t lend_write(cap_t reply, u64 offset, u64 addr, u64 size, u64 *done)
{
	(void)reply;
	(void)offset;
	(void)addr;
	*done = size;
	return OK;
}

err_t gate_create(cap_t port, cap_t payer, u64 label, cap_t *gate)
{
	(void)port;
	(void)payer;
	*gate = (cap_t)label;
	return OK;
}

err_t cap_close(cap_t cap)
{
	fake.closed[cap]++;
	return OK;
}

err_t reply_create(cap_t bank, cap_t port, cap_t *reply)
{
	(void)bank;
	(void)port;
	*reply = FAKE_REPLY_FIRST + fake.replies++;
	return OK;
}

err_t event_bind(cap_t event, cap_t port, u64 label)
{
	(void)event;
	(void)port;
	fake.bound_label = label;
	return OK;
}

cap_t rt_cap_need(const char *name)
{
	(void)name;
	return 1;
}

void rt_fail(const char *format, ...)
{
	va_list args;

	if (fake.fail_expected) {
		fake.fail_expected = false;
		longjmp(fake.failed, 1);
	}
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	abort();
}

const char *rt_error_text(err_t error)
{
	(void)error;
	return "an error";
}

void *rt_pages(size_t size, u32 segment_flags, cap_t *segment)
{
	(void)segment_flags;
	(void)segment;
	return calloc(1, size);
}

vaddr_t rt_address_take(size_t size) { return size; }

/* Servers never give back what they take at their start. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "detect_leaks=0"; }
