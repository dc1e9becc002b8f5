/* SPDX-License-Identifier: MIT */
/* Messages: what travels between a caller and a server, and in which registers.
 *
 * A caller's message is seven words, up to four capabilities, and up to two lent buffers: `in`,
 * which the server may read, and `out`, which it may write, both until the reply. A server never
 * sees the caller's addresses; it names bytes of a lent buffer by their offset.
 *
 * register   call: in            call: out              receive: out
 * rax        number | gate<<32   error                  kind | reply<<32
 * rdi        word[0]             word[0]                word[0]
 * rsi        word[1]             word[1]                word[1]
 * rdx        word[2]             word[2]                word[2]
 * r10        word[3]             word[3]                word[3]
 * r8         word[4]             word[4]                word[4]
 * r9         word[5]             word[5]                word[5]
 * rbx        word[6]             word[6]                word[6]
 * r12        in address          -                      label
 * r13        out address         bytes put into out     bytes of `in` already copied
 * r14        in size|out size<<32  -                    in size | out size<<32
 * r15        cap[0]|cap[1]<<32   cap[0]|cap[1]<<32      cap[0]|cap[1]<<32
 * rbp        cap[2]|cap[3]<<32   cap[2]|cap[3]<<32      cap[2]|cap[3]<<32
 *
 * register   receive: in               reply, reply_receive: in
 * rax        number | port<<32         number | reply<<32
 * words,caps -                         the answer's words and capabilities
 * r12        address for in's bytes    address for in's bytes (of the next request)
 * r13        -                         address of the bytes to put at the start of the caller's
 * `out` r14        size of that buffer       size of that buffer | bytes for out<<32
 */
#pragma once

#include "abi/types.h"

enum { MSG_WORDS = 7, MSG_CAPS = 4 };

/* A capability in a message with this bit is moved, not copied: it leaves the sender's table. */
#define CAP_MOVE 0x80000000u

/* What `receive` returns in the low half of rax, when it does not fail. Errors of the call itself
 * (a bad port) are RECEIVE_ERROR with the error in word[0]. */
enum receive_kind {
	RECEIVE_ERROR,
	RECEIVE_MESSAGE,    /* a call: label, words, caps; answer it through the reply in the upper
	                       half */
	RECEIVE_EVENT,      /* label of event_bind, word[0] = the bits that were signalled */
	RECEIVE_NO_CLIENTS, /* the last copy of the gate with this label is gone */
	RECEIVE_CANCEL, /* the caller behind this reply wants to leave (word[0] = 0) or has left (1)
	                 */
	RECEIVE_PAGE_IN, /* label of segment_keeper; word[0] = offset, word[1] = access,
	                  * word[2] = token and word[3] = 1 if the page was evicted */
};

/* The numbers of the kernel calls lie in [CALL_FIRST, CALL_FIRST + CALL_COUNT): eax of `syscall`.
 * Any other number is reflected to the task's personality entry with the return address in r11 and
 * rcx destroyed. */
enum { CALL_FIRST = 0xd000, CALL_COUNT = 256 };

/* The calls that carry messages; they are written by hand (servers/rt/ipc.S), all others are made
 * from syscalls.h. */
enum {
	CALL_IPC_CALL = 240,               /* waits for the reply; a signal does not end it */
	CALL_IPC_CALL_INTERRUPTIBLE = 241, /* thread_interrupt cancels it */
	CALL_IPC_RECEIVE = 242,
	CALL_IPC_REPLY_RECEIVE = 243,
	CALL_IPC_REPLY = 244,
};
