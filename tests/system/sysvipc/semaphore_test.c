/* SPDX-License-Identifier: MIT */
/* semget, semop, semtimedop, semctl. */
#include "../posix/posix.h"

#include <sys/ipc.h>
#include <sys/sem.h>

#define BAD_ADDRESS ((void *)8)

union argument {
	int value;
	struct semid_ds *stat;
	unsigned short *values;
};

static int set_new(int count)
{
	int id = semget(IPC_PRIVATE, count, 0600);

	CHECK(id >= 0);
	return id;
}

static void set_end(int id) { CHECK_EQ(semctl(id, 0, IPC_RMID), 0); }

static int value_of(int id, int index) { return semctl(id, index, GETVAL); }

static void value_set(int id, int index, int value)
{
	CHECK_EQ(semctl(id, index, SETVAL, (union argument){ .value = value }), 0);
}

static int change(int id, int index, int by, int flags)
{
	struct sembuf op = { (unsigned short)index, (short)by, (short)flags };

	return semop(id, &op, 1);
}

/* Until so many calls wait for semaphore `index`. */
static void until_waiting(int id, int index, int command, int count)
{
	for (int i = 0; i < 2000 && semctl(id, index, command) != count; i++)
		sleep_ms(2);
	CHECK_EQ(semctl(id, index, command), count);
}

static int exit_code(pid_t pid)
{
	int status;

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(semget_finds_what_a_key_names)
{
	key_t key = 0x44540000 + getpid();

	CHECK_ERROR(semget(key, 1, 0600), ENOENT);
	CHECK_ERROR(semget(key, 0, IPC_CREAT | 0600), EINVAL);
	CHECK_ERROR(semget(key, -1, IPC_CREAT | 0600), EINVAL);
	int id = semget(key, 3, IPC_CREAT | 0600);
	CHECK(id >= 0);
	CHECK_EQ(semget(key, 3, 0), id);
	CHECK_EQ(semget(key, 0, 0), id);
	CHECK_ERROR(semget(key, 4, 0), EINVAL);
	CHECK_ERROR(semget(key, 3, IPC_CREAT | IPC_EXCL | 0600), EEXIST);
	set_end(id);
	CHECK_ERROR(semget(key, 3, 0), ENOENT);
	CHECK_ERROR(value_of(id, 0), EINVAL);
}

TEST(values_begin_at_zero_and_are_set)
{
	unsigned short values[3] = { 9, 9, 9 };
	int id = set_new(3);

	CHECK_EQ(semctl(id, 0, GETALL, (union argument){ .values = values }), 0);
	CHECK(!values[0] && !values[1] && !values[2]);
	value_set(id, 1, 7);
	CHECK_EQ(value_of(id, 1), 7);
	CHECK_EQ(semctl(id, 1, GETPID), getpid());
	values[0] = 1, values[1] = 2, values[2] = 32767;
	CHECK_EQ(semctl(id, 0, SETALL, (union argument){ .values = values }), 0);
	CHECK_EQ(value_of(id, 2), 32767);
	values[2] = 32768;
	CHECK_ERROR(semctl(id, 0, SETALL, (union argument){ .values = values }), ERANGE);
	CHECK_ERROR(semctl(id, 0, SETVAL, (union argument){ .value = 32768 }), ERANGE);
	CHECK_ERROR(semctl(id, 0, SETVAL, (union argument){ .value = -1 }), ERANGE);
	CHECK_ERROR(change(id, 2, 1, 0), ERANGE);
	CHECK_EQ(value_of(id, 0), 1);
	CHECK_ERROR(semctl(id, 3, GETVAL), EINVAL);
	CHECK_ERROR(semctl(id, -1, GETVAL), EINVAL);
	CHECK_ERROR(semctl(id, 3, SETVAL, (union argument){ .value = 1 }), EINVAL);
	set_end(id);
}

TEST(all_operations_or_none)
{
	int id = set_new(2);
	struct sembuf both[2] = { { 0, 1, 0 }, { 1, -1, IPC_NOWAIT } };

	CHECK_ERROR(semop(id, both, 2), EAGAIN);
	CHECK_EQ(value_of(id, 0), 0);
	value_set(id, 1, 1);
	CHECK_EQ(semop(id, both, 2), 0);
	CHECK_EQ(value_of(id, 0), 1);
	CHECK_EQ(value_of(id, 1), 0);
	/* They see each other's changes. */
	struct sembuf after[3] = { { 1, 0, 0 }, { 1, 2, 0 }, { 1, -1, 0 } };
	CHECK_EQ(semop(id, after, 3), 0);
	CHECK_EQ(value_of(id, 1), 1);
	CHECK_ERROR(change(id, 1, 0, IPC_NOWAIT), EAGAIN);
	set_end(id);
}

TEST(wrong_arguments_of_semaphores)
{
	static struct sembuf many[501];
	int id = set_new(2);
	struct sembuf op = { 2, 1, 0 };

	CHECK_ERROR(semop(id, &op, 1), EFBIG);
	op.sem_num = 0;
	CHECK_ERROR(semop(id, &op, 0), EINVAL);
	CHECK_ERROR(semop(id, many, 501), E2BIG);
	CHECK_ERROR(semop(-1, &op, 1), EINVAL);
	CHECK_ERROR(semop(id, BAD_ADDRESS, 1), EFAULT);
	CHECK_ERROR(semtimedop(id, &op, 1, BAD_ADDRESS), EFAULT);
	CHECK_ERROR(semtimedop(id, &op, 1, &(struct timespec){ -1, 0 }), EINVAL);
	CHECK_ERROR(semtimedop(id, &op, 1, &(struct timespec){ 0, 1000000000 }), EINVAL);
	CHECK_ERROR(semctl(id, 0, 99), EINVAL);
	CHECK_ERROR(semctl(id, 0, IPC_STAT, (union argument){ .stat = BAD_ADDRESS }), EFAULT);
	CHECK_ERROR(semctl(id, 0, GETALL, (union argument){ .values = BAD_ADDRESS }), EFAULT);
	CHECK_ERROR(semctl(id, 0, SETALL, (union argument){ .values = BAD_ADDRESS }), EFAULT);
	CHECK_EQ(value_of(id, 0), 0);
	set_end(id);
	CHECK_ERROR(semop(id, &op, 1), EINVAL);
}

TEST(a_waiter_goes_on_when_it_can)
{
	int id = set_new(2);
	pid_t less = fork();

	if (!less)
		_exit(change(id, 0, -2, 0) ? 1 : 0);
	until_waiting(id, 0, GETNCNT, 1);
	pid_t zero = fork();
	if (!zero)
		_exit(change(id, 1, 0, 0) ? 1 : 0);
	CHECK_EQ(change(id, 0, 1, 0), 0);
	CHECK_EQ(semctl(id, 0, GETNCNT), 1);
	CHECK_EQ(change(id, 0, 1, 0), 0);
	CHECK_EQ(exit_code(less), 0);
	CHECK_EQ(exit_code(zero), 0);
	CHECK_EQ(semctl(id, 0, GETPID), less);
	value_set(id, 1, 1);
	zero = fork();
	if (!zero)
		_exit(change(id, 1, 0, 0) ? 1 : 0);
	until_waiting(id, 1, GETZCNT, 1);
	CHECK_EQ(semctl(id, 1, GETNCNT), 0);
	CHECK_EQ(change(id, 1, -1, 0), 0);
	CHECK_EQ(exit_code(zero), 0);
	CHECK_EQ(value_of(id, 0), 0);
	set_end(id);
}

TEST(one_change_lets_several_go_on)
{
	enum { CHILDREN = 5 };
	int id = set_new(1);
	pid_t pids[CHILDREN];

	for (int i = 0; i < CHILDREN; i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(change(id, 0, -1, 0) ? 1 : 0);
	}
	until_waiting(id, 0, GETNCNT, CHILDREN);
	value_set(id, 0, CHILDREN);
	for (int i = 0; i < CHILDREN; i++)
		CHECK_EQ(exit_code(pids[i]), 0);
	CHECK_EQ(value_of(id, 0), 0);
	set_end(id);
}

TEST(time_ends_waiting)
{
	int id = set_new(1);
	struct sembuf op = { 0, -1, 0 };

	CHECK_ERROR(semtimedop(id, &op, 1, &(struct timespec){ 0, 20000000 }), EAGAIN);
	CHECK_ERROR(semtimedop(id, &op, 1, &(struct timespec){ 0, 0 }), EAGAIN);
	CHECK_EQ(semctl(id, 0, GETNCNT), 0);
	value_set(id, 0, 1);
	CHECK_EQ(semtimedop(id, &op, 1, &(struct timespec){ 0, 0 }), 0);
	set_end(id);
}

TEST(removing_a_set_ends_all_waiting_on_it)
{
	int id = set_new(1);
	pid_t pid = fork();

	if (!pid)
		_exit(change(id, 0, -1, 0) == -1 && errno == EIDRM ? 0 : 1);
	until_waiting(id, 0, GETNCNT, 1);
	set_end(id);
	CHECK_EQ(exit_code(pid), 0);
}

static void on_signal(int signal) { (void)signal; }

TEST(a_signal_ends_waiting_for_a_semaphore)
{
	int id = set_new(1);
	pid_t pid = fork();

	if (!pid) {
		struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
		sigaction(SIGUSR1, &action, NULL);
		_exit(change(id, 0, -1, 0) == -1 && errno == EINTR ? 0 : 1);
	}
	until_waiting(id, 0, GETNCNT, 1);
	CHECK_EQ(kill(pid, SIGUSR1), 0);
	CHECK_EQ(exit_code(pid), 0);
	CHECK_EQ(semctl(id, 0, GETNCNT), 0);
	set_end(id);
}

static int undo_id;

static void undo_two(void)
{
	if (change(undo_id, 0, -2, SEM_UNDO) || change(undo_id, 1, 3, SEM_UNDO))
		_exit(1);
}

static void undo_and_die(void)
{
	undo_two();
	raise(SIGKILL);
}

static void undo_and_fork(void)
{
	undo_two();
	/* A child promises nothing: its end changes nothing. */
	if (in_child(undo_two) || value_of(undo_id, 0) != 1)
		_exit(2);
}

TEST(sem_undo_is_done_at_the_end_of_a_process)
{
	undo_id = set_new(2);
	value_set(undo_id, 0, 3);
	CHECK_EQ(in_child(undo_two), 0);
	CHECK_EQ(value_of(undo_id, 0), 3);
	CHECK_EQ(value_of(undo_id, 1), 0);
	CHECK_EQ(in_child(undo_and_die), SIGKILL);
	CHECK_EQ(value_of(undo_id, 0), 3);
	value_set(undo_id, 0, 5);
	in_child(undo_and_fork);
	CHECK_EQ(value_of(undo_id, 0), 5);
	set_end(undo_id);
}

static void undo_and_exec(void)
{
	undo_two();
	execl("/bin/sleep", "sleep", "0.2", (char *)NULL);
	_exit(1);
}

TEST(sem_undo_waits_for_the_end_of_the_next_program)
{
	undo_id = set_new(2);
	value_set(undo_id, 0, 2);
	pid_t pid = fork();
	if (!pid)
		undo_and_exec();
	for (int i = 0; i < 1000 && value_of(undo_id, 0); i++)
		sleep_ms(1);
	CHECK_EQ(value_of(undo_id, 0), 0);
	CHECK_EQ(exit_code(pid), 0);
	CHECK_EQ(value_of(undo_id, 0), 2);
	set_end(undo_id);
}

static void undo_after_setval(void)
{
	undo_two();
	value_set(undo_id, 0, 10);
}

TEST(setval_forgets_what_was_to_be_undone)
{
	undo_id = set_new(2);
	value_set(undo_id, 0, 2);
	CHECK_EQ(in_child(undo_after_setval), 0);
	CHECK_EQ(value_of(undo_id, 0), 10);
	CHECK_EQ(value_of(undo_id, 1), 0);
	set_end(undo_id);
}

TEST(a_set_tells_of_itself)
{
	struct semid_ds stat;
	time_t now = time(NULL);
	int id = semget(IPC_PRIVATE, 5, 0640);
	union argument argument = { .stat = &stat };

	CHECK_EQ(semctl(id, 0, IPC_STAT, argument), 0);
	CHECK_EQ(stat.sem_nsems, 5);
	CHECK_EQ(stat.sem_otime, 0);
	CHECK(stat.sem_ctime >= now && stat.sem_ctime <= now + 60);
	CHECK_EQ(stat.sem_perm.mode & 0777, 0640);
	CHECK_EQ(stat.sem_perm.uid, geteuid());
	CHECK_EQ(change(id, 0, 1, 0), 0);
	stat.sem_perm.mode = 0600;
	CHECK_EQ(semctl(id, 0, IPC_SET, argument), 0);
	CHECK_EQ(semctl(id, 0, IPC_STAT, argument), 0);
	CHECK_EQ(stat.sem_perm.mode & 0777, 0600);
	CHECK(stat.sem_otime >= now);
	set_end(id);
}

/* Two processes count in shared memory, one at a time. */
TEST(a_semaphore_keeps_others_out)
{
	enum { ROUNDS = 200 };
	volatile int *count =
	        mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int id = set_new(1);

	value_set(id, 0, 1);
	pid_t pid = fork();
	for (int i = 0; i < ROUNDS; i++) {
		CHECK_EQ(change(id, 0, -1, SEM_UNDO), 0);
		int seen = *count;
		if (i % 16 == 0)
			sched_yield();
		*count = seen + 1;
		CHECK_EQ(change(id, 0, 1, SEM_UNDO), 0);
	}
	if (!pid)
		_exit(0);
	CHECK_EQ(exit_code(pid), 0);
	CHECK_EQ(*count, 2 * ROUNDS);
	set_end(id);
}

static int mixed_id;

/* Waits for the first; when it can have that, the second must not be waited for. */
static void first_waits_second_not(void)
{
	struct sembuf both[2] = { { 0, -1, 0 }, { 1, -1, IPC_NOWAIT } };

	_exit(semop(mixed_id, both, 2) == -1 && errno == EAGAIN ? 0 : 1);
}

TEST(what_must_not_wait_ends_a_call_that_waited)
{
	mixed_id = set_new(2);
	pid_t pid = fork();
	if (!pid)
		first_waits_second_not();
	until_waiting(mixed_id, 0, GETNCNT, 1);
	CHECK_EQ(change(mixed_id, 0, 1, 0), 0);
	CHECK_EQ(exit_code(pid), 0);
	CHECK_EQ(value_of(mixed_id, 0), 1);
	set_end(mixed_id);
}
