/* SPDX-License-Identifier: MIT */
/* Settings: canonical mode, echoes, VMIN and VTIME, output, flow (POSIX, chapter 11;
 * termios(3)). */
#include "pty.h"

static void change(int fd, tcflag_t input, tcflag_t output, tcflag_t local, bool on)
{
	struct termios t;

	CHECK_EQ(tcgetattr(fd, &t), 0);
	t.c_iflag = on ? t.c_iflag | input : t.c_iflag & ~input;
	t.c_oflag = on ? t.c_oflag | output : t.c_oflag & ~output;
	t.c_lflag = on ? t.c_lflag | local : t.c_lflag & ~local;
	CHECK_EQ(tcsetattr(fd, TCSANOW, &t), 0);
}

static void type(struct pair *p, const char *text)
{
	CHECK_EQ(write(p->master, text, strlen(text)), (ssize_t)strlen(text));
}

/* One read of the slave. */
static bool line_is(struct pair *p, const char *text)
{
	char buf[256];

	wait_input(p->slave);
	ssize_t count = read(p->slave, buf, sizeof(buf));
	if (count == (ssize_t)strlen(text) && !memcmp(buf, text, (size_t)count))
		return true;
	printf("# got %zd: \"%.*s\"\n", count, count > 0 ? (int)count : 0, buf);
	return false;
}

TEST(a_line_is_read_as_a_whole_and_one_at_a_time)
{
	struct pair p = pair_open();

	type(&p, "half");
	CHECK(!(ready(p.slave) & POLLIN));
	type(&p, " a line\nnext\n");
	CHECK(line_is(&p, "half a line\n"));
	CHECK(line_is(&p, "next\n"));
	CHECK(reads(p.master, "half a line\r\nnext\r\n"));
	pair_close(&p);
}

TEST(a_small_read_leaves_the_rest_of_the_line)
{
	struct pair p = pair_open();
	char buf[4];

	type(&p, "abcdef\n");
	wait_input(p.slave);
	CHECK_EQ(read(p.slave, buf, 4), 4);
	CHECK(line_is(&p, "ef\n"));
	pair_close(&p);
}

TEST(editing_characters_edit)
{
	struct pair p = pair_open();

	type(&p, "wrong\x15ok\n");
	CHECK(line_is(&p, "ok\n"));
	type(&p, "abd\x7f"
	         "c\n");
	CHECK(line_is(&p, "abc\n"));
	type(&p, "one two\x17three\n");
	CHECK(line_is(&p, "one three\n"));
	type(&p, "\x16\x15\x16\x7f\n");
	CHECK(line_is(&p, "\x15\x7f\n"));
	pair_close(&p);
}

TEST(end_of_file_ends_a_read_without_a_byte)
{
	struct pair p = pair_open();

	type(&p, "\x04");
	CHECK(line_is(&p, ""));
	type(&p, "part\x04");
	CHECK(line_is(&p, "part"));
	CHECK(!(ready(p.slave) & POLLIN));
	pair_close(&p);
}

TEST(another_end_of_line_can_be_chosen)
{
	struct pair p = pair_open();
	struct termios t;

	CHECK_EQ(tcgetattr(p.slave, &t), 0);
	t.c_cc[VEOL] = ';';
	CHECK_EQ(tcsetattr(p.slave, TCSANOW, &t), 0);
	type(&p, "one;two\n");
	CHECK(line_is(&p, "one;"));
	CHECK(line_is(&p, "two\n"));
	pair_close(&p);
}

TEST(echoes_are_for_people)
{
	struct pair p = pair_open();

	change(p.slave, 0, 0, ISIG, false);
	type(&p, "a\x03\x7f\x7f");
	CHECK(reads(p.master, "a^C\b \b\b \b\b \b"));
	type(&p, "xy\x15");
	CHECK(reads(p.master, "xy\b \b\b \b"));
	type(&p, "r\x12");
	CHECK(reads(p.master, "r^R\r\nr"));
	type(&p, "\x15");
	CHECK(reads(p.master, "\b \b"));
	change(p.slave, 0, 0, ECHO, false);
	type(&p, "hidden\n");
	CHECK(line_is(&p, "hidden\n"));
	CHECK(!(ready(p.master) & POLLIN));
	change(p.slave, 0, 0, ECHONL, true);
	type(&p, "h\n");
	CHECK(reads(p.master, "\r\n"));
	pair_close(&p);
}

TEST(input_and_output_are_mapped)
{
	struct pair p = pair_open();

	change(p.slave, 0, 0, ECHO, false);
	type(&p, "cr\r");
	CHECK(line_is(&p, "cr\n"));
	change(p.slave, ICRNL, 0, 0, false);
	change(p.slave, IGNCR, 0, 0, true);
	type(&p, "a\rb\n");
	CHECK(line_is(&p, "ab\n"));
	CHECK_EQ(write(p.slave, "x\ny\n", 4), 4);
	CHECK(reads(p.master, "x\r\ny\r\n"));
	change(p.slave, 0, OPOST, 0, false);
	CHECK_EQ(write(p.slave, "x\n", 2), 2);
	CHECK(reads(p.master, "x\n"));
	pair_close(&p);
}

TEST(vmin_and_vtime_have_four_meanings)
{
	struct pair p = pair_open();
	char buf[8];

	raw(p.slave, 3, 0);
	type(&p, "ab");
	CHECK(!(ready(p.slave) & POLLIN));
	type(&p, "c");
	CHECK_EQ(read(p.slave, buf, sizeof(buf)), 3);
	raw(p.slave, 0, 0);
	CHECK_EQ(read(p.slave, buf, sizeof(buf)), 0);
	type(&p, "d");
	wait_input(p.slave);
	CHECK_EQ(read(p.slave, buf, sizeof(buf)), 1);
	raw(p.slave, 0, 1);
	CHECK_EQ(read(p.slave, buf, sizeof(buf)), 0);
	raw(p.slave, 5, 1);
	type(&p, "ef");
	CHECK_EQ(read(p.slave, buf, sizeof(buf)), 2);
	pair_close(&p);
}

TEST(the_master_sees_and_changes_the_slave_s_settings)
{
	struct pair p = pair_open();
	struct termios t, seen;
	struct winsize size = { .ws_row = 31, .ws_col = 99 }, got = { 0 };

	CHECK_EQ(tcgetattr(p.master, &t), 0);
	CHECK(t.c_lflag & ICANON);
	t.c_lflag &= ~(tcflag_t)ICANON;
	CHECK_EQ(tcsetattr(p.master, TCSANOW, &t), 0);
	CHECK_EQ(tcgetattr(p.slave, &seen), 0);
	CHECK(!(seen.c_lflag & ICANON));
	CHECK_EQ(ioctl(p.master, TIOCSWINSZ, &size), 0);
	CHECK_EQ(ioctl(p.slave, TIOCGWINSZ, &got), 0);
	CHECK_EQ(got.ws_row, 31);
	CHECK_EQ(got.ws_col, 99);
	pair_close(&p);
}

TEST(flushing_forgets_what_waits)
{
	struct pair p = pair_open();

	change(p.slave, 0, 0, ECHO, false);
	type(&p, "gone\n");
	wait_input(p.slave);
	CHECK_EQ(tcflush(p.slave, TCIFLUSH), 0);
	CHECK(!(ready(p.slave) & POLLIN));
	type(&p, "here\n");
	wait_input(p.slave);
	CHECK_EQ(tcflush(p.slave, TCOFLUSH), 0);
	CHECK(line_is(&p, "here\n"));
	type(&p, "gone\n");
	wait_input(p.slave);
	change(p.slave, 0, 0, ISIG, false);
	struct termios t;
	CHECK_EQ(tcgetattr(p.slave, &t), 0);
	CHECK_EQ(tcsetattr(p.slave, TCSAFLUSH, &t), 0);
	CHECK(!(ready(p.slave) & POLLIN));
	CHECK_EQ(tcdrain(p.slave), 0);
	CHECK_EQ(tcsendbreak(p.slave, 0), 0);
	pair_close(&p);
}

TEST(output_stops_and_goes_on)
{
	struct pair p = pair_open();

	change(p.slave, 0, 0, ECHO, false);
	CHECK_EQ(fcntl(p.master, F_SETFL, O_NONBLOCK), 0);
	type(&p, "\x13");
	fflush(stdout);
	pid_t writer = fork();
	if (!writer)
		_exit(write(p.slave, "held", 4) == 4 ? 0 : 1);
	usleep(100000);
	CHECK(!(ready(p.master) & POLLIN));
	type(&p, "\x11");
	CHECK(reads(p.master, "held"));
	CHECK_EQ(exit_of(writer), 0);
	pair_close(&p);
}

TEST(bytes_can_be_typed_by_root)
{
	struct pair p = pair_open();

	if (geteuid() == 0 && ioctl(p.slave, TIOCSTI, "x") == 0) {
		CHECK_EQ(ioctl(p.slave, TIOCSTI, "\n"), 0);
		CHECK(line_is(&p, "x\n"));
	}
	pair_close(&p);
}

TEST(wrong_requests_are_refused)
{
	struct pair p = pair_open();
	static void *volatile wild = (void *)8;

	CHECK_ERROR(ioctl(p.slave, TCFLSH, 7), EINVAL);
	CHECK_ERROR(ioctl(p.slave, TCXONC, 7), EINVAL);
	CHECK_ERROR(ioctl(p.slave, TCGETS, wild), EFAULT);
	CHECK_ERROR(ioctl(p.slave, TIOCGWINSZ, wild), EFAULT);
	CHECK_ERROR(ioctl(p.slave, 0x54ff, 0), ENOTTY);
	CHECK_ERROR(lseek(p.slave, 0, SEEK_SET), ESPIPE);
	CHECK_ERROR(lseek(p.master, 0, SEEK_SET), ESPIPE);
	pair_close(&p);
}
