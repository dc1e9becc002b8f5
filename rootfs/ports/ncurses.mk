# SPDX-License-Identifier: MIT
about := the library for the screen of a terminal, and the descriptions of usual terminals
packages := ncurses-bin
configure := --with-shared --without-normal --without-debug --without-ada --without-manpages --without-tests --without-cxx-binding --enable-widec \
	--enable-overwrite --disable-stripping --with-build-cc=gcc-12 --enable-pc-files --with-pkg-config-libdir=/usr/lib/pkgconfig \
	--with-default-terminfo-dir=/usr/share/terminfo --with-termlib=no
install := install.libs install.includes install.data install.progs
finish := ln -s libncursesw.so $$DESTDIR/usr/lib/libncurses.so
files := usr/lib/lib*w.so.* usr/bin/tput usr/bin/clear usr/bin/infocmp usr/bin/tset $(addprefix usr/share/terminfo/, d/dumb l/linux s/screen \
	s/screen-256color t/tmux t/tmux-256color v/vt100 v/vt102 v/vt220 x/xterm x/xterm-256color)
