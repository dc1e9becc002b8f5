# SPDX-License-Identifier: MIT
# Debian has taken the documentation out of the tarball, but not out of all that names it.
about := make of GNU
packages := autoconf automake autopoint gettext
prepare := sed -i 's,in Makefile .$$,in \\,' configure.ac; sed -i /^man_MANS/d Makefile.am; autoreconf -fi
configure := --disable-nls --without-guile
files := usr/bin/make
