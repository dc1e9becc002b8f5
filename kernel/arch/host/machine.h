/* SPDX-License-Identifier: MIT */
/* What the files of the simulated machine share with each other only. */
#pragma once

#include "host.h"

bool host_translate(struct arch_cpu *cpu, struct arch_space *space, vaddr_t addr, u32 access,
                    paddr_t *page);
struct boot_info;
/* Boot on CPU 0, then start the others. */
void host_start(const struct boot_info *info, u32 count);
