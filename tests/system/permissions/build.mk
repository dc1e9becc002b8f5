program := permissions-test
sources := ids_test.c access_test.c change_test.c process_test.c
cflags := -Itests/system/posix
install := /usr/libexec/tests/permissions-test
