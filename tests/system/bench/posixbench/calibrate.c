/* SPDX-License-Identifier: MIT */
/* Calibration: what known sequences of instructions cost; and the smallest system calls. */
#include "bench.h"

void b_calib(struct ctx *c)
{
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++) {
			u64 k = 1000;
			__asm__ volatile("1: dec %0; jnz 1b" : "+r"(k)::"cc");
		}
	} while (r_end(c));
}

void b_rdtsc(struct ctx *c)
{
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++)
			(void)tsc();
	} while (r_end(c));
}

/* how many ticks one 4096-byte string instruction counts as */
static void rep_common(struct ctx *c, int kind)
{
	u8 *b = big(4 * PG);
	CHECK(b, "mmap");
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++) {
			void *d = b, *s = b + 2 * PG;
			u64 k = kind == 0 ? PG : PG / 8;
			if (kind == 0)
				__asm__ volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(k)::"memory");
			else if (kind == 1)
				__asm__ volatile("rep movsq" : "+D"(d), "+S"(s), "+c"(k)::"memory");
			else
				__asm__ volatile("rep stosq"
				                 : "+D"(d), "+c"(k)
				                 : "a"(0)
				                 : "memory");
		}
	} while (r_end(c));
out:
	if (b)
		munmap(b, 4 * PG);
}

/* the other ways of copying 4096 bytes */
static void copy_common(struct ctx *c, int kind)
{
	u8 *b = big(4 * PG);
	CHECK(b, "mmap");
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++) {
			u8 *d = b, *s = b + 2 * PG;
			if (kind == 0) {
				memcpy(d, s, PG);
				__asm__ volatile("" ::: "memory");
				continue;
			}
			for (u8 *e = s + PG; s != e; s += 64, d += 64)
				if (kind == 1)
					__asm__ volatile(
					        "movups (%1),%%xmm0; movups 16(%1),%%xmm1;"
					        "movups 32(%1),%%xmm2; movups 48(%1),%%xmm3;"
					        "movups %%xmm0,(%0); movups %%xmm1,16(%0);"
					        "movups %%xmm2,32(%0); movups %%xmm3,48(%0)" ::"r"(
					                d),
					        "r"(s)
					        : "memory", "xmm0", "xmm1", "xmm2", "xmm3");
				else
					for (int k = 0; k < 64; k += 8) {
						u64 t;
						__asm__ volatile("mov (%2),%0; mov %0,(%1)"
						                 : "=&r"(t)
						                 : "r"(d + k), "r"(s + k)
						                 : "memory");
					}
		}
	} while (r_end(c));
out:
	if (b)
		munmap(b, 4 * PG);
}
void b_memcpy(struct ctx *c) { copy_common(c, 0); }
void b_sse(struct ctx *c) { copy_common(c, 1); }
void b_u64(struct ctx *c) { copy_common(c, 2); }

void b_movsb(struct ctx *c) { rep_common(c, 0); }
void b_movsq(struct ctx *c) { rep_common(c, 1); }
void b_stosq(struct ctx *c) { rep_common(c, 2); }

void b_getpid(struct ctx *c)
{
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++)
			CHECK(syscall(SYS_getpid) > 0, "getpid");
	} while (r_end(c));
out:;
}

void b_clock_real(struct ctx *c)
{
	struct timespec t;
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++)
			CHECK(!clock_gettime(CLOCK_REALTIME, &t), "clock_gettime");
	} while (r_end(c));
out:;
}

void b_clock_sys(struct ctx *c)
{
	struct timespec t;
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++)
			CHECK(!syscall(SYS_clock_gettime, CLOCK_REALTIME, &t), "clock_gettime");
	} while (r_end(c));
out:;
}

void b_gettimeofday(struct ctx *c)
{
	struct timeval t;
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++)
			CHECK(!gettimeofday(&t, 0), "gettimeofday");
	} while (r_end(c));
out:;
}

void b_read_zero(struct ctx *c)
{
	char ch;
	int fd = open("/dev/zero", O_RDONLY);
	CHECK(fd >= 0, "open /dev/zero");
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++)
			CHECK(read(fd, &ch, 1) == 1, "read");
	} while (r_end(c));
out:
	xclose(fd);
}

void b_write_null(struct ctx *c)
{
	int fd = open("/dev/null", O_WRONLY);
	CHECK(fd >= 0, "open /dev/null");
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++)
			CHECK(write(fd, "x", 1) == 1, "write");
	} while (r_end(c));
out:
	xclose(fd);
}

void b_dup_close(struct ctx *c)
{
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++) {
			int d = dup(1);
			CHECK(d >= 0, "dup");
			close(d);
		}
	} while (r_end(c));
out:;
}
