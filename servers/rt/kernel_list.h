/* SPDX-License-Identifier: MIT */
/* User space uses the kernel's list. */
#pragma once
#include "lib/list.h"
