/* SPDX-License-Identifier: MIT */
/* The bits and characters of struct tty_attributes (proto/tty.h) that the line discipline knows:
 * Linux's values, which programs are built with. Bits that are not here are kept for the program
 * and mean nothing. */
#pragma once

/* Of iflag. */
enum tty_input_flag {
	TTY_BRKINT = 0x0002,
	TTY_PARMRK = 0x0008,
	TTY_ISTRIP = 0x0020,
	TTY_INLCR = 0x0040,
	TTY_IGNCR = 0x0080,
	TTY_ICRNL = 0x0100,
	TTY_IUCLC = 0x0200,
	TTY_IXON = 0x0400,
	TTY_IXANY = 0x0800,
	TTY_IXOFF = 0x1000,
	TTY_IMAXBEL = 0x2000,
	TTY_IUTF8 = 0x4000,
};

/* Of oflag. */
enum tty_output_flag {
	TTY_OPOST = 0x0001,
	TTY_OLCUC = 0x0002,
	TTY_ONLCR = 0x0004,
	TTY_OCRNL = 0x0008,
	TTY_ONOCR = 0x0010,
	TTY_ONLRET = 0x0020,
	TTY_XTABS = 0x1800, /* all bits of TABDLY */
};

/* Of cflag: a line without a modem, so they are only shown. */
enum tty_control_flag {
	TTY_B115200 = 0x1002,
	TTY_CS8 = 0x0030,
	TTY_CREAD = 0x0080,
	TTY_HUPCL = 0x0400,
	TTY_CLOCAL = 0x0800,
};

/* Of lflag. */
enum tty_local_flag {
	TTY_ISIG = 0x0001,
	TTY_ICANON = 0x0002,
	TTY_ECHO = 0x0008,
	TTY_ECHOE = 0x0010,
	TTY_ECHOK = 0x0020,
	TTY_ECHONL = 0x0040,
	TTY_NOFLSH = 0x0080,
	TTY_TOSTOP = 0x0100,
	TTY_ECHOCTL = 0x0200,
	TTY_ECHOPRT = 0x0400,
	TTY_ECHOKE = 0x0800,
	TTY_IEXTEN = 0x8000,
};

/* Index into cc[]; the character 0 is never recognised. */
enum tty_character {
	TTY_VINTR,
	TTY_VQUIT,
	TTY_VERASE,
	TTY_VKILL,
	TTY_VEOF,
	TTY_VTIME,
	TTY_VMIN,
	TTY_VSTART = 8,
	TTY_VSTOP,
	TTY_VSUSP,
	TTY_VEOL,
	TTY_VREPRINT,
	TTY_VWERASE = 14,
	TTY_VLNEXT,
	TTY_VEOL2,
};
