# SPDX-License-Identifier: MIT
about := the language Lua, interpreter and compiler
make := PLAT=linux CC=$$CC MYCFLAGS=-g
install := install INSTALL_TOP=$$DESTDIR/usr
files := usr/bin/lua usr/bin/luac
