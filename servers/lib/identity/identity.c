/* SPDX-License-Identifier: MIT */
#include "lib/identity/identity.h"

#include <string.h>

err_t identity_accept(struct request *rq, cap_t ticket, struct auth_identity *identity)
{
	u64 count = 0, label;
	cap_t auth = rt_cap("auth"), target = 0;

	if (!auth)
		return E_NOSYS;
	if (!ticket)
		return E_PERM;
	memset(identity, 0, sizeof(*identity));
	err_t error = auth_redeem(auth, ticket, identity, sizeof(*identity), &count, &target);
	if (error)
		return error;
	/* A server that was given a ticket for itself, and brings it here, is found out now. */
	error = gate_identify(rq->server->port, target, &label);
	bool meant = !error && label == rq->label && identity->group_count <= AUTH_GROUPS_MAX;
	err_t closed = cap_close(target);
	(void)closed; /* it came with the answer */
	return meant ? OK : E_PERM;
}
