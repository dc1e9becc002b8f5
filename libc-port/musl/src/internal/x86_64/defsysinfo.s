/* SPDX-License-Identifier: MIT */
/* The gate's default: a real system call. The return address comes in r11, which the instruction destroys, so it is kept on the
 * stack (musl is built without a red zone). Raw `syscall` works on Drove too, where the kernel reflects it. */
.text
.hidden __drove_native_gate
.global __drove_native_gate
.type __drove_native_gate,@function
__drove_native_gate:
	push %r11
	syscall
	ret

.data
.align 8
.hidden __sysinfo
.global __sysinfo
__sysinfo:
	.quad __drove_native_gate
