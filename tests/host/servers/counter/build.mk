host_test := counter
sources := counter_test.c timer_test.c sweep_test.c counter_world.c no_notify.c tests/host/servers/fake/fake.c
sources += $(addprefix servers/counter/, serve.c counter.c timer.c)
sources += servers/lib/poll/poll.c servers/lib/anonymous/anonymous.c build/gen/proto/counter_server.c build/gen/proto/file_server.c build/gen/proto/notify_server.c
