/* SPDX-License-Identifier: MIT */
/* The scalar types that kernel and user space share, and the units of memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t i32;
typedef int64_t i64;

typedef u32 cap_t;   /* index of a capability in the calling task's table; 0 is none */
typedef u32 err_t;   /* one of errors.h; 0 is success */
typedef u64 paddr_t; /* physical address */
typedef u64 vaddr_t; /* virtual address */

#define MUST_CHECK      __attribute__((warn_unused_result))
#define HOT             __attribute__((hot))
#define INLINE          inline __attribute__((always_inline))
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

enum { PAGE_SHIFT = 12, PAGE_SIZE = 1 << PAGE_SHIFT };
#define PAGE_MASK ((u64)PAGE_SIZE - 1)

/* A deadline is an absolute time of the monotonic clock in nanoseconds. */
#define DEADLINE_NOW   0ull
#define DEADLINE_NEVER UINT64_MAX

/* User space is [USER_START, USER_END). The page below USER_START is never mapped. */
#define USER_START 0x1000ull
#define USER_END   0x7ffffffff000ull

/* True if [offset, offset + size) lies in [0, limit); never wraps. */
static inline bool range_fits(u64 offset, u64 size, u64 limit)
{
	return offset <= limit && size <= limit - offset;
}

static inline u64 page_round_up(u64 size) { return (size + PAGE_MASK) & ~PAGE_MASK; }
static inline u64 page_round_down(u64 size) { return size & ~PAGE_MASK; }
