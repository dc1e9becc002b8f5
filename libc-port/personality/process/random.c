/* SPDX-License-Identifier: MIT */
/* getrandom. The key is 32 bytes of /dev/urandom, read when random bytes are first asked for;
 * each request takes a new key from the stream's own output (so that earlier output cannot be
 * worked out from the state). Before devices exist, the seed that exec left, the processor's
 * generator and the time stamp stand in. */
#include "process/random.h"

#include "core/call.h"
#include "core/lock.h"
#include "core/text.h"
#include "core/user.h"
#include "file/target.h"
#include "process/process.h"
#include "proto/file.h"

static struct {
	u32 key[8];
	u64 counter;
	bool keyed, forked;
} state;

static u32 rotate(u32 x, u32 by) { return x << by | x >> (32 - by); }

static void quarter(u32 *x, u32 a, u32 b, u32 c, u32 d)
{
	x[a] += x[b], x[d] = rotate(x[d] ^ x[a], 16);
	x[c] += x[d], x[b] = rotate(x[b] ^ x[c], 12);
	x[a] += x[b], x[d] = rotate(x[d] ^ x[a], 8);
	x[c] += x[d], x[b] = rotate(x[b] ^ x[c], 7);
}

/* RFC 8439, 2.3. */
static void chacha_block(const u32 *key, u64 counter, u32 *out)
{
	u32 in[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };

	memcpy(in + 4, key, 32);
	in[12] = (u32)counter;
	in[13] = (u32)(counter >> 32);
	memcpy(out, in, sizeof(in));
	for (u32 i = 0; i < 10; i++) {
		quarter(out, 0, 4, 8, 12), quarter(out, 1, 5, 9, 13);
		quarter(out, 2, 6, 10, 14), quarter(out, 3, 7, 11, 15);
		quarter(out, 0, 5, 10, 15), quarter(out, 1, 6, 11, 12);
		quarter(out, 2, 7, 8, 13), quarter(out, 3, 4, 9, 14);
	}
	for (u32 i = 0; i < 16; i++)
		out[i] += in[i];
}

static u64 time_stamp(void)
{
	u32 low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return low | (u64)high << 32;
}

static u64 hardware_random(void)
{
	u32 a = 1, b, c = 0, d;
	u64 value = 0;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	if (c >> 30 & 1)
		__asm__ volatile("rdrand %0" : "=r"(value));
	return value;
}

void random_start(u64 seed) { memcpy(state.key, &seed, sizeof(seed)); }

void random_forked(void) { state.forked = true; }

static bool read_device(void *to, u64 size)
{
	struct target target = { .place = { .dir = PROCESS_ROOT }, .path = "dev/urandom" };
	struct file *file;
	u64 count = 0;

	if (file_open(&target, O_RDONLY, 0, &file))
		return false;
	err_t error = file_read(file->cap, FILE_POSITION, 0, to, size, &count);
	file_put(file);
	return !error && count == size;
}

static void random_key(void)
{
	u64 mix[4] = { time_stamp(), hardware_random(), time_real(), process_page->pid };
	u32 fresh[8], out[16];

	if (read_device(fresh, sizeof(fresh))) {
		for (u32 i = 0; i < 8; i++)
			state.key[i] ^= fresh[i];
	}
	for (u32 i = 0; i < 4; i++) {
		state.key[2 * i] ^= (u32)mix[i];
		state.key[2 * i + 1] ^= (u32)(mix[i] >> 32);
	}
	chacha_block(state.key, state.counter++, out);
	memcpy(state.key, out, sizeof(state.key));
	state.keyed = true;
	state.forked = false;
}

/* A key for one request; the state moves on. */
static void random_take_key(u32 *key)
{
	u32 out[16];

	if (!state.keyed || state.forked)
		random_key();
	lock_take(&process_lock);
	chacha_block(state.key, state.counter++, out);
	memcpy(state.key, out, 32);
	memcpy(key, out + 8, 32);
	lock_give(&process_lock);
}

i64 posix_getrandom(const struct thread_regs *a)
{
	u32 key[8], out[16];
	u64 size = a->rsi < IO_SIZE_MAX ? a->rsi : IO_SIZE_MAX;

	if (a->rdx & ~7ull || (a->rdx & 6) == 6)
		return -EINVAL;
	random_take_key(key);
	for (u64 done = 0, block = 0; done < size; block++) {
		u64 part = size - done < sizeof(out) ? size - done : sizeof(out);
		chacha_block(key, block, out);
		if (!user_write(a->rdi + done, out, part))
			return -EFAULT;
		done += part;
	}
	return (i64)size;
}
