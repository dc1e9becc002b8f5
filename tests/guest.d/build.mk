# tests/guest's own tests: a fake QEMU, which is a console without a machine behind it.
host_script := tests_guest
script := guest_test.sh
