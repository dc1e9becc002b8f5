#!/bin/bash
# SPDX-License-Identifier: MIT
# What our compilers build is right, and runs on this Linux.
tools=$PWD/build/toolchain/bin/x86_64-drove-linux-musl
sysroot=$PWD/build/toolchain/x86_64-drove-linux-musl/sysroot
here=$PWD/tests/host/toolchain
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
number=0

# is SENTENCE EXPECTED COMMAND...
is() {
	number=$((number + 1))
	local sentence=$1 expected=$2
	shift 2
	local got
	got=$("$@" 2>&1)
	if [ "$got" = "$expected" ]; then
		echo "ok $number - $sentence"
	else
		echo "not ok $number - $sentence"
		printf 'expected %s\ngot %s\n' "$expected" "$got" | sed 's/^/# /'
	fi
}

# run HOW SOURCE FLAG...: compile and run; HOW is `direct`, or `loader` for what our dynamic loader must start.
run() {
	local how=$1 source=$2 compiler=$tools-gcc
	shift 2
	[ "${source%.cc}" = "$source" ] || compiler=$tools-g++
	"$compiler" -O2 "$@" -o program "$here/$source" || return
	case $how in
	direct) ./program ;;
	loader) "$sysroot/lib/ld-musl-x86_64.so.1" --library-path "$sysroot/lib:$sysroot/usr/lib" ./program ;;
	esac
}

c='thread 42 own 5 cancelled 1 signal 1 child 7 shell 3 long double 1.500'
cxx='sum 10 caught out of range folder 1'
is c_static "$c" run direct system.c -static
is c_static_pie "$c" run direct system.c -static-pie
is c_dynamic "$c" run loader system.c
is c_dynamic_no_pie "$c" run loader system.c -no-pie -fno-pie
is c_with_link_time_optimisation "$c" run direct system.c -static -flto
is c_with_stack_protector "$c" run direct system.c -static -fstack-protector-all
is cxx_static "$cxx" run direct library.cc -static
is cxx_static_pie "$cxx" run direct library.cc -static-pie
is cxx_dynamic "$cxx" run loader library.cc
is iconv_keeps_inside_its_output "bad 0 hangul 1 many 1" run direct iconv.c -static

"$tools-gcc" -O2 -o dynamic "$here/system.c"
is the_loader_is_ours "[Requesting program interpreter: /lib/ld-musl-x86_64.so.1]" \
	sh -c 'readelf -lW dynamic | grep -o "\[Requesting.*\]"'
is only_musl_is_needed "libc.so" sh -c 'readelf -d dynamic | sed -n "s/.*NEEDED.*\[\(.*\)\]/\1/p"'
is the_machine_is_told x86_64-drove-linux-musl "$tools-gcc" -dumpmachine
is the_hosts_libraries_are_not_found 1 sh -c "echo 'int main(){}' > e.c; '$tools-gcc' e.c -lz > /dev/null 2>&1; echo \$?"
is pkg_config_looks_into_the_sysroot 1 sh -c "'$tools-pkg-config' --exists zlib; echo \$?"
is the_preprocessor_sees_musl "1" sh -c "echo '#include <features.h>
__GLIBC__' | '$tools-cpp' -P - | grep -c __GLIBC__"
# clone (2), vfork, cancellation points, sigreturn, set_thread_area and the gate's default.
is system_calls_go_through_the_gate 7 sh -c "objdump -d '$sysroot/usr/lib/libc.so' | grep -c '[[:space:]]syscall'"
echo "1..$number"
