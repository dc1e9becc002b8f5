# SPDX-License-Identifier: MIT
about := a small SSH server and client
uses := zlib
configure := --enable-bundled-libtom --disable-lastlog --disable-utmp --disable-utmpx --disable-wtmp --disable-wtmpx
make := PROGRAMS="dropbear dbclient dropbearkey scp"
files := usr/sbin/dropbear usr/bin/dbclient usr/bin/dropbearkey usr/bin/scp
