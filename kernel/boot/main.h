/* SPDX-License-Identifier: MIT */
/* What start-up leaves behind. */
#pragma once

#include "abi/types.h"

extern u64 boot_kernel_pages, boot_rsdp, boot_sigma0_ns;

/* Publish a new real time in the clock page. */
void boot_set_realtime(u64 realtime_ns);
/* boot/sigma0.c: make the first task from the bundle. Panics if the bundle is no good. */
struct boot_info;
void sigma0_start(const struct boot_info *info, void *clock_page);
