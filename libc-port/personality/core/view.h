/* SPDX-License-Identifier: MIT */
/* What the process shows of itself to who may look (proto/view.h). */
#pragma once

#include "proto/exec.h"

/* Say where the program's strings lie. */
void view_start(const struct personality_start *start);
