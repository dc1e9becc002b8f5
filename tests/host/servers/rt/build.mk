host_test := rt
sources := fake_kernel.c request_test.c fiber_test.c ranges_test.c format_test.c
sources += servers/rt/request.c servers/rt/loop.c servers/rt/fiber.c servers/rt/fiber_switch.S
sources += servers/rt/ranges.c servers/rt/format.c
