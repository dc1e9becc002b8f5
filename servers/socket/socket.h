/* SPDX-License-Identifier: MIT */
/* Sockets of the UNIX family: the objects and who owns what.
 *
 * A socket lives while a client has a gate to it (`gates`), while a listener keeps it in its
 * backlog, or while it is on its way in a message that somebody can still receive (`refs`; see
 * socket_collect). What is sent lies in the receiver's queue. */
#pragma once

#include "lib/poll/poll.h"
#include "proto/socket.h"
#include "rt/rt.h"

enum {
	SOCKETS_MAX = 2048,
	SOCKET_REQUESTS = 256,      /* calls we can keep waiting */
	SOCKET_REQUESTS_SPARE = 16, /* of them, never held: for the calls that end the waiting */
	SOCKET_IN_SIZE = 4096,
	BUFFER_DEFAULT = 212992, /* SO_SNDBUF, SO_RCVBUF */
	BUFFER_MIN = 4608,
	BUFFER_MAX = 2 * BUFFER_DEFAULT,
	BACKLOG_MAX = 4096,
	PACKET_OVERHEAD = 64, /* counted for each message in a queue, beside its bytes */
	RIGHTS_IN_FLIGHT_MAX = 2048,
};

/* What a gate's label points to; beside them labels 0 (programs) and LABEL_NODES (file systems). */
enum label_kind { LABEL_SOCKET, LABEL_NODE, LABEL_NAME, LABEL_PARCEL };
enum { LABEL_NODES = 1 };
struct labelled {
	enum label_kind kind;
};

enum socket_type { TYPE_STREAM = 1, TYPE_DATAGRAM = 2, TYPE_SEQPACKET = 5 };
enum shut { SHUT_READING = 1, SHUT_WRITING = 2 };
enum state { STATE_OPEN, STATE_LISTENING, STATE_CONNECTED };

struct credentials {
	u32 pid, uid, gid;
};

/* A sockaddr, shared by the socket that is bound to it and by what it has sent. */
struct name {
	struct labelled labelled;
	u32 refs, size;
	u8 bytes[];
};

/* Where a name leads: of a path (dev, ino) or abstract. */
struct node {
	struct labelled labelled;
	struct list link;
	u64 dev, ino;
	struct name *abstract; /* NULL: of a path */
	struct socket *socket; /* who is bound to it, or NULL */
	u32 gates;
};

/* A capability on its way: a socket of ours, or somebody else's gate. */
struct sent {
	struct socket *socket;
	cap_t cap;
};
struct rights {
	struct labelled labelled; /* a parcel's */
	struct list link;         /* in parcels, while a client has it */
	u32 count, taken, room;
	struct sent *right;
};

struct packet {
	struct list link;
	u32 size, offset, room; /* bytes in it, of them consumed, that fit */
	struct credentials who;
	struct name *from;     /* NULL: the sender has no name */
	struct rights *rights; /* or NULL */
	const u8 *data;
};

struct socket {
	struct labelled labelled;
	struct list link;   /* all sockets */
	struct list doomed; /* in sockets_doomed: nobody can reach it any more */
	u32 gates, refs;
	bool marked; /* socket_collect: can be reached */
	u32 type;    /* enum socket_type */
	u32 flags;   /* O_NONBLOCK */
	enum state state;
	u32 shut; /* SHUT_* */
	err_t error;
	u64 ino;
	struct credentials own, other; /* of whoever made or connected it; of the peer */

	struct socket *peer;               /* where it sends to */
	struct list peers, peer_link;      /* those that have this one as peer */
	struct list backlog, backlog_link; /* a listener's; in a listener's */
	struct socket *listener;           /* in whose backlog it lies */
	u32 backlog_count, backlog_max;
	struct name *name, *peer_name;
	struct node *node; /* that leads here */

	struct list queue; /* packets that have arrived */
	u64 queued;        /* their bytes, and PACKET_OVERHEAD for each */
	u64 readable;      /* bytes in them */
	/* struct wait by `link`: readers; those who send to this socket; who accepts; who connects
	 * to it. */
	struct list readers, senders, acceptors, connectors;
	struct list waits; /* those whose calls came through this socket, by `own` */

	u32 send_size, receive_size, low_water;
	u64 send_timeout, receive_timeout; /* ns; 0: none */
	bool pass_credentials;
	u32 switches; /* bit SO_*: options that are kept and change nothing */
	u32 priority, linger[2];
	struct poll_list poll;
};

/* A call that waits. */
struct wait {
	struct list link; /* in the list of what it waits for */
	struct list own;  /* in socket->waits */
	struct list timed;
	struct request *rq;
	struct socket *socket, *target; /* whose call; to whom it sends or connects */
	u64 deadline;                   /* DEADLINE_NEVER */
	u64 done;
	u32 flags;
	bool plain; /* file_read, file_write */
	struct credentials who;
	struct rights *rights;
	void (*answer)(struct wait *wait, err_t error);
};

/* --- socket.c --- */

struct socket *socket_make(u32 type);
/* One gate less, one place less that keeps it. */
void socket_drop_gate(struct socket *socket);
void socket_unref(struct socket *socket);
/* End what nobody can reach: after each message. */
void sockets_settle(void);
u32 sockets_count(void);
/* POLL_* that hold now. */
u32 socket_ready(const struct socket *socket);
/* `news` (POLL_*) of the socket may hold now. */
void socket_wake(struct socket *socket, u32 news);
void socket_set_peer(struct socket *socket, struct socket *peer);
static inline bool socket_connects(const struct socket *socket)
{
	return socket->type != TYPE_DATAGRAM;
}

/* --- transfer.c --- */

struct transfer {
	struct request *rq;
	u32 flags;
	bool plain;
};
struct received {
	u64 count;
	u32 got;
	struct socket_address from;
	cap_t name, right[SOCKET_RIGHTS];
};
err_t socket_transmit(struct socket *socket, const struct transfer *transfer,
                      const struct credentials *who, struct node *node, struct rights *rights,
                      u64 *count);
err_t socket_take(struct socket *socket, const struct transfer *transfer,
                  struct received *received);
/* Give waiting readers what is there, and waiting senders the room there is; news: POLL_READ if
 * something has come into the queue, POLL_WRITE if something has left it. */
void socket_settle(struct socket *socket, u32 news);
void queue_clear(struct socket *socket);

/* --- connect.c --- */

err_t socket_connect_to(struct socket *socket, struct request *rq, struct socket *target,
                        const struct credentials *who);
err_t socket_accept_next(struct socket *socket, struct request *rq, u32 flags, cap_t *gate);
err_t socket_listen_with(struct socket *socket, u32 backlog, const struct credentials *who);
err_t socket_shut(struct socket *socket, u32 how);
/* Waiting acceptors get connections, waiting connectors places. */
void listener_settle(struct socket *listener);

/* --- wait.c --- */

/* Hold rq: E_HELD, or E_BUSY or E_FUNDS. timeout_ns 0: for ever. *wait is to be filled in and put
 * into a list. */
err_t wait_begin(struct wait **wait, struct socket *socket, struct request *rq, u64 timeout_ns,
                 void (*answer)(struct wait *wait, err_t error));
/* It is over: gone from all lists; the request is the caller's to answer. */
void wait_end(struct wait *wait);
/* Answer all of a list. */
void waits_answer(struct list *waits, err_t error);
void waits_start(struct server *server);

/* --- rights.c --- */

struct rights *rights_make(void);
/* Take over one capability. E_TOOMANYREFS, E_CAP: not a gate. */
err_t rights_add(struct rights *rights, struct server *server, cap_t cap);
void rights_free(struct rights *rights);
/* A capability for the answer to rq (to be put into it), which keeps the right if `keep`; 0: the
 * caller cannot pay. */
cap_t right_give(struct sent *right, struct request *rq, bool keep);
/* A gate for rq's caller to what is left. */
err_t rights_gate(struct rights *rights, struct request *rq, cap_t *gate);
void rights_drop_gate(struct rights *rights);
/* Parcels that clients have: roots of socket_collect. */
struct list *parcels(void);
struct labelled *gate_object(struct server *server, cap_t gate);

/* --- node.c --- */

struct name *name_make(const void *bytes, u32 size);
struct name *name_get(struct name *name);
void name_put(struct name *name);
err_t node_find_file(u64 dev, u64 ino, struct node **node);
struct node *node_find_abstract(const void *bytes, u32 size);
void node_settle(struct node *node);
err_t socket_bind_to(struct socket *socket, struct node *node, const u8 *bytes, u32 size);
void socket_unbind(struct socket *socket);
err_t socket_bind_any(struct socket *socket);

/* --- option.c --- */

err_t option_get(struct socket *socket, struct request *rq, u32 level, u32 option, u64 *length);
err_t option_set(struct socket *socket, struct request *rq, u32 level, u32 option);
