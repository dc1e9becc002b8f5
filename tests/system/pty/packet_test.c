/* SPDX-License-Identifier: MIT */
/* Packet mode: the master hears of what happens at the slave (ioctl_tty(2)). */
#include "pty.h"

static struct pair packet_open(void)
{
	struct pair p = pair_open();
	int on = 1, now = 0;

	CHECK_EQ(ioctl(p.master, TIOCPKT, &on), 0);
	CHECK_EQ(ioctl(p.master, (int)0x80045438 /* TIOCGPKT */, &now), 0);
	CHECK_EQ(now, 1);
	return p;
}

/* The next packet is one byte of control information. */
static int control(int master)
{
	char buf[8] = { 0 };

	wait_input(master);
	CHECK(ready(master) & POLLPRI);
	CHECK_EQ(read(master, buf, sizeof(buf)), 1);
	return buf[0];
}

TEST(data_comes_behind_a_zero)
{
	struct pair p = packet_open();
	char buf[8];

	CHECK_EQ(write(p.slave, "abc", 3), 3);
	wait_input(p.master);
	CHECK_EQ(read(p.master, buf, sizeof(buf)), 4);
	CHECK(!memcmp(buf, "\0abc", 4));
	pair_close(&p);
}

TEST(flushes_are_told)
{
	struct pair p = packet_open();

	CHECK_EQ(tcflush(p.slave, TCIFLUSH), 0);
	CHECK_EQ(control(p.master), TIOCPKT_FLUSHREAD);
	CHECK_EQ(tcflush(p.slave, TCOFLUSH), 0);
	CHECK_EQ(control(p.master), TIOCPKT_FLUSHWRITE);
	CHECK_EQ(tcflush(p.slave, TCIOFLUSH), 0);
	CHECK_EQ(control(p.master), TIOCPKT_FLUSHREAD | TIOCPKT_FLUSHWRITE);
	CHECK(!(ready(p.master) & POLLPRI));
	pair_close(&p);
}

TEST(stopping_and_starting_is_told)
{
	struct pair p = packet_open();

	CHECK_EQ(tcflow(p.slave, TCOOFF), 0);
	CHECK_EQ(control(p.master), TIOCPKT_STOP);
	CHECK_EQ(tcflow(p.slave, TCOON), 0);
	CHECK_EQ(control(p.master), TIOCPKT_START);
	CHECK_EQ(write(p.master, "\x13", 1), 1);
	CHECK_EQ(control(p.master), TIOCPKT_STOP);
	CHECK_EQ(write(p.master, "\x11", 1), 1);
	CHECK_EQ(control(p.master), TIOCPKT_START);
	pair_close(&p);
}

TEST(the_loss_of_usual_flow_control_is_told)
{
	struct pair p = packet_open();
	struct termios t;

	CHECK_EQ(tcgetattr(p.slave, &t), 0);
	t.c_iflag &= ~(tcflag_t)IXON;
	CHECK_EQ(tcsetattr(p.slave, TCSANOW, &t), 0);
	CHECK_EQ(control(p.master), TIOCPKT_NOSTOP);
	t.c_iflag |= IXON;
	CHECK_EQ(tcsetattr(p.slave, TCSANOW, &t), 0);
	CHECK_EQ(control(p.master), TIOCPKT_DOSTOP);
	pair_close(&p);
}

TEST(what_happened_before_packet_mode_is_not_told)
{
	struct pair p = pair_open();
	int on = 1;
	char buf[8];

	CHECK_EQ(tcflush(p.slave, TCIOFLUSH), 0);
	CHECK_EQ(ioctl(p.master, TIOCPKT, &on), 0);
	CHECK_EQ(write(p.slave, "x", 1), 1);
	wait_input(p.master);
	CHECK_EQ(read(p.master, buf, sizeof(buf)), 2);
	on = 0;
	CHECK_EQ(ioctl(p.master, TIOCPKT, &on), 0);
	CHECK_EQ(write(p.slave, "y", 1), 1);
	CHECK(reads(p.master, "y"));
	CHECK_ERROR(ioctl(p.slave, TIOCPKT, &on), ENOTTY);
	pair_close(&p);
}
