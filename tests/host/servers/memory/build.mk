host_test := memory
sources := memory_test.c servers/memory/serve.c servers/memory/book.c servers/memory/report.c
sources += servers/lib/text/text.c servers/lib/text/window.c build/gen/proto/memory_server.c build/gen/proto/memory_client.c
sources += build/gen/proto/dir_server.c build/gen/proto/file_server.c build/gen/proto/file_client.c build/gen/proto/dir_client.c
