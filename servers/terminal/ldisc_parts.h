/* SPDX-License-Identifier: MIT */
/* What the files of the line discipline share among themselves. */
#pragma once

#include "ldisc.h"

static inline bool ldisc_local(const struct ldisc *ld, u32 flag)
{
	return ld->attributes.lflag & flag;
}
static inline bool ldisc_iflag(const struct ldisc *ld, u32 flag)
{
	return ld->attributes.iflag & flag;
}
/* Is `c` the special character `index`? 0 switches a character off. */
static inline bool ldisc_is(const struct ldisc *ld, enum tty_character index, u8 c)
{
	return c && ld->attributes.cc[index] == c;
}
static inline u8 ldisc_at(const struct ldisc *ld, u64 position)
{
	return ld->input[position % LDISC_INPUT];
}
static inline bool ldisc_control(u8 c) { return c < 0x20 || c == 0x7f; }
/* A byte inside a UTF-8 character, which takes no column of its own. */
static inline bool ldisc_continuation(const struct ldisc *ld, u8 c)
{
	return ldisc_iflag(ld, TTY_IUTF8) && (c & 0xc0) == 0x80;
}

/* ldisc_output.c: put one byte into the output as it is; dropped when there is no room. */
void ldisc_put(struct ldisc *ld, u8 c);
/* Echo a byte as output processing makes it (newline), or in the form for people (^C). */
void ldisc_echo_raw(struct ldisc *ld, u8 c);
void ldisc_echo(struct ldisc *ld, u8 c);

/* ldisc_edit.c: VERASE, VWERASE or VKILL came; VREPRINT came; end the ECHOPRT mark. */
void ldisc_erase(struct ldisc *ld, enum tty_character how);
void ldisc_reprint(struct ldisc *ld);
void ldisc_erase_end(struct ldisc *ld);
