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

/* The caller's session gets this terminal as its controlling one, if neither has another (E_PERM).
 * `group` becomes the foreground group. */
RPC(5) err_t tty_acquire(cap_t tty, u32 session, u32 group);
RPC(6) err_t tty_release(cap_t tty, u32 session);
RPC(7) err_t tty_get_foreground(cap_t tty, u32 *group, u32 *session);
RPC(8) err_t tty_set_foreground(cap_t tty, u32 session, u32 group);

/* 0 input, 1 output, 2 both (TCFLSH); action of TCXONC; wait until output is out. */
RPC(9) err_t tty_flush(cap_t tty, u32 queue);
RPC(10) err_t tty_flow(cap_t tty, u32 action);
RPC(11) err_t tty_drain(cap_t tty);
/* Bytes that can be read now (FIONREAD). */
RPC(12) err_t tty_available(cap_t tty, u64 *count);

/* Set in what dir_open tells as the mode of a terminal: the file answers this interface. */
#define TTY_MODE 0x80000000u

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
