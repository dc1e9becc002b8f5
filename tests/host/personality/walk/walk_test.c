/* SPDX-License-Identifier: MIT */
/* The path walker against three small servers: a root, one attached at /tmp, one attached at
 * /tmp/a/mnt. They answer with the name that was reached, or say where the path goes on. */
#include "core/lock.h"
#include "core/text.h"
#include "core/user.h"
#include "file/walk.h"
#include "process/process.h"

#include <asm/prctl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "test.h"

/* The server at /tmp knows identities: paths in it go through our handle. MNT knows none. */
enum { ROOT = PROCESS_ROOT, TMP = 100, MNT = 101, TMP_HANDLE = 102, TICKET = 200 };

struct thread main_thread;
char process_path[512];
static cap_t last_gate, last_second;
static char last_path[2 * PATH_MAX];
static size_t last_size;
static int given, closed, calls, shown;
static cap_t ticket_target;

/* --- what the walker needs --- */

err_t cap_close(cap_t cap)
{
	CHECK(cap == TMP || cap == MNT || cap == TMP_HANDLE || cap == TICKET);
	closed++;
	return OK;
}
err_t cap_same(cap_t a, cap_t b) { return a == b ? OK : E_NOENT; }
/* A weaker copy of the handle: the same number will do, given once more. */
err_t cap_copy(cap_t task, cap_t cap, u32 rights, u32 slot, cap_t *copy)
{
	CHECK(!task && !slot && cap == TMP_HANDLE);
	CHECK(!(rights & RIGHT_CONTROL));
	given++;
	*copy = cap;
	return OK;
}
err_t auth_ticket(cap_t identity, cap_t target, cap_t *ticket)
{
	CHECK_EQ(identity, PROCESS_IDENTITY);
	*ticket = TICKET;
	ticket_target = target;
	given++;
	return OK;
}
err_t dir_authenticate(cap_t dir, cap_t ticket, cap_t *handle)
{
	CHECK_EQ(ticket, TICKET);
	CHECK_EQ(dir, ticket_target);
	shown++;
	if (dir != TMP)
		return E_NOSYS;
	*handle = TMP_HANDLE;
	given++;
	return OK;
}
bool signal_interrupts(void) { return false; }
struct lock process_lock;
void lock_wait(struct lock *lock) { (void)lock; }
void lock_wake(struct lock *lock) { (void)lock; }
void file_get(struct file *file) { file->refs++; }
void file_put(struct file *file) { file->refs--; }
struct file *descriptor_get(u32 fd) { return (void)fd, NULL; }
i64 user_string(char *to, u64 from, u64 size) { return (void)to, (void)from, (void)size, -EFAULT; }
i64 error_number(err_t error) { return error; }
err_t file_stat(cap_t file, void *st, size_t size)
{
	return (void)file, (void)st, (void)size, E_CAP;
}
err_t file_path(cap_t file, void *path, size_t size, u64 *length)
{
	CHECK_EQ(file, MNT);
	CHECK(size > 4);
	memcpy(path, "/sub", 4);
	*length = 4;
	return OK;
}

/* --- the servers --- */

static err_t cross(struct msg *m, u64 kind, u64 which, cap_t gate, u64 used, const char *prefix,
                   const char *rest)
{
	char text[2 * PATH_MAX];

	snprintf(text, sizeof(text), "%s%s", prefix, rest);
	memcpy(m->out, text, strlen(text));
	m->word[0] = E_CROSS;
	m->word[1] = kind;
	m->word[2] = which;
	m->word[3] = strlen(text);
	m->word[4] = used;
	m->cap[0] = gate;
	given += gate != 0;
	return E_CROSS;
}

/* The component at `at`, and where the next one begins. */
static bool name_is(const char **at, const char *name)
{
	size_t size = strlen(name);

	if (strncmp(*at, name, size) || ((*at)[size] && (*at)[size] != '/'))
		return false;
	*at += size;
	while (**at == '/')
		++*at;
	return true;
}

static err_t server_walk(cap_t gate, struct msg *m, u64 which, const char *path)
{
	cap_t server = gate == TMP_HANDLE ? TMP : gate;
	const char *at = path;

	while (*at) {
		const char *name = at;
		u64 used;
		if (name_is(&at, "..")) {
			if (name == path && server != ROOT)
				return cross(m, CROSS_UP, which, 0, 2, "", at);
			continue;
		}
		if (server == ROOT && name_is(&at, "tmp")) {
			used = (u64)(name - path) + 3;
			return cross(m, CROSS_DOWN, which, TMP, used, "", at);
		}
		if (server == TMP && name_is(&at, "mnt")) {
			used = (u64)(name - path) + 3;
			return cross(m, CROSS_DOWN, which, MNT, used, "", at);
		}
		if (name_is(&at, "abs"))
			return cross(m, CROSS_ROOT, which, 0, 3, "/tmp/x/", at);
		if (name_is(&at, "loop"))
			return cross(m, CROSS_ROOT, which, 0, 4, "tmp/loop/", at);
		if (name_is(&at, "exe"))
			return cross(m, CROSS_ROOT, which, 0, 3, "proc/self/exe", "");
		while (*at && *at != '/')
			at++;
		while (*at == '/')
			at++;
	}
	return OK;
}

err_t rt_call(cap_t gate, struct msg *m)
{
	calls++;
	CHECK(m->out_size >= DIR_PATH_MAX);
	memcpy(last_path, m->in, m->in_size);
	last_path[m->in_size] = 0;
	last_size = m->in_size;
	last_gate = gate;
	last_second = m->cap[0];
	size_t first = strlen(last_path);
	err_t error = server_walk(gate, m, 0, last_path);
	if (!error && first < last_size && m->word[0] != CALL(2, 5))
		error = server_walk(last_second ? last_second : gate, m, 1, last_path + first + 1);
	if (!error) {
		memset(m->word, 0, sizeof(m->word));
		memset(m->cap, 0, sizeof(m->cap));
	}
	return error;
}

/* The page that the process server shares, where the personality has it. */
static void process_page_make(void)
{
	enum { READ_WRITE = 3, PRIVATE_ANONYMOUS_FIXED_NOREPLACE = 0x100022 };
	static bool made;

	if (!made)
		CHECK_EQ(syscall(SYS_mmap, PERSONALITY_AT(AT_PAGE), 4096, READ_WRITE,
		                 PRIVATE_ANONYMOUS_FIXED_NOREPLACE, -1, 0),
		         (long)PERSONALITY_AT(AT_PAGE));
	made = true;
}

static void world_make(void)
{
	process_page_make();
	syscall(SYS_arch_prctl, ARCH_SET_GS, &main_thread);
	main_thread.self = &main_thread;
	walk_start();
	cwd.file = NULL;
	handles_drop();
	given = closed = calls = shown = 0;
}

/* What is neither closed nor kept for the next time has leaked. */
static void check_given(void)
{
	int kept = 0;

	for (u32 i = 0; i < MOUNT_MAX; i++)
		kept += (mount_handles[i].attached != 0) + (mount_handles[i].handle != 0);
	CHECK_EQ(given, closed + kept);
}

static err_t walk_from(const struct place *place, const char *path)
{
	char buffer[PATH_MAX];
	struct walk walk = { .m.word[0] = CALL(2, 2) };

	snprintf(buffer, sizeof(buffer), "%s", path);
	err_t error = walk_path(&walk, place, buffer);
	check_given();
	return error;
}

static const struct place root = { .dir = ROOT };

TEST(a_path_that_stays_takes_one_message)
{
	world_make();
	CHECK_EQ(walk_from(&root, "/usr/bin/ls"), OK);
	CHECK_EQ(calls, 1);
	CHECK_EQ(last_gate, ROOT);
	CHECK_STR(last_path, "usr/bin/ls");
}

TEST(a_path_crosses_down_twice)
{
	world_make();
	CHECK_EQ(walk_from(&root, "/tmp/a/mnt/b/c"), OK);
	CHECK_EQ(calls, 3);
	CHECK_EQ(last_gate, MNT);
	CHECK_STR(last_path, "b/c");
	CHECK_EQ(mount_count, 3);
	CHECK_STR(mounts[1], "/tmp");
	CHECK_STR(mounts[2], "/tmp/a/mnt");
}

TEST(dot_dot_leaves_an_attached_server_where_it_is_attached)
{
	world_make();
	CHECK_EQ(walk_from(&root, "/tmp/a/mnt/../z"), OK);
	CHECK_EQ(last_gate, TMP_HANDLE);
	CHECK_STR(last_path, "a/z");
	CHECK_EQ(walk_from(&root, "/tmp/../etc/passwd"), OK);
	CHECK_EQ(last_gate, ROOT);
	CHECK_STR(last_path, "etc/passwd");
	CHECK_EQ(walk_from(&root, "/tmp/.."), OK);
	CHECK_EQ(last_gate, ROOT);
	CHECK_STR(last_path, "");
}

TEST(an_absolute_link_starts_again_at_the_root)
{
	world_make();
	CHECK_EQ(walk_from(&root, "/abs/y"), OK);
	CHECK_EQ(last_gate, TMP_HANDLE);
	CHECK_STR(last_path, "x/y");
	CHECK_EQ(walk_from(&root, "/tmp/abs"), OK);
	CHECK_STR(last_path, "x/");
}

TEST(links_without_end_are_a_loop)
{
	world_make();
	CHECK_EQ(walk_from(&root, "/loop"), E_LOOP);
}

TEST(a_directory_of_an_attached_server_knows_its_way_up)
{
	world_make();
	CHECK_EQ(walk_from(&root, "/tmp/a/mnt/sub"), OK);
	struct file directory = { .cap = MNT, .refs = 1, .mount = 2 };
	struct place place = { .dir = MNT, .mount = 2, .file = &directory };
	char path[PATH_MAX];

	CHECK_EQ(place_absolute(&place, "x", path), strlen("/tmp/a/mnt/sub/x"));
	CHECK_STR(path, "/tmp/a/mnt/sub/x");
	/* MNT's "..": above its root, since this server sees every directory as its root. */
	CHECK_EQ(walk_from(&place, "../q"), OK);
	CHECK_EQ(last_gate, TMP_HANDLE);
	CHECK_STR(last_path, "a/q");
}

TEST(two_paths_each_go_their_way)
{
	char first[PATH_MAX] = "/tmp/one", second[PATH_MAX] = "/tmp/two";
	struct walk walk = { .m.word[0] = CALL(2, 8) };

	world_make();
	CHECK_EQ(walk_two(&walk, &root, first, &root, second), OK);
	check_given();
	CHECK_EQ(last_gate, TMP_HANDLE);
	CHECK_EQ(last_second, TMP_HANDLE);
	CHECK_STR(last_path, "one");
	CHECK_STR(last_path + 4, "two");
	CHECK_EQ(last_size, 7);
}

TEST(a_server_is_told_who_we_are_once)
{
	world_make();
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(walk_from(&root, "/tmp/a/mnt/b"), OK);
		CHECK_EQ(shown, 2);
	}
	handles_drop();
	CHECK_EQ(walk_from(&root, "/tmp/x"), OK);
	CHECK_EQ(shown, 3);
	CHECK_EQ(last_gate, TMP_HANDLE);
}

TEST(a_symbolic_links_text_is_not_followed)
{
	char path[PATH_MAX] = "/tmp/new";
	struct walk walk = { .m.word[0] = CALL(2, 5), .prefix = "text" };

	world_make();
	CHECK_EQ(walk_path(&walk, &root, path), OK);
	CHECK_STR(last_path, "text");
}

TEST(what_proc_self_says_is_answered_here)
{
	world_make();
	snprintf(process_path, sizeof(process_path), "/bin/busybox");
	CHECK_EQ(walk_from(&root, "/exe"), OK);
	CHECK_EQ(last_gate, ROOT);
	CHECK_STR(last_path, "bin/busybox");
}
