/* SPDX-License-Identifier: MIT */
/* The supervisor's data and the calls between its files. */
#pragma once

#include "lib/manifest/manifest.h"
#include "lib/start/start.h"
#include "lib/text/text.h"
#include "proto/supervisor.h"
#include "rt/rt.h"

/*
 *	 DOWN --start--> STARTING --supervisor_ready or time--> READY
 *	  ^                 |                                     |
 *	  |                 +---------------+---------------------+
 *	restart by hand                     | death, fault
 *	  |                                 v
 *	FAILED <--too often-- WAITING (back-off) --time--> STARTING
 *
 * What `replaces` another stays DOWN until that is FAILED.
 */
enum child_state { CHILD_DOWN, CHILD_STARTING, CHILD_READY, CHILD_WAITING, CHILD_FAILED };

struct child {
	const struct manifest_server *manifest;
	enum child_state state;
	bool late; /* STARTING, and who depends on it need not wait any longer */
	bool last; /* this life is its last: starting again would not help */
	/* From sigma0: outlives the server; pays for gates, device authority and `life`. */
	cap_t bank;
	cap_t life; /* this life's bank, which the server gets; everything goes with it */
	cap_t port; /* this life's, charged to it */
	cap_t schedule, task;
	/* STARTING: when to be late; WAITING: when to start; DEADLINE_NEVER otherwise. */
	u64 deadline;
	u64 started;            /* ns */
	u32 restarts, failures; /* failures: short lives in a row */
	void *stash;            /* up to STASH_MAX bytes for the next life */
	size_t stash_size;
	cap_t stash_cap;
};

/* A gate that we made and keep, to be led to the server's next port. */
struct gate {
	u32 server;
	u64 label;
	cap_t cap;
};

enum { GATES_MAX = 96, STASH_MAX = 4096 };

struct supervisor {
	struct manifest manifest;
	struct bundle bundle;
	struct child child[MANIFEST_SERVERS_MAX];
	cap_t authority[MANIFEST_GRANTS_MAX]; /* what a grant stands for, made once */
	struct gate gate[GATES_MAX];
	u32 gate_count;
	u32 log, memory, proc; /* indices; server_count: there is none */
	bool named;            /* the memory manager knows the banks' names */
	cap_t deaths;          /* event: bit 2i child i has died, bit 2i+1 it stopped at a fault */
	cap_t timer;           /* event */
	struct server server;
};
extern struct supervisor supervisor;

/* --- child.c: one server's lives --- */

/* Bank and port for the first life, so that gates to it can be made before it runs. */
MUST_CHECK err_t child_prepare(u32 index);
void child_start(u32 index);
void child_ready(u32 index);
/* Its task has ended or stopped at a fault: clean up, plan the next life. */
void child_died(u32 index);
/* End its life from outside; it is started again. */
MUST_CHECK err_t child_restart(u32 index);
/* It says itself that it cannot work. */
void child_failed(u32 index);
/* It is of no use as it is: what replaces it takes its place, if there is such. */
void child_retire(u32 index);
/* Who answers in its place: itself, or, when it is left down, what replaces it. */
u32 child_acting(u32 index);
/* Deadlines that have passed. */
void child_tick(u32 index, u64 now);
/* Nobody needs to wait for it (any longer). */
bool child_settled(u32 index);

/* --- gate.c --- */

/* The gate to `server` with `label`: made once, kept for re-binding. */
MUST_CHECK err_t gate_find(u32 server, u64 label, cap_t *cap);
/* Lead all gates to `server` to `port`. */
void gate_bind_all(u32 server, cap_t port);
/* Gates to `server` are gates to `other` from now on. */
void gate_redirect(u32 server, u32 other);

/* --- authority.c --- */

/* The capability that grant `index` of the manifest stands for. `server` is whose grant it is. */
MUST_CHECK err_t authority_find(u32 server, u32 index, cap_t *cap);

/* Destroy the banks granted to `server`: its next life gets fresh ones. */
void authority_renew_banks(u32 server);

/* --- boot.c: the manifest's steps --- */

/* Do what can be done now. */
void boot_progress(void);
/* A server has come back: what was attached to it is attached again. */
void boot_attach_again(void);
/* Print what is attached, for supervisor_mounts. */
void boot_mounts(struct text_window *window);
/* The process server has ended: the first process is to be started again. */
void boot_start_again(void);
/* The first process cannot be started from this root file system, or does not live. */
void boot_replace_root(void);

/* --- service.c: what servers ask --- */

void service_dispatch(struct server *server, struct request *rq);
void service_no_clients(struct server *server, u64 label);
/* A gate to the file that lists the servers. */
MUST_CHECK err_t service_gate(cap_t *gate);
