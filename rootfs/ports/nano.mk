# SPDX-License-Identifier: MIT
about := a small editor
uses := ncurses
configure := --disable-nls --disable-libmagic NCURSESW_CFLAGS=-I. NCURSESW_LIBS=-lncursesw
files := usr/bin/nano usr/bin/rnano usr/share/nano
