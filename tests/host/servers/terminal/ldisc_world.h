/* SPDX-License-Identifier: MIT */
/* One line discipline, typed at and looked at: what its tests share. */
#pragma once

#include "terminal/ldisc.h"

#include "test.h"

__attribute__((unused)) static struct ldisc ld;
__attribute__((unused)) static char shown[LDISC_OUTPUT + 1], got[LDISC_INPUT + 1];

static inline void begin(void) { ldisc_init(&ld); }

static inline void set_flags(u32 *flags, u32 off, u32 on) { *flags = (*flags & ~off) | on; }

static inline void begin_with(u32 local_off, u32 local_on)
{
	begin();
	struct tty_attributes a = ld.attributes;
	set_flags(&a.lflag, local_off, local_on);
	ldisc_set(&ld, &a);
}

static inline void change_input(u32 off, u32 on)
{
	struct tty_attributes a = ld.attributes;
	set_flags(&a.iflag, off, on);
	ldisc_set(&ld, &a);
}

static inline void change_output(u32 off, u32 on)
{
	struct tty_attributes a = ld.attributes;
	set_flags(&a.oflag, off, on);
	ldisc_set(&ld, &a);
}

static inline void change_local(u32 off, u32 on)
{
	struct tty_attributes a = ld.attributes;
	set_flags(&a.lflag, off, on);
	ldisc_set(&ld, &a);
}

static inline void change_character(enum tty_character index, u8 c)
{
	struct tty_attributes a = ld.attributes;
	a.cc[index] = c;
	ldisc_set(&ld, &a);
}

static inline size_t type(const char *text)
{
	return ldisc_input(&ld, (const u8 *)text, strlen(text));
}

static inline size_t type_many(u8 c, size_t count)
{
	size_t taken = 0;

	for (size_t i = 0; i < count; i++)
		taken += ldisc_input(&ld, &c, 1);
	return taken;
}

/* All that is on its way to the screen, as text. */
static inline const char *screen(void)
{
	const u8 *data;
	size_t n = 0, count;

	while ((count = ldisc_output(&ld, &data))) {
		memcpy(shown + n, data, count);
		n += count;
		ldisc_sent(&ld, count);
	}
	shown[n] = 0;
	return shown;
}

static inline long read_of(size_t size)
{
	size_t positions = 0, count;

	if (!ldisc_readable(&ld, 1))
		return -1;
	count = ldisc_peek(&ld, (u8 *)got, size, &positions);
	ldisc_take(&ld, positions);
	got[count] = 0;
	return (long)count;
}

/* One read: the text, or "(none)". */
static inline const char *line(void) { return read_of(LDISC_INPUT) < 0 ? "(none)" : got; }
