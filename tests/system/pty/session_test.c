/* SPDX-License-Identifier: MIT */
/* Controlling terminals: who gets one, who loses it, and the signals that come of it (POSIX, 11.1;
 * credentials(7), setsid(2), ioctl_tty(2)). */
#include "session.h"

#include <sys/sysmacros.h>

/* --- getting one --- */

static void opens_it(struct pair *p)
{
	int fd;

	NEED(open("/dev/tty", O_RDWR) < 0 && errno == ENXIO);
	fd = open(p->name, O_RDWR | O_NOCTTY);
	NEED(fd >= 0 && tcgetpgrp(fd) == -1 && errno == ENOTTY);
	NEED(open("/dev/tty", O_RDWR) < 0 && errno == ENXIO);
	fd = open(p->name, O_RDWR);
	NEED(fd >= 0);
	NEED(tcgetpgrp(fd) == getpgrp());
	NEED(tcgetsid(fd) == getsid(0));
	NEED(tcgetsid(p->master) == getsid(0));
}

TEST(a_leader_s_open_without_O_NOCTTY_takes_it)
{
	struct pair p = begin();

	CHECK_EQ(exit_of(session_start(opens_it, &p)), 0);
	end(&p);
}

static void opens_to_write(struct pair *p)
{
	int fd = open(p->name, O_WRONLY);

	NEED(fd >= 0);
	NEED(tcgetpgrp(fd) == -1 && errno == ENOTTY);
}

TEST(an_open_for_writing_alone_does_not_take_it)
{
	struct pair p = begin();

	CHECK_EQ(exit_of(session_start(opens_to_write, &p)), 0);
	end(&p);
}

static void child_opens(struct pair *p)
{
	pid_t pid = fork();

	if (!pid) {
		int fd = open(p->name, O_RDWR);
		NEED(fd >= 0);
		NEED(tcgetpgrp(fd) == -1 && errno == ENOTTY);
		NEED(ioctl(fd, TIOCSCTTY, 0) == -1 && errno == EPERM);
		_exit(0);
	}
	NEED(exit_of(pid) == 0);
}

TEST(who_leads_no_session_cannot_take_it)
{
	struct pair p = begin();

	CHECK_EQ(exit_of(session_start(child_opens, &p)), 0);
	end(&p);
}

static void takes_two(struct pair *p)
{
	struct pair other = pair_open();

	take(p);
	take(p);
	NEED(ioctl(other.slave, TIOCSCTTY, 0) == -1 && errno == EPERM);
	NEED(open(other.name, O_RDWR) >= 0);
	NEED(tcgetpgrp(other.slave) == -1 && errno == ENOTTY);
	NEED(tcgetpgrp(other.master) == 0);
	NEED(tcgetsid(other.master) == -1 && errno == ENOTTY);
	NEED(tcgetpgrp(p->slave) == getpgrp());
}

TEST(a_session_has_one_terminal)
{
	struct pair p = begin();

	CHECK_EQ(exit_of(session_start(takes_two, &p)), 0);
	end(&p);
}

static void steals(struct pair *p)
{
	NEED(ioctl(p->slave, TIOCSCTTY, 0) == -1 && errno == EPERM);
	NEED(tcgetpgrp(p->slave) == -1 && errno == ENOTTY);
	if (geteuid()) {
		NEED(ioctl(p->slave, TIOCSCTTY, 1) == -1 && errno == EPERM);
		return;
	}
	NEED(ioctl(p->slave, TIOCSCTTY, 1) == 0);
	NEED(tcgetpgrp(p->slave) == getpgrp());
}

static void is_robbed(struct pair *p)
{
	take(p);
	NEED(exit_of(session_start(steals, p)) == 0);
	if (geteuid() == 0) {
		NEED(open("/dev/tty", O_RDWR) < 0 && errno == ENXIO);
		NEED(tcgetpgrp(p->slave) == -1 && errno == ENOTTY);
	}
}

TEST(another_session_s_terminal_is_taken_by_root_alone_and_on_purpose)
{
	struct pair p = begin();

	CHECK_EQ(exit_of(session_start(is_robbed, &p)), 0);
	end(&p);
}

/* --- /dev/tty --- */

static void uses_dev_tty(struct pair *p)
{
	struct stat st;
	unsigned int number;
	char buf[16];

	take(p);
	int fd = open("/dev/tty", O_RDWR);
	NEED(fd >= 0);
	NEED(fstat(fd, &st) == 0 && st.st_rdev == makedev(5, 0));
	NEED(ioctl(fd, (int)0x80045432, &number) == 0 && major(number) == 136);
	NEED(tcgetpgrp(fd) == getpgrp());
	NEED(write(fd, "out", 3) == 3);
	NEED(read(fd, buf, sizeof(buf)) == 3 && !memcmp(buf, "in\n", 3));
	pid_t pid = fork();
	if (!pid) {
		NEED(open("/dev/tty", O_RDWR) >= 0);
		_exit(0);
	}
	NEED(exit_of(pid) == 0);
}

TEST(dev_tty_is_the_caller_s_own)
{
	struct pair p = begin();
	pid_t pid;

	CHECK_EQ(write(p.master, "in\n", 3), 3);
	pid = session_start(uses_dev_tty, &p);
	CHECK(reads(p.master, "in\r\nout"));
	CHECK_EQ(exit_of(pid), 0);
	end(&p);
}

static void reads_its_stat(struct pair *p)
{
	char text[512], *at;
	int number, group, fd = open("/proc/self/stat", O_RDONLY);
	struct stat st;

	take(p);
	NEED(fstat(p->slave, &st) == 0);
	ssize_t size = read(fd, text, sizeof(text) - 1);
	NEED(size > 0);
	text[size] = 0;
	at = strrchr(text, ')');
	NEED(at && sscanf(at + 1, " %*c %*d %*d %*d %d %d", &number, &group) == 2);
	NEED((dev_t)number == st.st_rdev);
	NEED(group == getpgrp());
}

TEST(proc_tells_a_process_s_terminal)
{
	struct pair p = begin();

	CHECK_EQ(exit_of(session_start(reads_its_stat, &p)), 0);
	end(&p);
}

/* --- giving it up --- */

static void gives_up(struct pair *p)
{
	catch_signal(SIGHUP);
	catch_signal(SIGCONT);
	take(p);
	NEED(ioctl(p->master, TIOCNOTTY) == -1 && errno == ENOTTY);
	NEED(ioctl(p->slave, TIOCNOTTY) == 0);
	NEED(comes(SIGHUP) && comes(SIGCONT));
	NEED(open("/dev/tty", O_RDWR) < 0 && errno == ENXIO);
	NEED(ioctl(p->slave, TIOCNOTTY) == -1 && errno == ENOTTY);
	take(p);
}

TEST(a_leader_that_gives_it_up_hangs_up_the_foreground)
{
	struct pair p = begin();

	CHECK_EQ(exit_of(session_start(gives_up, &p)), 0);
	end(&p);
}

static void member_gives_up(struct pair *p)
{
	take(p);
	pid_t pid = fork();
	if (!pid) {
		NEED(ioctl(p->slave, TIOCNOTTY) == 0);
		NEED(open("/dev/tty", O_RDWR) < 0 && errno == ENXIO);
		NEED(tcgetpgrp(p->slave) == -1 && errno == ENOTTY);
		_exit(0);
	}
	NEED(exit_of(pid) == 0);
	NEED(open("/dev/tty", O_RDWR) >= 0);
}

TEST(a_member_that_gives_it_up_does_so_for_itself)
{
	struct pair p = begin();

	CHECK_EQ(exit_of(session_start(member_gives_up, &p)), 0);
	end(&p);
}

/* --- the foreground --- */

static void sets_groups(struct pair *p)
{
	take(p);
	pid_t pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	NEED(setpgid(pid, pid) == 0);
	NEED(tcsetpgrp(p->slave, pid) == 0);
	NEED(tcgetpgrp(p->slave) == pid);
	NEED(tcgetpgrp(p->master) == pid);
	signal(SIGTTOU, SIG_IGN);
	NEED(tcsetpgrp(p->slave, getpgrp()) == 0);
	NEED(tcsetpgrp(p->slave, getpgid(getppid())) == -1 && errno == EPERM);
	NEED(tcsetpgrp(p->slave, 32111) == -1 && errno == ESRCH);
	NEED(tcsetpgrp(p->slave, -5) == -1 && errno == EINVAL);
	NEED(tcgetpgrp(p->slave) == getpgrp());
	kill(pid, SIGKILL);
	NEED(exit_of(pid) == 1000 + SIGKILL);
}

TEST(the_foreground_is_a_group_of_the_session)
{
	struct pair p = begin();
	pid_t group = getpgrp();

	CHECK(group > 0);
	CHECK_EQ(exit_of(session_start(sets_groups, &p)), 0);
	CHECK_ERROR(tcsetpgrp(p.slave, group), ENOTTY);
	end(&p);
}

static void gets_signals(struct pair *p)
{
	take(p);
	catch_signal(SIGINT);
	catch_signal(SIGQUIT);
	catch_signal(SIGTSTP);
	catch_signal(SIGWINCH);
	tell('r');
	NEED(comes(SIGINT));
	tell('i');
	NEED(comes(SIGQUIT));
	tell('q');
	NEED(comes(SIGTSTP));
	tell('t');
	NEED(comes(SIGWINCH));
}

TEST(the_foreground_gets_what_is_typed_and_new_sizes)
{
	struct pair p = begin();
	struct winsize size = { .ws_row = 10, .ws_col = 20 };
	pid_t pid = session_start(gets_signals, &p);

	CHECK_EQ(hear(), 'r');
	CHECK_EQ(write(p.master, "\x03", 1), 1);
	CHECK_EQ(hear(), 'i');
	CHECK_EQ(write(p.master, "\x1c", 1), 1);
	CHECK_EQ(hear(), 'q');
	CHECK_EQ(write(p.master, "\x1a", 1), 1);
	CHECK_EQ(hear(), 't');
	CHECK_EQ(ioctl(p.master, TIOCSWINSZ, &size), 0);
	CHECK_EQ(exit_of(pid), 0);
	end(&p);
}

static void gets_a_signal_from_the_master(struct pair *p)
{
	take(p);
	catch_signal(SIGQUIT);
	tell('r');
	NEED(comes(SIGQUIT));
}

TEST(the_master_can_signal_the_foreground)
{
	struct pair p = begin();
	pid_t pid = session_start(gets_a_signal_from_the_master, &p);

	CHECK_EQ(hear(), 'r');
	CHECK_EQ(ioctl(p.master, 0x40045436 /* TIOCSIG */, SIGQUIT), 0);
	CHECK_ERROR(ioctl(p.master, 0x40045436, SIGUSR1), EINVAL);
	CHECK_EQ(exit_of(pid), 0);
	end(&p);
}

/* --- the background --- */

/* Run `body` in a group of its own in the background, and tell how it ends or stops. */
static int background(struct pair *p, void (*body)(struct pair *p))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		NEED(setpgid(0, 0) == 0);
		body(p);
		_exit(0);
	}
	(void)setpgid(pid, pid);
	NEED(waitpid(pid, &status, WUNTRACED) == pid);
	if (WIFSTOPPED(status)) {
		kill(pid, SIGKILL);
		NEED(waitpid(pid, NULL, 0) == pid);
		return 2000 + WSTOPSIG(status);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void reads_it(struct pair *p)
{
	char c;

	NEED(read(p->slave, &c, 1) == -1 && errno == EIO);
}

static void ignores_and_reads(struct pair *p)
{
	signal(SIGTTIN, SIG_IGN);
	reads_it(p);
}

static void blocks_and_reads(struct pair *p)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTTIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	reads_it(p);
}

static void writes_it(struct pair *p) { NEED(write(p->slave, "w", 1) == 1); }

static void ignores_and_writes(struct pair *p)
{
	signal(SIGTTOU, SIG_IGN);
	writes_it(p);
}

static void sets_it(struct pair *p)
{
	struct termios t;

	NEED(tcgetattr(p->slave, &t) == 0);
	NEED(tcsetattr(p->slave, TCSANOW, &t) == 0);
}

static void ignores_and_sets(struct pair *p)
{
	signal(SIGTTOU, SIG_IGN);
	sets_it(p);
}

static void sets_the_group(struct pair *p) { NEED(tcsetpgrp(p->slave, getpgrp()) == 0); }
static void sets_the_size(struct pair *p)
{
	struct winsize size = { .ws_row = 5 };

	NEED(ioctl(p->slave, TIOCSWINSZ, &size) == 0);
}

static void judges_the_background(struct pair *p)
{
	struct termios t;

	take(p);
	NEED(background(p, reads_it) == 2000 + SIGTTIN);
	NEED(background(p, ignores_and_reads) == 0);
	NEED(background(p, blocks_and_reads) == 0);
	NEED(background(p, writes_it) == 0);
	NEED(background(p, sets_it) == 2000 + SIGTTOU);
	NEED(background(p, ignores_and_sets) == 0);
	NEED(background(p, sets_the_group) == 2000 + SIGTTOU);
	NEED(background(p, sets_the_size) == 0);
	NEED(tcgetattr(p->slave, &t) == 0);
	t.c_lflag |= TOSTOP;
	NEED(tcsetattr(p->slave, TCSANOW, &t) == 0);
	NEED(background(p, writes_it) == 2000 + SIGTTOU);
	NEED(background(p, ignores_and_writes) == 0);
}

TEST(the_background_is_stopped_or_refused)
{
	struct pair p = begin();

	CHECK_EQ(exit_of(session_start(judges_the_background, &p)), 0);
	end(&p);
}

static void leaves_an_orphan(struct pair *p)
{
	take(p);
	pid_t pid = fork();
	if (!pid) {
		pid_t group = getpid();
		NEED(setpgid(0, 0) == 0);
		if (fork())
			_exit(0); /* nobody in the group has a parent that watches it now */
		while (getppid() == group)
			usleep(10000);
		struct termios t;
		char c;
		NEED(read(p->slave, &c, 1) == -1 && errno == EIO);
		NEED(tcgetattr(p->slave, &t) == 0);
		NEED(tcsetattr(p->slave, TCSANOW, &t) == -1 && errno == EIO);
		tell('o');
		_exit(0);
	}
	NEED(exit_of(pid) == 0);
	char c;
	NEED(read(told[0], &c, 1) == 1 && c == 'o');
}

TEST(orphans_in_the_background_get_EIO)
{
	struct pair p = begin();

	CHECK_EQ(exit_of(session_start(leaves_an_orphan, &p)), 0);
	end(&p);
}

/* --- hang-up --- */

static void waits_for_hang_up(struct pair *p)
{
	char c;

	close(p->master);
	catch_signal(SIGHUP);
	catch_signal(SIGCONT);
	take(p);
	tell('r');
	NEED(comes(SIGHUP) && comes(SIGCONT));
	NEED(read(p->slave, &c, 1) == 0);
	NEED(write(p->slave, "x", 1) == -1 && errno == EIO);
	NEED(open("/dev/tty", O_RDWR) < 0 && errno == ENXIO);
	/* It may have another now. */
	struct pair other = pair_open();
	take(&other);
	tell('h');
}

TEST(the_master_s_close_tells_the_leader)
{
	struct pair p = begin();
	pid_t pid = session_start(waits_for_hang_up, &p);

	CHECK_EQ(hear(), 'r');
	close(p.master);
	p.master = -1;
	CHECK_EQ(hear(), 'h');
	CHECK_EQ(exit_of(pid), 0);
	end(&p);
}

/* A leader with a child in the foreground, which tells of its SIGHUP. */
static void has_a_foreground(struct pair *p)
{
	int go[2];
	char c;

	close(p->master);
	take(p);
	NEED(pipe(go) == 0);
	pid_t pid = fork();
	if (!pid) {
		setpgid(0, 0);
		catch_signal(SIGHUP);
		signal(SIGALRM, SIG_DFL);
		alarm(30);
		NEED(read(go[0], &c, 1) == 1);
		tell('f');
		NEED(comes(SIGHUP));
		tell('H');
		_exit(0);
	}
	(void)setpgid(pid, pid);
	NEED(tcsetpgrp(p->slave, pid) == 0);
	NEED(write(go[1], "g", 1) == 1);
}

static void ends(struct pair *p)
{
	has_a_foreground(p);
	char c;
	NEED(read(told[0], &c, 1) == 1 && c == 'f');
}

TEST(a_leader_s_end_hangs_up_the_foreground)
{
	struct pair p = begin();
	pid_t pid = session_start(ends, &p);

	CHECK_EQ(exit_of(pid), 0);
	CHECK_EQ(hear(), 'H');
	/* The terminal is nobody's now. */
	CHECK_EQ(tcgetpgrp(p.master), 0);
	CHECK_EQ(exit_of(session_start(opens_it, &p)), 0);
	end(&p);
}

static void dies_of_hang_up(struct pair *p)
{
	has_a_foreground(p);
	for (;;)
		pause();
}

TEST(the_foreground_hears_of_a_hang_up_when_the_leader_has_ended)
{
	struct pair p = begin();
	pid_t pid = session_start(dies_of_hang_up, &p);

	CHECK_EQ(hear(), 'f');
	close(p.master);
	p.master = -1;
	CHECK_EQ(exit_of(pid), 1000 + SIGHUP);
	CHECK_EQ(hear(), 'H');
	end(&p);
}

static void survives(struct pair *p)
{
	signal(SIGHUP, SIG_IGN);
	has_a_foreground(p);
	char c;
	while (read(p->slave, &c, 1) > 0)
		;
	usleep(200000);
	tell('l');
}

TEST(the_foreground_hears_nothing_while_the_leader_lives)
{
	struct pair p = begin();
	pid_t pid = session_start(survives, &p);

	CHECK_EQ(hear(), 'f');
	close(p.master);
	p.master = -1;
	CHECK_EQ(hear(), 'l');
	CHECK_EQ(exit_of(pid), 0);
	CHECK_EQ(hear(), 'H');
	end(&p);
}
