/* SPDX-License-Identifier: MIT */
/* What an epoll descriptor watches: the tables (epoll_watch.c), used by epoll.c. All with
 * process_lock held.
 *
 * Each watch has one of 63 bits of its epoll's event, and is asked about (a message to the file's
 * server) only if there is reason to: it is new or changed, was ready the last time, or its bit has
 * come. Asking leaves the bit and the event with the server, so that an idle descriptor costs
 * nothing. */
#pragma once

#include "file/poll.h"
#include "rt/kernel_list.h"

enum { EPOLL_BITS = 63, EPOLL_WATCHES = 16384, EPOLLS_MAX = 256 };
#define EPOLL_LOOK (1ull << EPOLL_BITS) /* other threads: there is something to be asked about */

struct epoll {
	struct file *file; /* whose it is, and with which serial number: others are no more */
	u64 file_serial;
	u32 pid; /* whose event and registrations these are: a child makes its own */
	cap_t event;
	u32 waiting; /* threads */
	u32 next_bit;
	struct list watches[EPOLL_BITS]; /* by bit */
	struct list ask;                 /* to be asked about, first come first */
	struct list local;               /* signal descriptors: asked about each time */
};

struct watch {
	struct list link; /* in watches[bit] or `local` of its epoll */
	struct list ask;  /* in `ask` of its epoll */
	struct epoll *epoll;
	struct watch *of_file; /* the next one of the same file */
	struct file *file;
	u64 file_serial;
	u64 serial; /* changes with every change; 0: free */
	u64 data;
	u32 fd, events, bit;
	bool disabled; /* EPOLLONESHOT has been told */
};

/* The epoll of a descriptor, ready for use in this process. NULL: no memory. */
struct epoll *epoll_of(struct file *file);

/* The watch on this descriptor, or NULL. */
struct watch *watch_find(const struct epoll *epoll, const struct file *file, u32 fd);
/* NULL: there are too many. */
struct watch *watch_add(struct epoll *epoll, struct file *file, u32 fd);
void watch_remove(struct watch *watch);
/* It has changed, or may be ready: ask about it the next time. */
void watch_queue(struct watch *watch);
/* A new serial number: what is being asked about it does not count any more. */
void watch_changed(struct watch *watch);
/* One more user of the watched file; false: it has been closed, and the watch is gone. */
bool watch_hold(struct watch *watch);

/* Watching `inner` with `outer` would make a circle, or a chain of more than five. */
bool epoll_too_deep(struct epoll *outer, struct epoll *inner);
