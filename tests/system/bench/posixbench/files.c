/* SPDX-License-Identifier: MIT */
/* Files and directories. */
#include "bench.h"

void b_open_close(struct ctx *c)
{
	const char *p = path(0, "pb_exist");
	int fd = mkfile(p, 100);
	CHECK(fd >= 0, "create");
	close(fd);
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++) {
			int f = open(p, O_RDONLY);
			CHECK(f >= 0, "open");
			close(f);
		}
	} while (r_end(c));
out:
	unlink(p);
}

void b_stat(struct ctx *c)
{
	struct stat st;
	const char *p = path(0, "pb_exist");
	int fd = mkfile(p, 100);
	CHECK(fd >= 0, "create");
	close(fd);
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++)
			CHECK(!stat(p, &st) && st.st_size == 100, "stat");
	} while (r_end(c));
out:
	unlink(p);
}

void b_stat_deep(struct ctx *c)
{
	struct stat st;
	char d1[600], d2[600], d3[600], f[600];
	int fd = -1;
	snprintf(d1, sizeof d1, "%s", path(0, "pb_d1"));
	snprintf(d2, sizeof d2, "%s", path(0, "pb_d1/d2"));
	snprintf(d3, sizeof d3, "%s", path(0, "pb_d1/d2/d3"));
	snprintf(f, sizeof f, "%s", path(0, "pb_d1/d2/d3/file"));
	CHECK(!mkdir(d1, 0755) || errno == EEXIST, "mkdir");
	CHECK(!mkdir(d2, 0755) || errno == EEXIST, "mkdir");
	CHECK(!mkdir(d3, 0755) || errno == EEXIST, "mkdir");
	fd = mkfile(f, 100);
	CHECK(fd >= 0, "create");
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++)
			CHECK(!stat(f, &st) && st.st_size == 100, "stat");
	} while (r_end(c));
out:
	xclose(fd);
	unlink(f);
	rmdir(d3);
	rmdir(d2);
	rmdir(d1);
}

void b_stat_noent(struct ctx *c)
{
	struct stat st;
	const char *p = path(0, "pb_missing");
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++)
			CHECK(stat(p, &st) < 0 && errno == ENOENT, "stat");
	} while (r_end(c));
out:;
}

void b_fstat(struct ctx *c)
{
	struct stat st;
	const char *p = path(0, "pb_exist");
	int fd = mkfile(p, 100);
	CHECK(fd >= 0, "create");
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++)
			CHECK(!fstat(fd, &st), "fstat");
	} while (r_end(c));
out:
	xclose(fd);
	unlink(p);
}

void b_lseek(struct ctx *c)
{
	const char *p = path(0, "pb_exist");
	int fd = mkfile(p, 100);
	CHECK(fd >= 0, "create");
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++)
			CHECK(lseek(fd, 7, SEEK_SET) == 7, "lseek");
	} while (r_end(c));
out:
	xclose(fd);
	unlink(p);
}

static void pread_common(struct ctx *c, size_t len)
{
	const char *p = path(0, "pb_file");
	u8 *b = big(CHUNK);
	int fd = mkfile(p, MIB);
	CHECK(fd >= 0, "create");
	CHECK(b, "mmap");
	do {
		off_t o = 0;
		r_begin(c);
		for (u64 i = 0; i < c->n; i++) {
			CHECK(pread(fd, b, len, o) == (ssize_t)len, "pread");
			o = (o + (off_t)len) & (MIB - 1);
		}
	} while (r_end(c));
out:
	xclose(fd);
	unlink(p);
	if (b)
		munmap(b, CHUNK);
}
void b_pread1(struct ctx *c) { pread_common(c, 1); }
void b_pread4k(struct ctx *c) { pread_common(c, PG); }
void b_pread64k(struct ctx *c) { pread_common(c, CHUNK); }

void b_read_seq(struct ctx *c)
{
	const char *p = path(0, "pb_file");
	u8 *b = big(CHUNK);
	int fd = mkfile(p, FILESZ);
	CHECK(fd >= 0, "create");
	CHECK(b, "mmap");
	c->mult = FILESZ / MIB;
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++) {
			u64 tot = 0;
			ssize_t k;
			CHECK(lseek(fd, 0, SEEK_SET) == 0, "lseek");
			while ((k = read(fd, b, CHUNK)) > 0)
				tot += (u64)k;
			CHECK(tot == FILESZ, "read");
		}
	} while (r_end(c));
out:
	xclose(fd);
	unlink(p);
	if (b)
		munmap(b, CHUNK);
}

/* overwrite 4 KiB blocks of an existing 1 MiB file */
void b_write4k(struct ctx *c)
{
	const char *p = path(0, "pb_file");
	u8 *b = big(PG);
	int fd = mkfile(p, MIB);
	CHECK(fd >= 0, "create");
	CHECK(b, "mmap");
	do {
		off_t o = 0;
		r_begin(c);
		for (u64 i = 0; i < c->n; i++) {
			CHECK(pwrite(fd, b, PG, o) == PG, "pwrite");
			o = (o + PG) & (MIB - 1);
		}
	} while (r_end(c));
out:
	xclose(fd);
	unlink(p);
	if (b)
		munmap(b, PG);
}

/* grow a file from nothing to 1 MiB in 4 KiB writes, then truncate: per 4 KiB */
void b_append4k(struct ctx *c)
{
	const char *p = path(0, "pb_file");
	u8 *b = big(PG);
	int fd = mkfile(p, 0);
	CHECK(fd >= 0, "create");
	CHECK(b, "mmap");
	c->mult = MIB / PG;
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++) {
			CHECK(lseek(fd, 0, SEEK_SET) == 0, "lseek");
			for (unsigned k = 0; k < MIB / PG; k++)
				CHECK(write(fd, b, PG) == PG, "write");
			CHECK(!ftruncate(fd, 0), "ftruncate");
		}
	} while (r_end(c));
out:
	xclose(fd);
	unlink(p);
	if (b)
		munmap(b, PG);
}

void b_create_unlink(struct ctx *c)
{
	const char *p = path(0, "pb_new");
	unlink(p);
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++) {
			int f = open(p, O_WRONLY | O_CREAT | O_EXCL, 0644);
			CHECK(f >= 0, "open O_CREAT");
			close(f);
			CHECK(!unlink(p), "unlink");
		}
	} while (r_end(c));
out:
	unlink(p);
}

void b_mkdir_rmdir(struct ctx *c)
{
	const char *p = path(0, "pb_dir");
	rmdir(p);
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++) {
			CHECK(!mkdir(p, 0755), "mkdir");
			CHECK(!rmdir(p), "rmdir");
		}
	} while (r_end(c));
out:
	rmdir(p);
}

void b_rename(struct ctx *c)
{
	const char *a = path(0, "pb_a"), *b = path(1, "pb_b");
	int fd = mkfile(a, 1);
	CHECK(fd >= 0, "create");
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++) {
			CHECK(!rename(a, b), "rename");
			const char *t = a;
			a = b;
			b = t;
		}
	} while (r_end(c));
out:
	xclose(fd);
	unlink(a);
	unlink(b);
}

/* opendir + read 32 entries + closedir */
void b_readdir(struct ctx *c)
{
	char d[512], f[600];
	snprintf(d, sizeof d, "%s", path(0, "pb_rd"));
	CHECK(!mkdir(d, 0755) || errno == EEXIST, "mkdir");
	for (int i = 0; i < 32; i++) {
		snprintf(f, sizeof f, "%s/file%02d", d, i);
		int fd = open(f, O_WRONLY | O_CREAT, 0644);
		CHECK(fd >= 0, "create");
		close(fd);
	}
	do {
		r_begin(c);
		for (u64 i = 0; i < c->n; i++) {
			int k = 0;
			DIR *dp = opendir(d);
			CHECK(dp, "opendir");
			while (readdir(dp))
				k++;
			closedir(dp);
			CHECK(k >= 32, "readdir");
		}
	} while (r_end(c));
out:
	for (int i = 0; i < 32; i++) {
		snprintf(f, sizeof f, "%s/file%02d", d, i);
		unlink(f);
	}
	rmdir(d);
}
