/* SPDX-License-Identifier: MIT */
#include "../posix/posix.h"

#include <sys/epoll.h>
#include <sys/inotify.h>

/* The events that there are now, each "watch mask name"; a cookie is "new", or the "same" as the
 * last. */
static char said[8192];

static void say(const struct inotify_event *event, uint32_t *cookie)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
		{ IN_ACCESS, "access" },       { IN_MODIFY, "modify" },
		{ IN_ATTRIB, "attrib" },       { IN_CLOSE_WRITE, "closew" },
		{ IN_CLOSE_NOWRITE, "close" }, { IN_OPEN, "open" },
		{ IN_MOVED_FROM, "from" },     { IN_MOVED_TO, "to" },
		{ IN_CREATE, "create" },       { IN_DELETE, "delete" },
		{ IN_DELETE_SELF, "delself" }, { IN_MOVE_SELF, "moveself" },
		{ IN_IGNORED, "ignored" },     { IN_Q_OVERFLOW, "overflow" },
		{ IN_UNMOUNT, "unmount" },     { IN_ISDIR, "dir" },
	};
	char *at = said + strlen(said);

	at += sprintf(at, "%d", event->wd);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (event->mask & names[i].bit)
			at += sprintf(at, " %s", names[i].name);
	if (event->len)
		at += sprintf(at, " %s", event->name);
	if (event->cookie)
		at += sprintf(at, "%s", event->cookie == *cookie ? " same" : " new");
	*cookie = event->cookie;
	sprintf(at, "; ");
}

static const char *events(int fd)
{
	char buffer[4096] __attribute__((aligned(8)));
	uint32_t cookie = 0;
	ssize_t size;

	said[0] = 0;
	while ((size = read(fd, buffer, sizeof(buffer))) > 0)
		for (ssize_t at = 0; at < size;) {
			const struct inotify_event *event = (void *)(buffer + at);
			at += (ssize_t)sizeof(*event) + event->len;
			say(event, &cookie);
		}
	CHECK_EQ(errno, EAGAIN);
	return said;
}

static int begin(void)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	CHECK(fd >= 0);
	work_in_fresh_directory();
	return fd;
}

static void make(const char *name) { close(file_with(name, "text")); }

TEST(a_file_tells_of_opening_reading_writing_and_closing)
{
	int fd = begin();
	char byte;

	make("f");
	CHECK_EQ(inotify_add_watch(fd, "f", IN_ALL_EVENTS), 1);
	CHECK_STR(events(fd), "");
	int file = open("f", O_RDWR);
	CHECK_STR(events(fd), "1 open; ");
	CHECK_EQ(read(file, &byte, 1), 1);
	CHECK_EQ(write(file, "x", 1), 1);
	close(file);
	CHECK_STR(events(fd), "1 access; 1 modify; 1 closew; ");
	close(open("f", O_RDONLY));
	CHECK_STR(events(fd), "1 open; 1 close; ");
	close(fd);
}

TEST(a_directory_tells_names)
{
	int fd = begin();
	char byte;

	CHECK_EQ(inotify_add_watch(fd, ".", IN_ALL_EVENTS & ~IN_ACCESS), 1);
	int file = open("name", O_RDWR | O_CREAT, 0644);
	CHECK_STR(events(fd), "1 create name; 1 open name; ");
	CHECK_EQ(read(file, &byte, 1), 0);
	CHECK_EQ(write(file, "x", 1), 1);
	close(file);
	CHECK_STR(events(fd), "1 modify name; 1 closew name; ");
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(symlink("name", "l"), 0);
	CHECK_EQ(link("name", "h"), 0);
	CHECK_EQ(mkfifo("p", 0644), 0);
	CHECK_STR(events(fd), "1 create dir d; 1 create l; 1 create h; 1 create p; ");
	CHECK_EQ(unlink("h"), 0);
	CHECK_EQ(rmdir("d"), 0);
	CHECK_STR(events(fd), "1 delete h; 1 delete dir d; ");
	CHECK_EQ(chmod("name", 0600), 0);
	CHECK_EQ(truncate("name", 0), 0);
	CHECK_STR(events(fd), "1 attrib name; 1 modify name; ");
	close(fd);
}

TEST(a_move_is_told_in_two_parts_with_one_cookie)
{
	int fd = begin();

	CHECK_EQ(mkdir("a", 0755), 0);
	CHECK_EQ(mkdir("b", 0755), 0);
	make("a/f");
	make("b/g");
	CHECK_EQ(inotify_add_watch(fd, "a", IN_ALL_EVENTS), 1);
	CHECK_EQ(inotify_add_watch(fd, "b", IN_ALL_EVENTS), 2);
	CHECK_EQ(inotify_add_watch(fd, "a/f", IN_ALL_EVENTS), 3);
	CHECK_EQ(rename("a/f", "b/h"), 0);
	CHECK_STR(events(fd), "1 from f new; 2 to h same; 3 moveself; ");
	CHECK_EQ(rename("b/h", "b/g"), 0);
	CHECK_STR(events(fd), "2 from h new; 2 to g same; 3 moveself; ");
	close(fd);
}

TEST(the_file_that_a_move_replaces_ends)
{
	int fd = begin();

	make("f");
	make("g");
	CHECK_EQ(inotify_add_watch(fd, "g", IN_ALL_EVENTS), 1);
	CHECK_EQ(rename("f", "g"), 0);
	CHECK_STR(events(fd), "1 attrib; 1 delself; 1 ignored; ");
	CHECK_ERROR(inotify_rm_watch(fd, 1), EINVAL);
	close(fd);
}

TEST(a_name_taken_away_ends_the_watch_with_the_last_link_and_opener)
{
	int fd = begin();

	make("f");
	CHECK_EQ(link("f", "g"), 0);
	CHECK_EQ(inotify_add_watch(fd, "f", IN_ATTRIB | IN_DELETE_SELF | IN_CLOSE), 1);
	CHECK_EQ(unlink("f"), 0);
	CHECK_STR(events(fd), "1 attrib; ");
	int file = open("g", O_RDONLY);
	CHECK_EQ(unlink("g"), 0);
	CHECK_STR(events(fd), "1 attrib; ");
	close(file);
	CHECK_STR(events(fd), "1 close; 1 delself; 1 ignored; ");
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(inotify_add_watch(fd, "d", IN_DELETE_SELF), 2);
	CHECK_EQ(rmdir("d"), 0);
	CHECK_STR(events(fd), "2 delself; 2 ignored; ");
	close(fd);
}

TEST(removing_a_watch_is_told_behind_what_came_before)
{
	int fd = begin();

	make("f");
	CHECK_EQ(inotify_add_watch(fd, "f", IN_OPEN), 1);
	close(open("f", O_RDONLY));
	CHECK_EQ(inotify_rm_watch(fd, 1), 0);
	CHECK_ERROR(inotify_rm_watch(fd, 1), EINVAL);
	close(open("f", O_RDONLY));
	CHECK_STR(events(fd), "1 open; 1 ignored; ");
	CHECK_EQ(inotify_add_watch(fd, "f", IN_OPEN), 2);
	close(open("f", O_RDONLY));
	CHECK_STR(events(fd), "2 open; ");
	close(fd);
}

TEST(equal_neighbours_are_told_once)
{
	int fd = begin();
	int file = file_with("f", "x");

	CHECK_EQ(inotify_add_watch(fd, "f", IN_MODIFY | IN_ACCESS), 1);
	for (int i = 0; i < 5; i++)
		CHECK_EQ(pwrite(file, "x", 1, 0), 1);
	CHECK_STR(events(fd), "1 modify; ");
	CHECK_EQ(pwrite(file, "x", 1, 0), 1);
	CHECK_STR(events(fd), "1 modify; ");
	close(file);
	close(fd);
}

TEST(masks_are_replaced_added_to_or_refused)
{
	int fd = begin();

	make("f");
	CHECK_EQ(inotify_add_watch(fd, "f", IN_OPEN), 1);
	CHECK_EQ(inotify_add_watch(fd, "f", IN_CLOSE_NOWRITE), 1);
	close(open("f", O_RDONLY));
	CHECK_STR(events(fd), "1 close; ");
	CHECK_EQ(inotify_add_watch(fd, "f", IN_OPEN | IN_MASK_ADD), 1);
	close(open("f", O_RDONLY));
	CHECK_STR(events(fd), "1 open; 1 close; ");
	CHECK_ERROR(inotify_add_watch(fd, "f", IN_OPEN | IN_MASK_CREATE), EEXIST);
	CHECK_ERROR(inotify_add_watch(fd, "f", IN_OPEN | IN_MASK_CREATE | IN_MASK_ADD), EINVAL);
	CHECK_ERROR(inotify_add_watch(fd, "f", 0), EINVAL);
	CHECK_ERROR(inotify_add_watch(fd, "f", IN_OPEN | IN_ONLYDIR), ENOTDIR);
	CHECK_ERROR(inotify_add_watch(fd, "none", IN_OPEN), ENOENT);
	CHECK_ERROR(inotify_add_watch(fd, (const char *)8, IN_OPEN), EFAULT);
	CHECK_ERROR(inotify_add_watch(999, "f", IN_OPEN), EBADF);
	CHECK_ERROR(inotify_add_watch(0, "f", IN_OPEN), EINVAL);
	CHECK_ERROR(inotify_rm_watch(999, 1), EBADF);
	CHECK_ERROR(inotify_rm_watch(0, 1), EINVAL);
	CHECK_ERROR(inotify_rm_watch(fd, 7), EINVAL);
	CHECK_ERROR(inotify_init1(1), EINVAL);
	close(fd);
}

TEST(one_shot_tells_once)
{
	int fd = begin();

	make("f");
	CHECK_EQ(inotify_add_watch(fd, "f", IN_OPEN | IN_ONESHOT), 1);
	close(open("f", O_RDONLY));
	close(open("f", O_RDONLY));
	CHECK_STR(events(fd), "1 open; 1 ignored; ");
	close(fd);
}

TEST(links_are_followed_or_not)
{
	int fd = begin();

	make("f");
	CHECK_EQ(symlink("f", "l"), 0);
	CHECK_EQ(inotify_add_watch(fd, "l", IN_ATTRIB), 1);
	CHECK_EQ(inotify_add_watch(fd, "f", IN_ATTRIB), 1);
	CHECK_EQ(inotify_add_watch(fd, "l", IN_ATTRIB | IN_DONT_FOLLOW), 2);
	close(fd);
}

TEST(what_is_unlinked_can_be_left_out)
{
	int fd = begin(), other = inotify_init1(IN_NONBLOCK);
	int file = file_with("f", "x");

	CHECK_EQ(inotify_add_watch(fd, ".", IN_MODIFY | IN_EXCL_UNLINK), 1);
	CHECK_EQ(inotify_add_watch(other, ".", IN_MODIFY), 1);
	CHECK_EQ(unlink("f"), 0);
	CHECK_EQ(pwrite(file, "y", 1, 0), 1);
	CHECK_STR(events(fd), "");
	CHECK_STR(events(other), "1 modify f; ");
	close(file);
	close(fd);
	close(other);
}

TEST(an_open_file_is_told_by_its_new_name)
{
	int fd = begin();
	int file = file_with("f", "x");

	CHECK_EQ(inotify_add_watch(fd, ".", IN_MODIFY), 1);
	CHECK_EQ(rename("f", "g"), 0);
	CHECK_EQ(pwrite(file, "y", 1, 0), 1);
	CHECK_STR(events(fd), "1 modify g; ");
	close(file);
	close(fd);
}

TEST(reading_takes_as_many_as_fit_and_tells_how_many_bytes_there_are)
{
	int fd = begin(), bytes = -1;
	char buffer[64];

	CHECK_ERROR(read(fd, buffer, sizeof(buffer)), EAGAIN);
	CHECK_EQ(inotify_add_watch(fd, ".", IN_CREATE), 1);
	CHECK_EQ(mknod("a", S_IFREG | 0644, 0), 0);
	CHECK_EQ(mknod("0123456789abcdef", S_IFREG | 0644, 0), 0);
	CHECK_EQ(ioctl(fd, FIONREAD, &bytes), 0);
	CHECK_EQ(bytes, 32 + 48);
	CHECK_ERROR(read(fd, buffer, 31), EINVAL);
	CHECK_EQ(read(fd, buffer, sizeof(buffer)), 32);
	CHECK_EQ(read(fd, buffer, sizeof(buffer)), 48);
	CHECK_EQ(ioctl(fd, FIONREAD, &bytes), 0);
	CHECK_EQ(bytes, 0);
	CHECK_ERROR(write(fd, "x", 1), EBADF);
	CHECK_EQ(mknod("b", S_IFREG | 0644, 0), 0);
	CHECK_ERROR(read(fd, (void *)(uintptr_t)getpagesize(), 64), EFAULT);
	close(fd);
}

TEST(poll_and_epoll_tell_of_events)
{
	int fd = begin(), epoll = epoll_create1(0);
	struct pollfd list = { fd, POLLIN, 0 };
	struct epoll_event event = { .events = EPOLLIN };

	make("f");
	CHECK_EQ(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
	CHECK_EQ(inotify_add_watch(fd, "f", IN_CLOSE), 1);
	CHECK_EQ(poll(&list, 1, 0), 0);
	CHECK_EQ(epoll_wait(epoll, &event, 1, 0), 0);
	int file = open("f", O_RDONLY);
	pid_t pid = fork();
	if (!pid) {
		sleep_ms(20);
		_exit(0);
	}
	close(file); /* the child's is the last one */
	CHECK_EQ(poll(&list, 1, 10000), 1);
	CHECK_EQ(epoll_wait(epoll, &event, 1, 10000), 1);
	CHECK_STR(events(fd), "1 close; ");
	CHECK_EQ(poll(&list, 1, 0), 0);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	close(epoll);
	close(fd);
}

TEST(a_reader_waits_and_duplicates_and_children_share_the_queue)
{
	int fd = inotify_init(), copy = dup(fd);
	struct inotify_event event;

	work_in_fresh_directory();
	make("f");
	pid_t pid = fork();
	if (!pid) {
		if (inotify_add_watch(fd, "f", IN_ATTRIB) != 1)
			_exit(1);
		sleep_ms(20);
		_exit(chmod("f", 0600) != 0);
	}
	CHECK_EQ(read(copy, &event, sizeof(event)), sizeof(event));
	CHECK_EQ(event.mask, IN_ATTRIB);
	int status;
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(chmod("f", 0644), 0); /* the watch outlives who made it */
	CHECK_EQ(read(fd, &event, sizeof(event)), sizeof(event));
	CHECK_EQ(event.wd, 1);
	close(fd);
	close(copy);
}

TEST(a_queue_that_is_full_says_so_once)
{
	int fd = begin(), limit = 0, count = 0;
	char buffer[4096] __attribute__((aligned(8)));
	uint32_t last = 0;
	ssize_t size;
	FILE *file = fopen("/proc/sys/fs/inotify/max_queued_events", "r");

	CHECK(file && fscanf(file, "%d", &limit) == 1 && limit > 0);
	fclose(file);
	make("f");
	CHECK_EQ(inotify_add_watch(fd, "f", IN_ATTRIB | IN_MODIFY), 1);
	for (int i = 0; i < limit; i++) {
		CHECK_EQ(chmod("f", 0644), 0);
		CHECK_EQ(truncate("f", 0), 0);
	}
	while ((size = read(fd, buffer, sizeof(buffer))) > 0)
		for (ssize_t at = 0; at < size; count++) {
			const struct inotify_event *event = (void *)(buffer + at);
			at += (ssize_t)sizeof(*event) + event->len;
			CHECK(last != IN_Q_OVERFLOW);
			last = event->mask;
			if (last == IN_Q_OVERFLOW)
				CHECK_EQ(event->wd, -1);
		}
	CHECK_EQ(last, IN_Q_OVERFLOW);
	CHECK_EQ(count, limit + 1);
	CHECK_EQ(chmod("f", 0600), 0);
	CHECK_STR(events(fd), "1 attrib; ");
	close(fd);
}

TEST(directories_are_told_as_such)
{
	int fd = begin();

	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(inotify_add_watch(fd, ".", IN_ALL_EVENTS), 1);
	CHECK_EQ(inotify_add_watch(fd, "d", IN_ALL_EVENTS), 2);
	CHECK_EQ(chmod("d", 0700), 0);
	CHECK_STR(events(fd), "1 attrib dir d; 2 attrib dir; ");
	close(open("d", O_RDONLY | O_DIRECTORY));
	CHECK_STR(events(fd), "1 open dir d; 2 open dir; 1 close dir d; 2 close dir; ");
	CHECK_EQ(rename("d", "e"), 0);
	CHECK_STR(events(fd), "1 from dir d new; 1 to dir e same; 2 moveself; ");
	close(fd);
}
