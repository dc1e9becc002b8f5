/* SPDX-License-Identifier: MIT */
/* A serial line's driver: bytes in and out, never waiting for the hardware. */
#pragma once

#include "proto/proto.h"

INTERFACE(serial, 8)

/* Signal `input_bits` of `event` when bytes have come, `output_bits` when there is room again after
 * a short write. One client. The other calls answer E_DEAD before: who was attached to a driver's
 * earlier life learns so that it has to attach again. */
RPC(1) err_t serial_attach(cap_t serial, u64 input_bits, u64 output_bits, cap_t event);
RPC(2) err_t serial_read(cap_t serial, void *buf, size_t size, u64 *count);
RPC(3) err_t serial_write(cap_t serial, const void *buf, size_t size, u64 *count);
/* Bytes not yet sent. */
RPC(4) err_t serial_pending(cap_t serial, u64 *count);
