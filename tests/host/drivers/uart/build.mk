host_test := uart
sources := uart_test.c tests/host/servers/fake/fake.c drivers/tty/uart16550/uart.c drivers/tty/uart16550/line.c
sources += build/gen/proto/serial_server.c
