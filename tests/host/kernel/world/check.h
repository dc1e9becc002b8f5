/* SPDX-License-Identifier: MIT */
/* The kernel's invariants, checked from outside over all of its memory. What does not hold is
 * printed, and ends the test. */
#pragma once

/* Frames: each is free or somebody's, and counted once. I:exact-count Banks: charged is what is
 * theirs, by use, and what their children weigh. Objects: references are capabilities and the
 * kernel's known uses. Capability tables, segments, page tables: counts agree with contents; no
 * page table shows what its region and segment do not. Threads, ports, replies: states agree with
 * the lists. */
void check_all(void);
