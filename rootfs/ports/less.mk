# SPDX-License-Identifier: MIT
about := the pager
uses := ncurses
files := usr/bin/less usr/bin/lessecho usr/bin/lesskey
