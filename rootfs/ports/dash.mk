# SPDX-License-Identifier: MIT
about := the POSIX shell of Debian, small and strict
configure := --bindir=/bin
files := bin/dash
