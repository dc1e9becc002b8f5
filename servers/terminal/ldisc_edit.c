/* SPDX-License-Identifier: MIT */
/* Editing the unfinished line, [canon, head) of the input, and showing it: erase, word erase, kill,
 * reprint. */
#include "ldisc_parts.h"

void ldisc_erase_end(struct ldisc *ld)
{
	if (!ld->erasing)
		return;
	ldisc_echo_raw(ld, '/');
	ld->erasing = false;
}

/* Columns that the bytes [from, to) of the line take up, if the cursor starts at `column`. */
static u32 columns_after(const struct ldisc *ld, u64 from, u64 to, u32 column)
{
	for (; from < to; from++) {
		u8 c = ldisc_at(ld, from);

		if (c == '\t')
			column = (column / 8 + 1) * 8;
		else if (ldisc_control(c))
			column += ldisc_local(ld, TTY_ECHOCTL) ? 2 : 0;
		else if (!ldisc_continuation(ld, c))
			column++;
	}
	return column;
}

static void wipe_column(struct ldisc *ld)
{
	ldisc_put(ld, '\b');
	ldisc_put(ld, ' ');
	ldisc_put(ld, '\b');
	if (ld->column)
		ld->column--;
}

static void wipe_tab(struct ldisc *ld)
{
	u32 back_to = columns_after(ld, ld->canon, ld->head, ld->line_column);

	while (ld->column > back_to) {
		ldisc_put(ld, '\b');
		ld->column--;
	}
}

/* Take the character whose first byte is `c` off the screen; `size` bytes from head on are what it
 * was. */
static void show_erased(struct ldisc *ld, enum tty_character how, u8 c, u64 size)
{
	if (!ldisc_local(ld, TTY_ECHO))
		return;
	if (ldisc_local(ld, TTY_ECHOPRT)) {
		if (!ld->erasing)
			ldisc_echo_raw(ld, '\\');
		ld->erasing = true;
		ldisc_echo(ld, c);
		for (u64 i = 1; i < size; i++)
			ldisc_echo_raw(ld, ldisc_at(ld, ld->head + i));
		return;
	}
	if (how == TTY_VERASE && !ldisc_local(ld, TTY_ECHOE)) {
		ldisc_echo(ld, ld->attributes.cc[TTY_VERASE]);
		return;
	}
	if (c == '\t') {
		wipe_tab(ld);
		return;
	}
	if (!ldisc_control(c)) {
		wipe_column(ld);
	} else if (ldisc_local(ld, TTY_ECHOCTL)) {
		wipe_column(ld);
		wipe_column(ld);
	}
}

/* Start of the character that ends at `end`; `end` itself if the line begins in the middle of
 * one. */
static u64 character_start(const struct ldisc *ld, u64 end)
{
	u64 start = end;

	while (start > ld->canon) {
		start--;
		if (!ldisc_continuation(ld, ldisc_at(ld, start)))
			return start;
	}
	return end;
}

static bool part_of_word(u8 c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_' || c >= 0x80;
}

/* Kill without wiping the screen: start a new line there, or at least show the character. */
static void kill_plainly(struct ldisc *ld)
{
	ld->head = ld->canon;
	ldisc_erase_end(ld);
	if (!ldisc_local(ld, TTY_ECHO))
		return;
	ldisc_echo(ld, ld->attributes.cc[TTY_VKILL]);
	if (ldisc_local(ld, TTY_ECHOK))
		ldisc_echo_raw(ld, '\n');
}

void ldisc_erase(struct ldisc *ld, enum tty_character how)
{
	u32 wiping = TTY_ECHO | TTY_ECHOE | TTY_ECHOK | TTY_ECHOKE;
	bool word_seen = false;

	if (ld->head == ld->canon)
		return;
	if (how == TTY_VKILL && (ld->attributes.lflag & wiping) != wiping) {
		kill_plainly(ld);
		return;
	}
	while (ld->head != ld->canon) {
		u64 start = character_start(ld, ld->head), size = ld->head - start;
		u8 c = ldisc_at(ld, start);

		if (!size)
			break;
		if (how == TTY_VWERASE && word_seen && !part_of_word(c))
			break;
		word_seen = word_seen || part_of_word(c);
		ld->head = start;
		show_erased(ld, how, c, size);
		if (how == TTY_VERASE)
			break;
	}
	if (ld->head == ld->canon && ldisc_local(ld, TTY_ECHO))
		ldisc_erase_end(ld);
}

void ldisc_reprint(struct ldisc *ld)
{
	ldisc_erase_end(ld);
	ldisc_echo(ld, ld->attributes.cc[TTY_VREPRINT]);
	ldisc_echo_raw(ld, '\n');
	ld->line_column = ld->column;
	for (u64 at = ld->canon; at < ld->head; at++)
		ldisc_echo(ld, ldisc_at(ld, at));
}
