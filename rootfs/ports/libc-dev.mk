# SPDX-License-Identifier: MIT
about := the headers and libraries for compilers in the guest
source := none
finish := mkdir -p $$DESTDIR/usr/lib; cp -a $$SYSROOT/usr/include $$DESTDIR/usr/; rm -r $$DESTDIR/usr/include/c++; \
	cp -a $$SYSROOT/usr/lib/*.o $$SYSROOT/usr/lib/lib[cdmprux]*.a $$DESTDIR/usr/lib/; ln -s ../../lib/libc.so $$DESTDIR/usr/lib/libc.so
files := usr/include usr/lib/*
