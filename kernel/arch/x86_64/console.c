/* SPDX-License-Identifier: MIT */
/* The first serial port (National Semiconductor PC16550D data sheet), polled: for the kernel's log
 * until a driver takes it over, and for the last words. Also ports for programs that hold them, and
 * the reset. */
#include "machine.h"

#include "x86.h"

enum {
	COM1 = 0x3f8,
	DATA = COM1,
	INTERRUPT_ENABLE = COM1 + 1,
	FIFO_CONTROL = COM1 + 2,
	LINE_CONTROL = COM1 + 3,
	MODEM_CONTROL = COM1 + 4,
	LINE_STATUS = COM1 + 5,
	SCRATCH = COM1 + 7,
};
enum { LINE_8N1 = 3, LINE_DIVISOR = 0x80, STATUS_EMPTY = 0x20, WAIT_SPINS = 100000 };

static bool console_present, console_on;

void console_init(void)
{
	out8(SCRATCH, 0x5a);
	if (in8(SCRATCH) != 0x5a)
		return; /* there is no such port */
	out8(INTERRUPT_ENABLE, 0);
	out8(LINE_CONTROL, LINE_DIVISOR);
	out8(DATA, 1); /* 115200 baud */
	out8(INTERRUPT_ENABLE, 0);
	out8(LINE_CONTROL, LINE_8N1);
	out8(FIFO_CONTROL, 7);
	out8(MODEM_CONTROL, 3);
	console_present = console_on = true;
}

static void console_byte(char c)
{
	for (u32 i = 0; i < WAIT_SPINS && !(in8(LINE_STATUS) & STATUS_EMPTY); i++)
		cpu_pause();
	out8(DATA, (u8)c);
}

void arch_console_write(const char *text, size_t size)
{
	for (size_t i = 0; console_on && i < size; i++) {
		if (text[i] == '\n')
			console_byte('\r');
		console_byte(text[i]);
	}
}

void arch_console_off(void) { console_on = false; }
void console_resume(void) { console_on = console_present; }

void console_text(const char *text)
{
	while (*text)
		arch_console_write(text++, 1);
}

void console_hex(u64 value)
{
	for (int shift = 60; shift >= 0; shift -= 4)
		arch_console_write(&"0123456789abcdef"[value >> shift & 15], 1);
}

void console_decimal(u64 value)
{
	if (value >= 10)
		console_decimal(value / 10);
	arch_console_write(&"0123456789"[value % 10], 1);
}

u32 arch_io_read(u32 port, u32 width)
{
	u32 value = 0;

	if (width == 1)
		__asm__ volatile("inb %w1, %b0" : "=a"(value) : "d"(port));
	else if (width == 2)
		__asm__ volatile("inw %w1, %w0" : "=a"(value) : "d"(port));
	else
		__asm__ volatile("inl %w1, %0" : "=a"(value) : "d"(port));
	return width == 1 ? value & 0xff : width == 2 ? value & 0xffff : value;
}

void arch_io_write(u32 port, u32 width, u32 value)
{
	if (width == 1)
		__asm__ volatile("outb %b0, %w1" ::"a"(value), "d"(port));
	else if (width == 2)
		__asm__ volatile("outw %w0, %w1" ::"a"(value), "d"(port));
	else
		__asm__ volatile("outl %0, %w1" ::"a"(value), "d"(port));
}

/* The keyboard controller's reset line, as on every PC; then an exception that nobody can handle
 * (SDM vol. 3A, 6.15, double fault: a further fault shuts the processor down, and the PC
 * resets). */
_Noreturn void arch_reset(void)
{
	static const struct {
		u16 limit;
		u64 base;
	} __attribute__((packed)) nothing = { 0, 0 };

	out8(0x64, 0xfe);
	for (u32 i = 0; i < WAIT_SPINS; i++)
		cpu_pause();
	__asm__ volatile("lidt %0; int3" ::"m"(nothing));
	__builtin_unreachable();
}
