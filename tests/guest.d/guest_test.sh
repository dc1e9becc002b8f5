#!/bin/sh
# SPDX-License-Identifier: MIT
# What tests/guest answers to systems that work, that break, and that lie.
work=$(mktemp -d)
export MTOOLS_SKIP_CHECK=1
trap 'rm -rf "$work"' EXIT
PATH=$PWD/tests/guest.d:/sbin:/usr/sbin:$PATH
number=0

# A disk with nothing but a root file system where the image has it.
mkdir "$work/root"
echo from the image > "$work/root/file"
truncate -s 25M "$work/disk"
mformat -i "$work/disk@@1M" -T 4096 -h 4 -s 32 -v EFI :: && mmd -i "$work/disk@@1M" ::boot
mke2fs -q -t ext4 -b 4096 -O '^has_journal' -E offset=17825792 -d "$work/root" "$work/disk" 2048 2> "$work/mke2fs" || cat "$work/mke2fs"

# guest FAKE ARGUMENT...: run it; output, errors and status are in $work.
guest() {
	FAKE=$1
	export FAKE
	shift
	tests/guest --image "$work/disk" "$@" > "$work/out" 2> "$work/err"
	status=$?
}

# check SENTENCE CONDITION...
check() {
	number=$((number + 1))
	sentence=$1
	shift
	if "$@"; then
		echo "ok $number - $sentence"
	else
		echo "not ok $number - $sentence"
		sed 's/^/# status '$status': /' "$work/out" "$work/err"
	fi
}
answered() { [ "$status" = "$1" ] && [ "$(cat "$work/out")" = "$2" ]; }
complained() { [ "$status" = "$1" ] && grep -q -- "$2" "$work/err"; }

guest "" -- 'echo one; echo two; exit 3'
check a_command_gives_output_and_status answered 3 "one
two"
guest echo -- 'echo one'
check the_echo_of_what_is_typed_is_not_output answered 0 one
guest "slow echo" -- 'echo "#12345678 end 9"; printf "no newline"'
check output_that_looks_like_a_mark_is_output answered 0 '#12345678 end 9
no newline'
guest "" -- printf '%s.' 'a b' '$HOME' "it's"
check words_arrive_as_they_are answered 0 "a b.\$HOME.it's."
guest "" -- 'if (; true'
check a_syntax_error_is_the_commands_failure [ "$status" = 2 ]
guest "" -- 'cat'
check a_command_has_no_input answered 0 ""
guest "" -- 'i=0; while [ $i -lt 3000 ]; do echo "line $i of a long output"; i=$((i + 1)); done'
check long_output_is_complete [ "$(md5sum < "$work/out")" = "$(for i in $(seq 0 2999); do echo "line $i of a long output"; done | md5sum)" ]
guest "echo" --entry rescue -- 'echo one
echo two'
check the_rescue_shell_runs_commands_too answered 0 "one
two"
guest "" --entry debug -- true
check another_entry_can_be_chosen [ "$(mtype -i "$work/disk@@1M" ::boot/choice.cfg 2> /dev/null)" = "" ]
guest "" --entry debug --keep "$work/kept" -- true
check the_choice_is_written_for_grub [ "$(mtype -i "$work/kept@@1M" ::boot/choice.cfg)" = "set default=debug" ]
guest panic -- 'echo never'
check a_panic_is_125 complained 125 "kernel has panicked"
check a_panic_shows_the_log grep -q 'bank: count is off' "$work/err"
guest dies -- 'echo never'
check a_machine_that_stops_is_125 complained 125 "machine has stopped"
guest no-boot -- true
check a_failed_boot_is_125 complained 125 "kernel has panicked"
guest silent --timeout 3 -- true
check silence_is_124 complained 124 "not done after 3 s"
guest "" --put "$work/none:/x" -- true
check a_missing_file_is_named complained 125 "there is no file $work/none"
guest "" --put "$work/root/file:x" -- true
check a_relative_path_in_the_guest_is_refused complained 125 "must be absolute"
guest "" --put nonsense -- true
check a_malformed_pair_is_refused complained 2 "is not of the form FROM:TO"
guest ""
check no_command_is_refused complained 2 "no command given"
guest "" --image "$work/none" -- true
check a_missing_image_is_explained complained 125 "make image"

echo put > "$work/put"
guest "" --put "$work/put:/a/b/put me" --get "/a/b/put me:$work/back" --get "/file:$work/file" -- true
check what_was_put_can_be_got_back cmp -s "$work/put" "$work/back"
check files_of_the_image_can_be_got [ "$(cat "$work/file" 2> /dev/null)" = "from the image" ]
guest "" --get "/nothing:$work/none" -- true
check getting_what_is_not_there_is_an_error complained 125 "not found"
guest "" --put "$work/put:/file" --keep "$work/kept" -- true
check the_image_itself_is_left_alone [ "$(debugfs -R 'cat /file' "$work/disk?offset=17825792" 2> /dev/null)" = "from the image" ]
check the_disk_can_be_kept [ "$(debugfs -R 'cat /file' "$work/kept?offset=17825792" 2> /dev/null)" = put ]
guest "echo" --type 'echo typed\n' --type 'expect:typed' --type 'wait:0.1'
check typing_shows_the_console grep -q '^typed' "$work/out"
tests/guest --deb 'no package' -- true > "$work/out" 2> "$work/err"
status=$?
check a_package_that_cannot_be_is_told complained 125 "'no' is no name of a package\|no such packages"
tests/guest --help > "$work/out" 2> "$work/err"
status=$?
check help_tells_about_the_exit_status grep -q '124' "$work/out"
echo "1..$number"
