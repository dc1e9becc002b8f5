# SPDX-License-Identifier: MIT
about := the shell of GNU
uses := ncurses
configure := --bindir=/bin --without-bash-malloc --with-curses --disable-nls bash_cv_termcap_lib=libncursesw
files := bin/bash
