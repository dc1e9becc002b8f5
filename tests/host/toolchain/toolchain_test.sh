#!/bin/bash
# SPDX-License-Identifier: MIT
# What our compilers build is right, and runs on this Linux.
top=$PWD
tools=$PWD/build/toolchain/bin/x86_64-drove-linux-musl
sysroot=$PWD/build/toolchain/x86_64-drove-linux-musl/sysroot
here=$PWD/tests/host/toolchain
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
. "$top/tests/system/tap.sh"

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
same c_static "$c" run direct system.c -static
same c_static_pie "$c" run direct system.c -static-pie
same c_dynamic "$c" run loader system.c
same c_dynamic_no_pie "$c" run loader system.c -no-pie -fno-pie
same c_with_link_time_optimisation "$c" run direct system.c -static -flto
same c_with_stack_protector "$c" run direct system.c -static -fstack-protector-all
same cxx_static "$cxx" run direct library.cc -static
same cxx_static_pie "$cxx" run direct library.cc -static-pie
same cxx_dynamic "$cxx" run loader library.cc
same iconv_keeps_inside_its_output "bad 0 hangul 1 many 1" run direct iconv.c -static

"$tools-gcc" -O2 -o dynamic "$here/system.c"
same the_loader_is_ours "[Requesting program interpreter: /lib/ld-musl-x86_64.so.1]" \
	sh -c 'readelf -lW dynamic | grep -o "\[Requesting.*\]"'
same only_musl_is_needed "libc.so" sh -c 'readelf -d dynamic | sed -n "s/.*NEEDED.*\[\(.*\)\]/\1/p"'
same the_machine_is_told x86_64-drove-linux-musl "$tools-gcc" -dumpmachine
same the_hosts_libraries_are_not_found 1 sh -c "echo 'int main(){}' > e.c; '$tools-gcc' e.c -lz > /dev/null 2>&1; echo \$?"
same pkg_config_looks_into_the_sysroot 1 sh -c "'$tools-pkg-config' --exists zlib; echo \$?"
same the_preprocessor_sees_musl "1" sh -c "echo '#include <features.h>
__GLIBC__' | '$tools-cpp' -P - | grep -c __GLIBC__"
# clone (2), vfork, cancellation points, sigreturn, set_thread_area and the gate's default.
same system_calls_go_through_the_gate 7 sh -c "objdump -d '$sysroot/usr/lib/libc.so' | grep -c '[[:space:]]syscall'"
plan
