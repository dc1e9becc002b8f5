/* SPDX-License-Identifier: MIT */
/* The line discipline: what POSIX calls the general terminal interface, between the bytes of a
 * line and those that programs read and write. It is a plain object: no messages, no time, no
 * allocation. Its owner feeds it what came from the line (ldisc_input), what programs write
 * (ldisc_write), takes what is to be sent (ldisc_output) and what programs may read (ldisc_peek,
 * ldisc_take), and acts on `signals`. Serial lines and pseudo-terminals use it alike.
 *
 *	line --ldisc_input--> edit, echo --> input[] --ldisc_peek--> read
 *	line <--ldisc_output-- output[] <-- OPOST, echo <--ldisc_write-- write
 * / */
#pragma once

#include "attributes.h"
#include "proto/tty.h"

enum {
	LDISC_INPUT = 4096,  /* bytes of input kept; the last place is for the end of a line */
	LDISC_OUTPUT = 4096, /* bytes of output kept */
	LDISC_ECHO_RESERVE =
	        512,         /* of these, for echoes alone: writers do not get the last bytes */
	LDISC_EXPANSION = 8, /* most bytes that one written byte becomes (a tab) */
};

/* What the user asked to be sent to the foreground group; bits of ldisc.signals. */
enum ldisc_signal { LDISC_INTR = 1, LDISC_QUIT = 2, LDISC_SUSP = 4 };

struct ldisc {
	struct tty_attributes attributes;
	/* Positions in the stream of input; the byte at p lies at input[p % LDISC_INPUT]. tail <=
	 * canon <= head. */
	u64 tail;  /* next to be read */
	u64 canon; /* end of the last complete line (canonical mode only) */
	u64 head;  /* next to be filled */
	u8 input[LDISC_INPUT];
	u8 line_end[LDISC_INPUT / 8]; /* bit: the byte ends a line */
	u8 file_end[LDISC_INPUT / 8]; /* bit: it does so as VEOF, and is not given to the reader */
	bool literal_next;            /* VLNEXT came: the next byte has no special meaning */
	bool erasing;                 /* ECHOPRT: between \ and / */
	bool dropped;                 /* the last byte of input was dropped: the queue is full */

	u64 output_tail, output_head; /* positions as above */
	u8 output[LDISC_OUTPUT];
	u32 column;         /* where the cursor is */
	u32 line_column;    /* where it was when the line being edited began */
	bool stopped;       /* by VSTOP or tty_flow: nothing is sent */
	bool input_stopped; /* IXOFF: we have told the other side to stop */
	u8 urgent; /* a flow-control character to be sent before everything else; 0 if none */

	u32 signals; /* bits of enum ldisc_signal; the owner clears what it has passed on */
	u32 events;  /* bits of enum tty_event: what has happened since the owner looked */
};

/* Sane settings: canonical, echo, signals, 115200 8N1, UTF-8. */
void ldisc_init(struct ldisc *ld);

/* Bytes came from the line. Returns how many were taken: fewer than `size` when input is full, and
 * then the rest is to be offered again after a read. In canonical mode without a complete line
 * everything is taken (and dropped when the line is too long), so that a full queue can always be
 * read, erased or ended. */
size_t ldisc_input(struct ldisc *ld, const u8 *data, size_t size);

/* Act on signal characters among bytes that ldisc_input would not take, so that ^C works although
 * nobody reads. Returns how many bytes are done with: up to the last signal character, 0 if there
 * is none. */
size_t ldisc_input_urgent(struct ldisc *ld, const u8 *data, size_t size);

/* The other side sent a break. */
void ldisc_break(struct ldisc *ld);

/* May a read of any size be answered now, when it wants `minimum` bytes (raw mode; canonical mode:
 * a line or an end of file)? */
bool ldisc_readable(const struct ldisc *ld, size_t minimum);
/* Bytes that can be read now (FIONREAD). */
size_t ldisc_available(const struct ldisc *ld);
/* Copy what a read of `size` bytes gets (at most one line in canonical mode) to `buf`, without
 * taking it; `*positions` is what ldisc_take is to be given then (it may be more than the bytes
 * copied: an end of file has none). */
size_t ldisc_peek(const struct ldisc *ld, u8 *buf, size_t size, size_t *positions);
void ldisc_take(struct ldisc *ld, size_t positions);

/* A program writes. Returns how many of its bytes were taken: fewer when output is full. */
size_t ldisc_write(struct ldisc *ld, const u8 *data, size_t size);
/* Could ldisc_write take anything? */
bool ldisc_writable(const struct ldisc *ld);
/* Bytes not yet sent. */
size_t ldisc_pending(const struct ldisc *ld);
/* What is to be sent now, contiguous; 0 if nothing is or output is stopped. Sent bytes are taken
 * out with ldisc_sent. */
size_t ldisc_output(const struct ldisc *ld, const u8 **data);
void ldisc_sent(struct ldisc *ld, size_t size);

/* Change the settings. Turning canonical mode off makes the unfinished line readable; turning it on
 * makes what there is a line. */
void ldisc_set(struct ldisc *ld, const struct tty_attributes *attributes);
void ldisc_flush_input(struct ldisc *ld);
void ldisc_flush_output(struct ldisc *ld);
/* TCOOFF and TCOON: stop or go on sending. */
void ldisc_stop(struct ldisc *ld);
void ldisc_go_on(struct ldisc *ld);
/* TCIOFF and TCION: send the stop or start character to the other side. */
void ldisc_send_stop(struct ldisc *ld);
void ldisc_send_start(struct ldisc *ld);
