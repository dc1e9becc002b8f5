/* SPDX-License-Identifier: MIT */
/* Sockets of every family: what a server of sockets and the gate to a socket answer. An open
 * socket answers file.h too (read and write are receive and send without flags; poll, stat, flags,
 * FIONREAD as file_control). Options, flags and types have Linux's values.
 *
 * The UNIX family's addresses are nodes: gates that stand for a name. A file system gives one for a
 * path (dir_open with DIR_OPEN_SOCKET), socket_find for an abstract name; so who may reach a socket
 * is decided where its name lies. Other families' addresses travel in struct socket_address. */
#pragma once

#include "proto/proto.h"

INTERFACE(socket, 21)

/* The other side. AF_UNIX: word[0..2] are the sender's pid, uid and gid. AF_INET, AF_INET6: word[0]
 * is the port, word[1] the flow, word[2] the scope, word[3..6] the address as it is on the wire. */
struct socket_address {
	u32 family;
	u32 word[7];
};
_Static_assert(sizeof(struct socket_address) == 32, "socket_address");

enum { SOCKET_NAME_MAX = 128 }; /* of a sockaddr */

/* In the flags of send and receive, above Linux's MSG_*. */
enum socket_flag {
	SOCKET_PARCEL = 1 << 24, /* send: the first right is a parcel; receive: so is the answer */
	SOCKET_CREDENTIALS =
	        1 << 25,            /* receive: SO_PASSCRED is set; send: the process names them */
	SOCKET_WANT_NAME = 1 << 26, /* receive: `name` is wanted */
	SOCKET_WANT_RIGHTS = 1 << 27, /* receive: so are capabilities; without it they are lost */
};
enum { SOCKET_RIGHTS = 3, SOCKET_RIGHTS_MAX = 253 }; /* a message; beyond 3 in a parcel */

enum socket_side { SOCKET_OWN, SOCKET_PEER };

/* --- the server's own gate --- */

/* type: SOCK_*, or'ed with SOCK_NONBLOCK. The gate is charged to the caller. */
RPC(1) err_t socket_create(cap_t sockets, u32 family, u32 type, u32 protocol, cap_t *socket);

/* Two that are connected to each other. who: the caller (SO_PEERCRED). */
RPC(2)
err_t socket_pair(cap_t sockets, u32 type, const struct socket_address *who, cap_t *first,
                  cap_t *second);

/* For file systems (a gate with label 1): the node for a socket in the file system. */
RPC(3) err_t socket_node(cap_t sockets, u64 dev, u64 ino, cap_t *node);

/* The node of an abstract name (without the first zero). E_CONNREFUSED: nobody has it. */
RPC(4) err_t socket_find(cap_t sockets, const void *name, size_t size, cap_t *node);

/* An empty parcel: a box for capabilities that go with one message. */
RPC(5) err_t socket_parcel(cap_t sockets, cap_t *parcel);

/* --- a parcel's --- */

/* 0: none. E_TOOMANYREFS. */
RPC(6) err_t socket_parcel_put(cap_t parcel, cap_t a, cap_t b, cap_t c, cap_t d);
/* The next four; 0: no more. */
RPC(7) err_t socket_parcel_take(cap_t parcel, cap_t *a, cap_t *b, cap_t *c, cap_t *d);

/* --- a socket's --- */

/* `name` is the sockaddr. AF_UNIX: `node` is the path's, or 0 for an abstract name; with nothing
 * but the family the server chooses one. E_ADDRINUSE, E_INVAL: it has a name. */
RPC(8) err_t socket_bind(cap_t socket, cap_t node, const void *name, size_t size);

RPC(9) err_t socket_listen(cap_t socket, u32 backlog, const struct socket_address *who);

/* AF_UNIX: to `node`; `to` says who asks. AF_UNSPEC dissolves a datagram socket's connection. Held
 * while the backlog is full; E_AGAIN if it must not wait. */
RPC(10)
err_t socket_connect(cap_t socket, cap_t node, const struct socket_address *to);

/* Held until somebody connects. flags: SOCK_NONBLOCK of the new one. */
RPC(11) err_t socket_accept(cap_t socket, u32 flags, cap_t *accepted);

/* Send with MSG_* and SOCKET_* flags; `node` 0, family AF_UNSPEC: to the peer. Capabilities go with
 * the first byte. Held while there is no room (unless MSG_DONTWAIT or O_NONBLOCK: E_AGAIN), for at
 * most SO_SNDTIMEO. */
RPC(12)
err_t socket_send(cap_t socket, u32 flags, const struct socket_address *to, cap_t node, cap_t right,
                  cap_t right2, cap_t right3, const void *data, size_t size, u64 *count);

/* `got` has MSG_TRUNC, MSG_CTRUNC and SOCKET_* flags; `name`, if it was wanted and the sender has
 * one, is a gate that answers socket_name. */
RPC(13)
err_t socket_receive(cap_t socket, u32 flags, void *data, size_t size, u64 *count, u32 *got,
                     struct socket_address *from, cap_t *name, cap_t *right, cap_t *right2,
                     cap_t *right3);

RPC(14) err_t socket_shutdown(cap_t socket, u32 how);

/* The sockaddr of a side into `name`: its length (0: unnamed). */
RPC(15) err_t socket_name(cap_t socket, u32 side, void *name, size_t size, u64 *length);

RPC(16)
err_t socket_option_get(cap_t socket, u32 level, u32 option, void *value, size_t size, u64 *length);
RPC(17)
err_t socket_option_set(cap_t socket, u32 level, u32 option, const void *value, size_t size);
