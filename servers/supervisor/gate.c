/* SPDX-License-Identifier: MIT */
/* The gates between servers. The servers' banks pay for the gates to them; a gate is kept here as
 * long as the system runs, so that it can lead to the server's next life. */
#include "supervisor.h"

/* A server that is left down has no port: the gate is made at one that goes at once, so that calls
 * end with E_DEAD until somebody restarts the server and the gate is led to its new port. */
static err_t gate_make(struct child *child, u64 label, cap_t *cap)
{
	cap_t port = child->port;
	bool down = child->state == CHILD_FAILED;
	err_t error = down ? port_create(child->bank, &port) : OK;

	if (!error)
		error = gate_create(port, child->bank, label, cap);
	if (down && port && cap_destroy(port))
		rt_log("a port cannot be destroyed");
	return error;
}

err_t gate_find(u32 server, u64 label, cap_t *cap)
{
	server = child_acting(server);
	for (u32 i = 0; i < supervisor.gate_count; i++) {
		struct gate *gate = &supervisor.gate[i];
		if (gate->server == server && gate->label == label) {
			*cap = gate->cap;
			return OK;
		}
	}
	if (supervisor.gate_count == GATES_MAX)
		return E_LIMIT;
	err_t error = gate_make(&supervisor.child[server], label, cap);
	if (!error)
		supervisor.gate[supervisor.gate_count++] = (struct gate){ server, label, *cap };
	return error;
}

void gate_redirect(u32 server, u32 other)
{
	for (u32 i = 0; i < supervisor.gate_count; i++)
		if (supervisor.gate[i].server == server)
			supervisor.gate[i].server = other;
	gate_bind_all(other, supervisor.child[other].port);
}

void gate_bind_all(u32 server, cap_t port)
{
	for (u32 i = 0; i < supervisor.gate_count; i++) {
		struct gate *gate = &supervisor.gate[i];
		if (gate->server != server)
			continue;
		err_t error = gate_bind(gate->cap, port, gate->label);
		if (error)
			rt_log("a gate to %s is lost: %s", supervisor.manifest.server[server].name,
			       rt_error_text(error));
	}
}
