#!/bin/bash
# SPDX-License-Identifier: MIT
# What is taken out of the tree leaves the image: mk/targets.mk lists what goes into it, and makes it anew when the list changes.
. tests/system/tap.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r Makefile mk kernel servers drivers libc-port rootfs image tests "$work"
cd "$work" || exit 1
list=build/contents

listed() { make -s $list > /dev/null && grep -q "$1" $list; }
# Whether the list is as old as it was after something else has been done.
kept() { touch -d @1 $list && "$@" && make -s $list && [ "$(stat -c %Y $list)" = 1 ]; }

ok files_are_listed listed '^rootfs/etc/motd$'
ok programs_are_listed_with_their_places listed '^build/programs/pty-test:/usr/libexec/tests/pty-test$'
ok servers_are_listed listed '^pipe$'
ok nothing_changed_changes_nothing kept true
ok what_is_in_a_file_does_not_change_the_list kept touch rootfs/etc/motd
rm rootfs/etc/motd
ok a_file_that_is_gone_changes_it eval '! kept true && ! listed ^rootfs/etc/motd$'
sed -i '/^install/d' tests/system/pty/build.mk
ok a_program_elsewhere_changes_it eval '! kept true && listed ^build/programs/pty-test:/bin/pty-test$'
rm servers/pipe/build.mk
ok a_server_that_is_gone_changes_it eval '! kept true && ! listed ^pipe$'

# needs TARGET: it is made anew when the list changes.
needs() { make -pn "$1" 2> /dev/null | grep -q "^$1:.* $list "; }
ok the_root_file_system_depends_on_it needs build/root.stamp
ok the_boot_bundle_depends_on_it needs build/bundle.img
plan
