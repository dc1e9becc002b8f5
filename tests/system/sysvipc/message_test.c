/* SPDX-License-Identifier: MIT */
/* msgget, msgsnd, msgrcv, msgctl. */
#include "../posix/posix.h"

#include <sys/ipc.h>
#include <sys/msg.h>

#ifndef MSG_EXCEPT
#define MSG_EXCEPT 020000
#endif
#ifndef MSG_COPY
#define MSG_COPY 040000
#endif

enum { TEXT_MAX = 8192, LIMIT = 16384 };
#define BAD_ADDRESS ((void *)8)

struct text {
	long type;
	char text[TEXT_MAX];
};

static int queue_new(void)
{
	int id = msgget(IPC_PRIVATE, 0600);

	CHECK(id >= 0);
	return id;
}

static void queue_end(int id) { CHECK_EQ(msgctl(id, IPC_RMID, NULL), 0); }

static int put(int id, long type, const char *text, int flags)
{
	static struct text message;

	message.type = type;
	strcpy(message.text, text);
	return msgsnd(id, &message, strlen(text), flags);
}

static int put_size(int id, size_t size, int flags)
{
	static struct text message = { .type = 1 };

	return msgsnd(id, &message, size, flags);
}

/* The next message that `type` chooses is this one. */
static void expect(int id, long type, int flags, long has, const char *text)
{
	struct text message;
	ssize_t size = msgrcv(id, &message, sizeof(message.text), type, flags | IPC_NOWAIT);

	CHECK_EQ(size, strlen(text));
	CHECK_EQ(message.type, has);
	CHECK(!memcmp(message.text, text, strlen(text)));
}

static struct msqid_ds stat_of(int id)
{
	struct msqid_ds stat;

	CHECK_EQ(msgctl(id, IPC_STAT, &stat), 0);
	return stat;
}

static void on_signal(int signal) { (void)signal; }

static void alarm_soon(int flags)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = flags };
	struct itimerval soon = { .it_value = { 0, 20000 }, .it_interval = { 0, 20000 } };

	CHECK_EQ(sigaction(SIGALRM, &action, NULL), 0);
	CHECK_EQ(setitimer(ITIMER_REAL, &soon, NULL), 0);
}

static void alarm_off(void)
{
	struct itimerval none = { .it_value = { 0, 0 } };

	CHECK_EQ(setitimer(ITIMER_REAL, &none, NULL), 0);
}

static int exit_code(pid_t pid)
{
	int status;

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

TEST(msgget_finds_what_a_key_names)
{
	key_t key = 0x44520000 + getpid();
	int id = msgget(key, IPC_CREAT | 0640);

	CHECK(id >= 0);
	CHECK_EQ(msgget(key, 0), id);
	CHECK_EQ(msgget(key, IPC_CREAT), id);
	CHECK_ERROR(msgget(key, IPC_CREAT | IPC_EXCL), EEXIST);
	int other = queue_new();
	CHECK(other != id);
	queue_end(other);
	CHECK_EQ(stat_of(id).msg_perm.mode & 0777, 0640);
	queue_end(id);
	CHECK_ERROR(msgget(key, 0), ENOENT);
}

TEST(a_number_that_is_gone_names_nothing)
{
	int id = queue_new();
	struct text message = { .type = 1 };

	queue_end(id);
	CHECK(msgctl(id, IPC_RMID, NULL) == -1 && (errno == EINVAL || errno == EIDRM));
	CHECK(msgsnd(id, &message, 0, 0) == -1 && (errno == EINVAL || errno == EIDRM));
	CHECK(msgrcv(id, &message, 0, 0, 0) == -1 && (errno == EINVAL || errno == EIDRM));
	int again = queue_new();
	CHECK(again != id);
	queue_end(again);
}

TEST(messages_come_in_order)
{
	int id = queue_new();

	CHECK_EQ(put(id, 3, "first", 0), 0);
	CHECK_EQ(put(id, 1, "second", 0), 0);
	CHECK_EQ(put(id, 2, "", 0), 0);
	expect(id, 0, 0, 3, "first");
	expect(id, 0, 0, 1, "second");
	expect(id, 0, 0, 2, "");
	queue_end(id);
}

TEST(a_type_chooses)
{
	int id = queue_new();

	CHECK_EQ(put(id, 5, "five", 0), 0);
	CHECK_EQ(put(id, 3, "three", 0), 0);
	CHECK_EQ(put(id, 3, "three again", 0), 0);
	CHECK_EQ(put(id, 4, "four", 0), 0);
	expect(id, 4, 0, 4, "four");
	expect(id, -4, 0, 3, "three");
	expect(id, 5, MSG_EXCEPT, 3, "three again");
	CHECK_ERROR(msgrcv(id, &(struct text){ 0 }, TEXT_MAX, -4, IPC_NOWAIT), ENOMSG);
	CHECK_ERROR(msgrcv(id, &(struct text){ 0 }, TEXT_MAX, 5, MSG_EXCEPT | IPC_NOWAIT), ENOMSG);
	expect(id, LONG_MIN, 0, 5, "five");
	CHECK_ERROR(msgrcv(id, &(struct text){ 0 }, TEXT_MAX, 0, IPC_NOWAIT), ENOMSG);
	queue_end(id);
}

TEST(a_message_that_is_too_long_stays_or_is_cut)
{
	int id = queue_new();
	struct text message;

	CHECK_EQ(put(id, 1, "too long", 0), 0);
	CHECK_ERROR(msgrcv(id, &message, 3, 0, IPC_NOWAIT), E2BIG);
	CHECK_EQ(stat_of(id).msg_qnum, 1);
	memset(&message, 'x', sizeof(message));
	CHECK_EQ(msgrcv(id, &message, 3, 0, MSG_NOERROR), 3);
	CHECK(!memcmp(message.text, "toox", 4));
	CHECK_EQ(stat_of(id).msg_qnum, 0);
	queue_end(id);
}

TEST(msg_copy_leaves_what_it_shows)
{
	int id = queue_new();
	struct text message;

	CHECK_EQ(put(id, 7, "a", 0), 0);
	CHECK_EQ(put(id, 8, "b", 0), 0);
	ssize_t size = msgrcv(id, &message, TEXT_MAX, 1, MSG_COPY | IPC_NOWAIT);
	if (size == -1 && errno == ENOSYS) {
		queue_end(id); /* a Linux without it */
		return;
	}
	CHECK_EQ(size, 1);
	CHECK_EQ(message.type, 8);
	CHECK_ERROR(msgrcv(id, &message, TEXT_MAX, 2, MSG_COPY | IPC_NOWAIT), ENOMSG);
	CHECK_ERROR(msgrcv(id, &message, TEXT_MAX, 0, MSG_COPY), EINVAL);
	CHECK_ERROR(msgrcv(id, &message, TEXT_MAX, 0, MSG_COPY | MSG_EXCEPT | IPC_NOWAIT), EINVAL);
	CHECK_EQ(stat_of(id).msg_qnum, 2);
	queue_end(id);
}

TEST(wrong_arguments_of_messages)
{
	int id = queue_new();
	struct text message = { .type = 0 };

	CHECK_ERROR(msgsnd(id, &message, 1, 0), EINVAL);
	message.type = -1;
	CHECK_ERROR(msgsnd(id, &message, 1, 0), EINVAL);
	message.type = 1;
	CHECK_ERROR(msgsnd(id, &message, TEXT_MAX + 1, 0), EINVAL);
	CHECK_ERROR(msgsnd(id, &message, (size_t)-1, 0), EINVAL);
	CHECK_ERROR(msgsnd(-1, &message, 1, 0), EINVAL);
	CHECK_ERROR(msgsnd(id, BAD_ADDRESS, 1, 0), EFAULT);
	CHECK_ERROR(msgrcv(id, &message, (size_t)-1, 0, IPC_NOWAIT), EINVAL);
	CHECK_ERROR(msgrcv(-1, &message, 1, 0, IPC_NOWAIT), EINVAL);
	CHECK_ERROR(msgctl(id, 99, NULL), EINVAL);
	CHECK_ERROR(msgctl(-1, IPC_RMID, NULL), EINVAL);
	CHECK_ERROR(msgctl(id, IPC_STAT, BAD_ADDRESS), EFAULT);
	CHECK_ERROR(msgctl(id, IPC_SET, BAD_ADDRESS), EFAULT);
	CHECK_EQ(put(id, 1, "text", 0), 0);
	CHECK_ERROR(msgrcv(id, BAD_ADDRESS, 10, 0, IPC_NOWAIT), EFAULT);
	queue_end(id);
}

TEST(a_full_queue_takes_no_more)
{
	int id = queue_new();

	CHECK_EQ(put_size(id, TEXT_MAX, IPC_NOWAIT), 0);
	CHECK_EQ(put_size(id, TEXT_MAX, IPC_NOWAIT), 0);
	CHECK_ERROR(put_size(id, 1, IPC_NOWAIT), EAGAIN);
	CHECK_EQ(stat_of(id).msg_qbytes, LIMIT);
	CHECK_EQ(put_size(id, 0, IPC_NOWAIT), 0);
	queue_end(id);
}

TEST(messages_without_text_take_room)
{
	int id = queue_new();
	struct msqid_ds stat = stat_of(id);

	stat.msg_qbytes = 2;
	CHECK_EQ(msgctl(id, IPC_SET, &stat), 0);
	CHECK_EQ(put_size(id, 0, IPC_NOWAIT), 0);
	CHECK_EQ(put_size(id, 0, IPC_NOWAIT), 0);
	CHECK_ERROR(put_size(id, 0, IPC_NOWAIT), EAGAIN);
	queue_end(id);
}

TEST(ipc_stat_tells_who_and_when)
{
	int id = queue_new();
	struct msqid_ds stat = stat_of(id);

	CHECK_EQ(stat.msg_stime, 0);
	CHECK_EQ(stat.msg_rtime, 0);
	CHECK(stat.msg_ctime != 0);
	CHECK_EQ(stat.msg_perm.uid, geteuid());
	CHECK_EQ(stat.msg_perm.cgid, getegid());
	CHECK_EQ(put(id, 1, "one", 0), 0);
	CHECK_EQ(put(id, 1, "three", 0), 0);
	expect(id, 0, 0, 1, "one");
	stat = stat_of(id);
	CHECK_EQ(stat.msg_qnum, 1);
	CHECK_EQ(stat.msg_lspid, getpid());
	CHECK_EQ(stat.msg_lrpid, getpid());
	CHECK(stat.msg_stime != 0 && stat.msg_rtime != 0);
	stat.msg_perm.mode = 0444;
	stat.msg_qbytes = 4096;
	CHECK_EQ(msgctl(id, IPC_SET, &stat), 0);
	stat = stat_of(id);
	CHECK_EQ(stat.msg_perm.mode & 0777, 0444);
	CHECK_EQ(stat.msg_qbytes, 4096);
	queue_end(id);
}

TEST(msg_info_and_msg_stat_list_queues)
{
	int id = queue_new(), found = 0;
	struct msginfo info;
	struct msqid_ds stat;

	CHECK_EQ(put(id, 1, "text", 0), 0);
	CHECK(msgctl(0, IPC_INFO, (void *)&info) >= 0);
	CHECK(info.msgmax >= TEXT_MAX && info.msgmnb >= LIMIT && info.msgmni > 0);
	int highest = msgctl(0, MSG_INFO, (void *)&info);
	CHECK(highest >= 0 && info.msgpool >= 1 && info.msgmap >= 1 && info.msgtql >= 4);
	for (int i = 0; i <= highest; i++)
		found += msgctl(i, MSG_STAT, &stat) == id;
	CHECK_EQ(found, 1);
	CHECK_ERROR(msgctl(highest + 1, MSG_STAT, &stat), EINVAL);
	queue_end(id);
}

TEST(a_receiver_waits_for_its_message)
{
	int id = queue_new();
	pid_t pid = fork();

	if (!pid) {
		struct text message;
		_exit(msgrcv(id, &message, TEXT_MAX, 2, 0) == 3 && message.type == 2 ? 0 : 1);
	}
	sleep_ms(20);
	CHECK_EQ(put(id, 1, "other", 0), 0);
	CHECK_EQ(put(id, 2, "its", 0), 0);
	CHECK_EQ(exit_code(pid), 0);
	expect(id, 0, 0, 1, "other");
	queue_end(id);
}

TEST(a_sender_waits_for_room)
{
	int id = queue_new();
	struct text message;

	CHECK_EQ(put_size(id, TEXT_MAX, 0), 0);
	CHECK_EQ(put_size(id, TEXT_MAX, 0), 0);
	pid_t pid = fork();
	if (!pid)
		_exit(put(id, 9, "late", 0) ? 1 : 0);
	sleep_ms(20);
	CHECK_EQ(msgrcv(id, &message, TEXT_MAX, 1, 0), TEXT_MAX);
	CHECK_EQ(exit_code(pid), 0);
	expect(id, 9, 0, 9, "late");
	queue_end(id);
}

TEST(a_raised_limit_lets_a_sender_in)
{
	int id = queue_new();
	struct msqid_ds stat = stat_of(id);

	stat.msg_qbytes = 2;
	CHECK_EQ(msgctl(id, IPC_SET, &stat), 0);
	pid_t pid = fork();
	if (!pid)
		_exit(put(id, 1, "three", 0) ? 1 : 0);
	sleep_ms(20);
	stat.msg_qbytes = 100;
	CHECK_EQ(msgctl(id, IPC_SET, &stat), 0);
	CHECK_EQ(exit_code(pid), 0);
	expect(id, 0, 0, 1, "three");
	queue_end(id);
}

TEST(removing_a_queue_ends_all_waiting)
{
	int id = queue_new();
	struct text message;
	pid_t pid[2];

	CHECK_EQ(put_size(id, TEXT_MAX, 0), 0);
	CHECK_EQ(put_size(id, TEXT_MAX, 0), 0);
	for (int i = 0; i < 2; i++) {
		pid[i] = fork();
		if (!pid[i]) {
			long result = i ? put_size(id, 1, 0) : msgrcv(id, &message, 1, 5, 0);
			_exit(result == -1 && errno == EIDRM ? 0 : 1);
		}
	}
	sleep_ms(50);
	queue_end(id);
	CHECK_EQ(exit_code(pid[0]), 0);
	CHECK_EQ(exit_code(pid[1]), 0);
}

TEST(a_signal_ends_waiting_even_with_sa_restart)
{
	int id = queue_new();
	struct text message;

	alarm_soon(SA_RESTART);
	CHECK_ERROR(msgrcv(id, &message, TEXT_MAX, 0, 0), EINTR);
	CHECK_EQ(put_size(id, TEXT_MAX, 0), 0);
	CHECK_EQ(put_size(id, TEXT_MAX, 0), 0);
	CHECK_ERROR(put_size(id, 1, 0), EINTR);
	alarm_off();
	queue_end(id);
}

TEST(a_killed_receiver_takes_nothing)
{
	int id = queue_new(), status;
	pid_t pid = fork();

	if (!pid) {
		struct text message;
		(void)msgrcv(id, &message, TEXT_MAX, 0, 0);
		_exit(0);
	}
	sleep_ms(20);
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(put(id, 1, "kept", 0), 0);
	expect(id, 0, 0, 1, "kept");
	queue_end(id);
}

TEST(a_queue_outlives_who_made_it)
{
	key_t key = 0x44530000 + getpid();
	pid_t pid = fork();

	if (!pid)
		_exit(put(msgget(key, IPC_CREAT | 0600), 4, "left", 0) ? 1 : 0);
	CHECK_EQ(exit_code(pid), 0);
	int id = msgget(key, 0);
	CHECK(id >= 0);
	expect(id, 0, 0, 4, "left");
	queue_end(id);
}
