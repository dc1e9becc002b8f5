/* SPDX-License-Identifier: MIT */
/* Memory. */
#include "bench.h"

void b_mmap_anon(struct ctx *c)
{
	c->mult = MIB / PG;
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++) {
			volatile u8 *p = mmap(0, MIB, PROT_READ | PROT_WRITE,
			                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			CHECK(p != MAP_FAILED, "mmap");
			for (size_t o = 0; o < MIB; o += PG)
				p[o] = 1;
			munmap((void *)p, MIB);
		}
	} while (r_end(c));
out:;
}

void b_mmap_only(struct ctx *c)
{
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++) {
			void *p = mmap(0, PG, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			               -1, 0);
			CHECK(p != MAP_FAILED, "mmap");
			CHECK(!munmap(p, PG), "munmap");
		}
	} while (r_end(c));
out:;
}

void b_mmap_file(struct ctx *c)
{
	const char *f = path(0, "pb_file");
	int fd = mkfile(f, MIB);
	unsigned sum = 0;
	CHECK(fd >= 0, "create");
	c->mult = MIB / PG;
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++) {
			volatile u8 *p = mmap(0, MIB, PROT_READ, MAP_PRIVATE, fd, 0);
			CHECK(p != MAP_FAILED, "mmap file");
			for (size_t o = 0; o < MIB; o += PG)
				sum += p[o + 1];
			munmap((void *)p, MIB);
		}
	} while (r_end(c));
	errno = 0;
	CHECK(sum, "file contents");
out:
	xclose(fd);
	unlink(f);
}

/* the parent writes pages that it shares with a sleeping child */
void b_cow(struct ctx *c)
{
	int more, w[2] = { -1, -1 };
	volatile u8 *p = big(MIB);
	pid_t k = -1;
	CHECK(p, "mmap");
	c->mult = MIB / PG;
	c->n = 1;
	do {
		char ch;
		CHECK(!pipe(w), "pipe");
		k = fork();
		CHECK(k >= 0, "fork");
		if (!k) {
			close(w[1]);
			_exit(read(w[0], &ch, 1) < 0);
		}
		r_begin(c);
		for (size_t o = 0; o < MIB; o += PG)
			p[o] += 1;
		more = r_end(c);
		close(w[0]);
		close(w[1]);
		w[0] = w[1] = -1;
		reap(k);
		k = -1;
	} while (more);
out:
	xclose(w[0]);
	xclose(w[1]);
	reap(k);
	if (p)
		munmap((void *)p, MIB);
}
