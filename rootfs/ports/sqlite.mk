# SPDX-License-Identifier: MIT
about := the database in a file, library and shell
packages := tcl
configure := --disable-tcl --disable-readline BUILD_CC=gcc-12
files := usr/bin/sqlite3 usr/lib/libsqlite3.so*
