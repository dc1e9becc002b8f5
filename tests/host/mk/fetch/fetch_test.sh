#!/bin/bash
# SPDX-License-Identifier: MIT
# mk/fetch: what it says when something is wrong, and that it leaves nothing half made. Debian's archive is a script here.
. tests/system/tap.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export BUILD=$work/build ARCHIVE=$work/archive PATH=$work/bin:$PATH
mkdir -p "$work/bin" "$work/mk" "$ARCHIVE"
cp mk/fetch mk/apt.sh "$work/mk/"

# An apt-get that has one source package; $ARCHIVE/state says what is wrong with the archive.
cat > "$work/bin/apt-get" <<'END'
#!/bin/bash
case $1/$(cat "$ARCHIVE/state") in
indextargets/*) ;;
update/no-network) echo 'E: Could not resolve the host' >&2; exit 100 ;;
update/*) ;;
source/source-fails) head -c 10 "$ARCHIVE/good" > thing_1.orig.tar.gz; echo 'E: Connection timed out' >&2; exit 100 ;;
source/other-version) cp "$ARCHIVE/good" thing_2.orig.tar.gz ;;
source/hangs) head -c 10 "$ARCHIVE/good" > thing_1.orig.tar.gz; echo > "$ARCHIVE/begun"; exec sleep 60 9>&- ;;
source/killed) head -c 10 "$ARCHIVE/good" > thing_1.orig.tar.gz; kill -KILL "$PPID" ;;
source/*) cp "$ARCHIVE/good" thing_1.orig.tar.gz || exit 100 ;;
download/*) cp "$ARCHIVE/thing.deb" . ;;
esac
END
# A df that says how much is free.
cat > "$work/bin/df" <<'END'
#!/bin/bash
printf 'Filesystem 1024-blocks Used Available\nfake 9999999 0 %s\n' "$(cat "$ARCHIVE/free")"
END
chmod +x "$work/bin/apt-get" "$work/bin/df"
head -c 100000 /dev/urandom > "$ARCHIVE/good"
echo "thing source thing thing_1.orig.tar.gz $(sha256sum < "$ARCHIVE/good" | cut -d' ' -f1)" > "$work/mk/third-party.lock"
echo 'folder tree thing ./usr/thing -' >> "$work/mk/third-party.lock"
echo 'lost tree thing ./usr/other -' >> "$work/mk/third-party.lock"
mkdir -p "$work/package/DEBIAN" "$work/package/usr/thing/sub"
echo deep > "$work/package/usr/thing/sub/file"
printf '%s\n' 'Package: thing' 'Version: 1' 'Architecture: all' 'Maintainer: nobody' 'Description: a thing' > "$work/package/DEBIAN/control"
dpkg-deb -b "$work/package" "$ARCHIVE/thing.deb" > /dev/null
echo "changed source thing thing_1.orig.tar.gz $(echo | sha256sum | cut -d' ' -f1)" >> "$work/mk/third-party.lock"

# archive STATE [FREE KIB]: a fresh build folder before that archive.
archive() {
	rm -rf "$BUILD"
	echo "$1" > "$ARCHIVE/state"
	echo "${2:-1000000}" > "$ARCHIVE/free"
}
fetch() { "$work/mk/fetch" "${1:-thing}"; }
fetched() { cmp "$BUILD/dl/thing_1.orig.tar.gz" "$ARCHIVE/good"; }
nothing_is_left() { [ -z "$(ls -A "$BUILD/dl" 2> /dev/null)" ] || { ls -A "$BUILD/dl"; return 1; }; }

# says STATUS MESSAGE [NAME]: fetching fails so, with that message and without traces; when the archive is well again it works.
says() {
	local output status
	output=$(fetch "${3:-thing}" 2>&1)
	status=$?
	echo "$output"
	[ $status = "$1" ] && grep -q "^fetch: .*$2" <<< "$output" && nothing_is_left || return
	echo good > "$ARCHIVE/state"
	echo 1000000 > "$ARCHIVE/free"
	fetch && fetched
}

archive good
ok what_is_there_is_fetched fetch
ok and_is_what_the_lock_says fetched
archive_is_gone() { echo no-network > "$ARCHIVE/state"; rm -rf "$BUILD/apt"; fetch; }
ok what_was_fetched_is_not_fetched_again archive_is_gone
damaged() { echo good > "$ARCHIVE/state"; echo x >> "$BUILD/dl/thing_1.orig.tar.gz"; fetch && fetched; }
ok what_has_been_damaged_is_fetched_again damaged

archive good
ok a_wrong_hash_is_refused says 1 'has the hash .*, expected' changed
archive no-network
ok without_a_network_it_says_so says 1 'no network?'
archive source-fails
ok a_download_that_breaks_off_leaves_nothing says 1 'cannot download thing'
archive other-version
ok another_version_in_the_archive_is_told says 1 'has no thing_1.orig.tar.gz any more: log thing_2.orig.tar.gz'
archive good 1000
ok a_full_disk_is_told_before_anything_is_made says 1 'has only 0 MiB free; 512 are needed'
archive good
ok a_name_that_is_not_in_the_lock_is_refused says 1 'nothing is not in' nothing

# The archive's answer is larger than may be written: as on a disk that fills up meanwhile.
archive good
too_large() { (ulimit -f 50; fetch) 2> "$work/said"; [ $? = 1 ] && grep -q 'cannot download thing' "$work/said" && nothing_is_left; }
ok a_disk_that_fills_up_leaves_nothing too_large
ok and_it_works_when_there_is_room eval 'fetch && fetched'

# As from ^C: a signal to all of them (some of which who started us may have had ignored).
interrupted() {
	rm -f "$ARCHIVE/begun"
	setsid env --default-signal=INT,TERM,HUP "$work/mk/fetch" thing 2> /dev/null &
	until [ -e "$ARCHIVE/begun" ]; do sleep 0.05; done
	kill "-$1" -- -$!
	wait $!
	nothing_is_left && echo good > "$ARCHIVE/state" && fetch && fetched
}
for signal in INT TERM HUP; do
	archive hangs
	ok "a_download_ended_by_SIG${signal}_leaves_nothing" interrupted $signal
done
archive killed
fetch > /dev/null 2>&1
echo good > "$ARCHIVE/state"
ok what_a_killed_one_left_is_taken_away_by_the_next eval 'fetch && fetched && [ "$(ls "$BUILD/dl")" = thing_1.orig.tar.gz ]'

together() {
	fetch & one=$!
	fetch & two=$!
	wait $one && wait $two && fetched
}
archive good
ok two_at_a_time_do_not_disturb_each_other together
archive good
ok a_folder_of_a_package_comes_whole eval 'fetch folder && [ "$(cat "$BUILD/dl/folder/sub/file")" = deep ] && [ "$(ls "$BUILD/dl")" = folder ]'
archive good
ok a_folder_that_the_package_has_not_is_told says 1 'cannot take ./usr/other out of thing' lost
relative() { cd "$work" && BUILD=build mk/fetch thing && fetched; }
archive good
ok a_relative_build_folder_will_do relative
plan
