# SPDX-License-Identifier: MIT
# It compiles a part of its library with itself, and so runs while it is built: static programs of ours run on Linux. For `tcc -run`, the program has
# a libc of its own beside tcc's, and threads do not work (nor do they on Linux).
about := a small, fast C compiler with assembler and linker
uses := libc-dev
standard := no
configure := --prefix=/usr --cpu=x86_64 --cc=$$CC --ar=ar --extra-cflags="$$CFLAGS" --extra-ldflags=-static --config-musl --config-ldl=no \
	--config-backtrace=no --config-bcheck=no --sysincludepaths={B}/include:/usr/include --libpaths=/usr/lib --crtprefix=/usr/lib \
	--elfinterp=/lib/ld-musl-x86_64.so.1
make := CPATH=$$work/used/usr/include
files := usr/bin/tcc usr/lib/tcc usr/include/libtcc.h usr/lib/libtcc.a
