# SPDX-License-Identifier: MIT
about := the calculator of any precision
make := MAKEINFO=true LDFLAGS=-static
files := usr/bin/bc usr/bin/dc
