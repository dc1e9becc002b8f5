/* SPDX-License-Identifier: MIT */
/* Reading a signal descriptor; a result of read(2). */
#pragma once

#include "file/descriptor.h"

i64 signalfd_read(struct file *file, u64 buffer, u64 size);
