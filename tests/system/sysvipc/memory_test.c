/* SPDX-License-Identifier: MIT */
/* shmget, shmat, shmdt, shmctl. */
#include "../posix/posix.h"

#include <sys/ipc.h>
#include <sys/shm.h>

#ifndef SHM_EXEC
#define SHM_EXEC 0100000
#endif
#define BAD_ADDRESS ((void *)8)
#define FAILED      ((void *)-1)

static int memory_new(size_t size)
{
	int id = shmget(IPC_PRIVATE, size, 0600);

	CHECK(id >= 0);
	return id;
}

static void memory_end(int id) { CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0); }

static struct shmid_ds stat_of(int id)
{
	struct shmid_ds stat;

	CHECK_EQ(shmctl(id, IPC_STAT, &stat), 0);
	return stat;
}

static char *attach(int id, int flags)
{
	char *at = shmat(id, NULL, flags);

	CHECK(at != FAILED);
	return at;
}

TEST(shmget_finds_what_a_key_names)
{
	key_t key = 0x44550000 + getpid();

	CHECK_ERROR(shmget(key, PAGE, 0600), ENOENT);
	CHECK_ERROR(shmget(key, 0, IPC_CREAT | 0600), EINVAL);
	int id = shmget(key, 100, IPC_CREAT | 0600);
	CHECK(id >= 0);
	CHECK_EQ(shmget(key, 100, 0), id);
	CHECK_EQ(shmget(key, 0, 0), id);
	CHECK_ERROR(shmget(key, 101, 0), EINVAL);
	CHECK_ERROR(shmget(key, 1, IPC_CREAT | IPC_EXCL), EEXIST);
	CHECK_EQ(stat_of(id).shm_segsz, 100);
	memory_end(id);
	CHECK_ERROR(shmget(key, 100, 0), ENOENT);
	CHECK_ERROR(shmctl(id, IPC_RMID, NULL), EINVAL);
}

TEST(memory_is_zero_and_shared)
{
	int id = memory_new(3 * PAGE);
	char *one = attach(id, 0), *two = attach(id, 0);

	CHECK(one != two);
	for (size_t i = 0; i < 3 * PAGE; i += 64)
		CHECK_EQ(one[i], 0);
	one[2 * PAGE] = 5;
	CHECK_EQ(two[2 * PAGE], 5);
	CHECK_EQ(stat_of(id).shm_nattch, 2);
	CHECK_EQ(shmdt(one), 0);
	CHECK_EQ(stat_of(id).shm_nattch, 1);
	CHECK_ERROR(shmdt(one), EINVAL);
	CHECK_EQ(two[2 * PAGE], 5);
	CHECK_EQ(shmdt(two), 0);
	two = attach(id, 0);
	CHECK_EQ(two[2 * PAGE], 5);
	CHECK_EQ(shmdt(two), 0);
	memory_end(id);
}

static int child_id;

static void child_writes(void)
{
	char *at = shmat(child_id, NULL, 0);

	if (at == FAILED)
		_exit(1);
	at[0] = 'c';
}

TEST(processes_share_by_number)
{
	child_id = memory_new(PAGE);
	char *at = attach(child_id, 0);

	CHECK_EQ(in_child(child_writes), 0);
	CHECK_EQ(at[0], 'c');
	CHECK_EQ(stat_of(child_id).shm_nattch, 1);
	CHECK_EQ(shmdt(at), 0);
	memory_end(child_id);
}

TEST(a_child_has_it_too_and_a_new_program_not)
{
	int id = memory_new(PAGE), ready[2], go[2], status;
	char *at = attach(id, 0), byte;

	CHECK(!pipe(ready) && !pipe(go));
	pid_t pid = fork();
	if (!pid) {
		at[1] = 'f';
		(void)!write(ready[1], "x", 1);
		(void)!read(go[0], &byte, 1);
		execl("/bin/sleep", "sleep", "1000", (char *)NULL);
		_exit(1);
	}
	CHECK_EQ(stat_of(id).shm_nattch, 2);
	CHECK_EQ(read(ready[0], &byte, 1), 1);
	CHECK_EQ(at[1], 'f');
	CHECK_EQ(write(go[1], "x", 1), 1);
	for (int i = 0; i < 1000 && stat_of(id).shm_nattch != 1; i++)
		sleep_ms(2);
	CHECK_EQ(stat_of(id).shm_nattch, 1);
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(stat_of(id).shm_nattch, 1);
	CHECK_EQ(shmdt(at), 0);
	memory_end(id);
}

TEST(removed_memory_ends_with_its_last_user)
{
	int id = memory_new(PAGE);
	char *at = attach(id, 0);

	at[0] = 'k';
	memory_end(id);
	struct shmid_ds stat = stat_of(id);
	CHECK(stat.shm_perm.mode & 01000);
	CHECK_EQ(stat.shm_perm.__key, IPC_PRIVATE);
	CHECK_EQ(stat.shm_nattch, 1);
	CHECK_EQ(at[0], 'k');
	CHECK_EQ(shmdt(at), 0);
	CHECK_ERROR(shmctl(id, IPC_STAT, &stat), EINVAL);
	CHECK(shmat(id, NULL, 0) == FAILED);
	CHECK(errno == EINVAL || errno == EIDRM);
}

TEST(an_address_may_be_asked_for)
{
	int id = memory_new(2 * PAGE);
	char *room = mmap(NULL, 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(room != MAP_FAILED);
	CHECK_ERROR(shmat(id, room, 0), EINVAL);
	CHECK_EQ(munmap(room, 4 * PAGE), 0);
	CHECK(shmat(id, room, 0) == room);
	CHECK_EQ(shmdt(room), 0);
	CHECK_ERROR(shmat(id, room + 1, 0), EINVAL);
	CHECK(shmat(id, room + PAGE + 1, SHM_RND) == room + PAGE);
	CHECK_ERROR(shmdt(room + PAGE + 1), EINVAL);
	/* Over what is there. */
	CHECK(shmat(id, room, SHM_REMAP) == room);
	CHECK_ERROR(shmat(id, NULL, SHM_REMAP), EINVAL);
	CHECK_EQ(shmdt(room), 0);
	CHECK_ERROR(shmdt(room), EINVAL);
	memory_end(id);
}

TEST(part_of_it_may_be_unmapped)
{
	int id = memory_new(3 * PAGE);
	char *at = attach(id, 0);

	CHECK_EQ(munmap(at + PAGE, PAGE), 0);
	at[0] = at[2 * PAGE] = 1;
	CHECK_EQ(shmdt(at), 0);
	CHECK_EQ(stat_of(id).shm_nattch, 0);
	CHECK_ERROR(msync(at, PAGE, MS_ASYNC), ENOMEM);
	CHECK_ERROR(msync(at + 2 * PAGE, PAGE, MS_ASYNC), ENOMEM);
	memory_end(id);
}

static char *readable;

static void write_it(void) { readable[0] = 1; }

TEST(read_only_is_read_only)
{
	int id = memory_new(PAGE);

	readable = attach(id, SHM_RDONLY);
	CHECK_EQ(readable[0], 0);
	CHECK_EQ(WTERMSIG(in_child(write_it)), SIGSEGV);
	CHECK_ERROR(mprotect(readable, PAGE, PROT_READ | PROT_WRITE), EACCES);
	CHECK_EQ(shmdt(readable), 0);
	memory_end(id);
}

TEST(wrong_arguments_of_memory)
{
	struct shmid_ds stat;
	int id = memory_new(PAGE);

	CHECK_ERROR(shmat(-1, NULL, 0), EINVAL);
	CHECK_ERROR(shmat(id + 1, NULL, 0), EINVAL);
	CHECK_ERROR(shmdt(NULL), EINVAL);
	CHECK_ERROR(shmctl(id, 99, NULL), EINVAL);
	CHECK_ERROR(shmctl(-1, IPC_STAT, &stat), EINVAL);
	CHECK_ERROR(shmctl(id, IPC_STAT, BAD_ADDRESS), EFAULT);
	CHECK_ERROR(shmctl(id, IPC_SET, BAD_ADDRESS), EFAULT);
	/* More than there is. */
	CHECK(shmget(IPC_PRIVATE, (size_t)1 << 60, 0600) == -1 &&
	      (errno == EINVAL || errno == ENOMEM || errno == ENOSPC));
	memory_end(id);
}

TEST(memory_tells_of_itself)
{
	time_t now = time(NULL);
	int id = shmget(IPC_PRIVATE, 5000, 0640);
	struct shmid_ds stat = stat_of(id);

	CHECK_EQ(stat.shm_segsz, 5000);
	CHECK_EQ(stat.shm_atime, 0);
	CHECK_EQ(stat.shm_dtime, 0);
	CHECK(stat.shm_ctime >= now);
	CHECK_EQ(stat.shm_cpid, getpid());
	CHECK_EQ(stat.shm_lpid, 0);
	CHECK_EQ(stat.shm_perm.mode & 0777, 0640);
	CHECK_EQ(stat.shm_perm.uid, geteuid());
	CHECK_EQ(shmdt(attach(id, 0)), 0);
	stat = stat_of(id);
	CHECK(stat.shm_atime >= now && stat.shm_dtime >= now);
	CHECK_EQ(stat.shm_lpid, getpid());
	stat.shm_perm.mode = 0600;
	CHECK_EQ(shmctl(id, IPC_SET, &stat), 0);
	CHECK_EQ(stat_of(id).shm_perm.mode & 0777, 0600);
	memory_end(id);
}

static int guarded;

static void as_somebody_else(void)
{
	struct shmid_ds stat;

	if (setgid(4711) || setuid(4711))
		_exit(77);
	if (shmat(guarded, NULL, 0) != FAILED || errno != EACCES)
		_exit(1);
	if (shmat(guarded, NULL, SHM_RDONLY) == FAILED)
		_exit(2);
	if (shmctl(guarded, IPC_STAT, &stat) || shmctl(guarded, IPC_RMID, NULL) != -1 ||
	    errno != EPERM)
		_exit(3);
	if (shmctl(guarded, IPC_SET, &stat) != -1 || errno != EPERM)
		_exit(4);
	/* What one makes oneself is one's own. */
	int own = shmget(IPC_PRIVATE, PAGE, 0600);
	if (own < 0 || shmctl(own, IPC_STAT, &stat) || stat.shm_perm.uid != 4711 ||
	    shmctl(own, IPC_RMID, NULL))
		_exit(5);
}

TEST(the_mode_says_who_may)
{
	guarded = shmget(IPC_PRIVATE, PAGE, 0604);
	CHECK(guarded >= 0);
	/* Known by the ids from before, too. */
	CHECK_EQ(stat_of(guarded).shm_nattch, 0);
	int status = in_child(as_somebody_else);
	CHECK(!status || (geteuid() && WEXITSTATUS(status) == 77));
	memory_end(guarded);
}

TEST(removed_memory_ends_with_the_process_that_had_it)
{
	struct shmid_ds stat;
	int id = memory_new(PAGE), ready[2], go[2], status;
	char byte;

	CHECK(!pipe(ready) && !pipe(go));
	pid_t pid = fork();
	if (!pid) {
		attach(id, 0);
		(void)!write(ready[1], "x", 1);
		(void)!read(go[0], &byte, 1);
		_exit(0);
	}
	CHECK_EQ(read(ready[0], &byte, 1), 1);
	memory_end(id);
	CHECK_EQ(stat_of(id).shm_nattch, 1);
	CHECK_EQ(write(go[1], "x", 1), 1);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_ERROR(shmctl(id, IPC_STAT, &stat), EINVAL);
}
