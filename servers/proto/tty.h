/* SPDX-License-Identifier: MIT */
/* What a terminal's open file answers besides file.h. Structures have Linux's layout. */
#pragma once

#include "proto/proto.h"

INTERFACE(tty, 7)

struct tty_attributes { /* Linux's struct termios as TCGETS gives it */
	u32 iflag, oflag, cflag, lflag;
	u8 line, cc[19];
};
_Static_assert(sizeof(struct tty_attributes) == 36, "tty_attributes");
struct tty_size {
	u16 rows, columns, x_pixels, y_pixels;
};

RPC(1) err_t tty_get(cap_t tty, struct tty_attributes *attributes);
enum tty_when { TTY_NOW, TTY_DRAIN, TTY_FLUSH };
RPC(2) err_t tty_set(cap_t tty, u32 when, const struct tty_attributes *attributes);
RPC(3) err_t tty_get_size(cap_t tty, struct tty_size *size);
/* Sends SIGWINCH to the foreground group if it differs. */
RPC(4) err_t tty_set_size(cap_t tty, const struct tty_size *size);

/* The caller's session gets this terminal as its controlling one, if neither has another (E_PERM);
 * with `steal`, the terminal's other session loses it. `group` becomes the foreground group. */
RPC(5) err_t tty_acquire(cap_t tty, u32 session, u32 group, bool steal);
RPC(6) err_t tty_release(cap_t tty, u32 session);
RPC(7) err_t tty_get_foreground(cap_t tty, u32 *group, u32 *session);
RPC(8) err_t tty_set_foreground(cap_t tty, u32 session, u32 group);

/* 0 input, 1 output, 2 both (TCFLSH); action of TCXONC; wait until output is out. */
RPC(9) err_t tty_flush(cap_t tty, u32 queue);
RPC(10) err_t tty_flow(cap_t tty, u32 action);
RPC(11) err_t tty_drain(cap_t tty);
/* Bytes that can be read now (FIONREAD). */
RPC(12) err_t tty_available(cap_t tty, u64 *count);

/* Set in what dir_open tells as the mode of a terminal: the file answers this interface. Besides:
 * it is the master of a pseudo-terminal; it stands for the caller's own terminal (/dev/tty), once
 * tty_own has said whose that is. */
#define TTY_MODE   0x80000000u
#define TTY_MASTER 0x40000000u
#define TTY_OWN    0x20000000u

/* file_read and file_write at the position for a process of `session` and `group`. E_ACCESS: the
 * terminal controls that session and another group is in the foreground (the process gets SIGTTIN;
 * writing: only with TOSTOP, SIGTTOU); a held read ends so, too, when the foreground changes. */
RPC(13)
err_t tty_read(cap_t tty, u32 flags, u32 session, u32 group, void *buf, size_t size, u64 *count);
RPC(14)
err_t tty_write(cap_t tty, u32 flags, u32 session, u32 group, const void *buf, size_t size,
                u64 *count);
/* May such a process change the terminal? E_ACCESS (SIGTTOU). */
RPC(15) err_t tty_check(cap_t tty, u32 session, u32 group);

/* Of an open /dev/tty: it is the terminal that controls `session` from now on. E_NXIO: none
 * does. */
RPC(16) err_t tty_own(cap_t tty, u32 session);

/* A byte as if it had been typed. */
RPC(17) err_t tty_type(cap_t tty, u32 byte);
/* Bytes written and not yet sent. */
RPC(18) err_t tty_pending(cap_t tty, u64 *count);
/* The terminal's device number, whatever it was opened as. */
RPC(19) err_t tty_device(cap_t tty, u32 *number);

/* What is on or off. LOCKED (the slave cannot be opened; it begins so) and PACKET (see
 * tty_packet) are the master's alone: E_NOTTY. EXCLUSIVE is kept and shown. */
enum tty_option { TTY_LOCKED, TTY_PACKET, TTY_EXCLUSIVE, TTY_OPTIONS };
enum { TTY_OFF, TTY_ON, TTY_ASK };
RPC(20) err_t tty_option(cap_t tty, u32 option, u32 value, u32 *now);

/* --- of the master of a pseudo-terminal, else E_NOTTY --- */

/* The number N of /dev/pts/N. */
RPC(21) err_t tty_number(cap_t tty, u32 *number);
/* Open the slave with O_* flags; `mode` as dir_open's. E_IO: it is locked, or this is one. */
RPC(22) err_t tty_peer(cap_t tty, u32 flags, cap_t *file, u32 *mode);
/* SIGINT, SIGQUIT or SIGTSTP to the foreground group. */
RPC(23) err_t tty_signal(cap_t tty, u32 signal);

/* In packet mode the master's reads begin with a byte: 0 before data, else what has happened, as
 * bits. */
enum tty_event {
	TTY_FLUSH_READ = 1,
	TTY_FLUSH_WRITE = 2,
	TTY_STOPPED = 4,
	TTY_STARTED = 8,
	TTY_FLOW_OFF = 16, /* IXON with ^S and ^Q no longer holds */
	TTY_FLOW_ON = 32,
};
