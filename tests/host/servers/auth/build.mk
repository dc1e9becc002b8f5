host_test := auth
sources := auth_test.c tests/host/servers/fake/fake.c
sources += servers/auth/serve.c servers/auth/table.c servers/auth/ticket.c servers/auth/rules.c servers/lib/identity/identity.c
sources += build/gen/proto/auth_server.c build/gen/proto/auth_client.c
