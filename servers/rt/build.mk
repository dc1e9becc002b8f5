library := rt
sources := entry.S start.c gate_entry.S ipc.S call.c gate.c log.c format.c memory.c ranges.c time.c thread.c
sources += request.c loop.c fiber.c fiber_switch.S
