# The compilers that `make toolchain` makes; what they build runs on Linux too.
host_script := toolchain
script := toolchain_test.sh
needs := build/stamp/toolchain
