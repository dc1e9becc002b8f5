/* SPDX-License-Identifier: MIT */
/* Device registers in memory: one access of exactly this width each, in program order. Functions,
 * not macros, so that a host test can put a simulated device behind them. */
#pragma once

#include "abi/types.h"

u8 mmio_read8(const volatile void *addr);
u16 mmio_read16(const volatile void *addr);
u32 mmio_read32(const volatile void *addr);
void mmio_write8(volatile void *addr, u8 value);
void mmio_write16(volatile void *addr, u16 value);
void mmio_write32(volatile void *addr, u32 value);
/* As two accesses, the low half first: devices need not know wider ones (virtio 1.2, 4.1.3.1). */
void mmio_write64_halves(volatile void *addr, u64 value);
