/* SPDX-License-Identifier: MIT */
/* A counter server and its clients: what its tests share. */
#pragma once

#include <fcntl.h>

#include "counter/counter.h"
#include "counter/serve.h"
#include "proto/file.h"
#include "servers/fake/fake.h"
#include "test.h"

enum { TIMER_EVENT = 20 };

void world_make(void);
/* Nothing may be left: no request, no gate, no counter, no timer. */
void world_end(void);

cap_t make_event(u64 initial, u32 flags);
cap_t make_timer(u32 clock, u32 flags);
err_t make(u32 number, u64 first, u64 second, u64 third, cap_t *gate);

struct fake_call *read_begin(cap_t gate, u64 *value);
struct fake_call *write_begin(cap_t gate, const u64 *value);
/* 0, or the error; E_HELD if it waits. */
err_t result(struct fake_call *call);
err_t do_read(cap_t gate, u64 *value);
err_t do_write(cap_t gate, u64 value);
u32 do_poll(cap_t gate, u32 mask, u64 bits, cap_t event);
/* Tell the server that the clock has been set. */
err_t do_clock_set(void);

err_t set_timer(cap_t gate, u32 flags, u64 value, u64 interval, struct counter_time *old);
/* Let time pass, and timers expire. */
void pass(u64 ns);
/* When the kernel's timer is set to; DEADLINE_NEVER. */
u64 kernel_timer(void);
