/* SPDX-License-Identifier: MIT */
/* The machine's own switches, as ACPI describes them. */
#pragma once

#include "acpi.h"
#include "proto/proto.h"

struct machine {
	cap_t ports, physical, machine; /* authority, see rootfs/boot.manifest */
	struct acpi_power power;
};

/* Read the tables; what is not found is logged, and the matching way out is not there. */
void machine_open(struct machine *machine);
/* Returns only if the machine is still on. */
MUST_CHECK err_t machine_off(struct machine *machine);
_Noreturn void machine_reboot(struct machine *machine);
