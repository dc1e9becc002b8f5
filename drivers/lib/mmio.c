/* SPDX-License-Identifier: MIT */
/* Device registers in memory. Device memory is mapped uncached, so the processor keeps the order;
 * `volatile` keeps the compiler's. */
#include "lib/mmio.h"

u8 mmio_read8(const volatile void *addr) { return *(const volatile u8 *)addr; }
u16 mmio_read16(const volatile void *addr) { return *(const volatile u16 *)addr; }
u32 mmio_read32(const volatile void *addr) { return *(const volatile u32 *)addr; }
void mmio_write8(volatile void *addr, u8 value) { *(volatile u8 *)addr = value; }
void mmio_write16(volatile void *addr, u16 value) { *(volatile u16 *)addr = value; }
void mmio_write32(volatile void *addr, u32 value) { *(volatile u32 *)addr = value; }

void mmio_write64_halves(volatile void *addr, u64 value)
{
	mmio_write32(addr, (u32)value);
	mmio_write32((volatile u8 *)addr + 4, (u32)(value >> 32));
}
