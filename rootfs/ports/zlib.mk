# SPDX-License-Identifier: MIT
about := the compression library of gzip's format
standard := no
configure := --prefix=/usr
files := usr/lib/libz.so* usr/include/z*.h
