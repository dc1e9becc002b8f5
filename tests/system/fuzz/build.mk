program := fuzz
sources := fuzz.c kernel_calls.c linux_calls.c random.c
install := /usr/libexec/tests/fuzz
