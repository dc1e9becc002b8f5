/* SPDX-License-Identifier: MIT */
#include "cmos.h"
#include "rt/rt.h"

#include <string.h>

enum { PORT_INDEX = 0x70, PORT_DATA = 0x71 };
enum cmos_register {
	SECOND = 0,
	MINUTE = 2,
	HOUR = 4,
	DAY = 7,
	MONTH = 8,
	YEAR = 9,
	STATUS_A = 10,
	STATUS_B = 11,
	CENTURY = 0x32, /* where PCs have it; others have ordinary memory there */
};
enum cmos_bits {
	A_UPDATING = 1 << 7,
	B_24_HOURS = 1 << 1,
	B_BINARY = 1 << 2,
	B_SET = 1 << 7, /* the clock stands still */
	HOUR_PM = 1 << 7,
};
enum { READ_TRIES = 8, CENTURY_DEFAULT = 20, CENTURY_LAST = 29 };
enum { UPDATE_NS = 100000000, POLL_NS = 100000 }; /* an update takes 2 ms (MC146818A data sheet) */

/* The registers of a moment. */
struct raw {
	u8 second, minute, hour, day, month, year, century, status;
};

static err_t register_read(cap_t ports, u32 number, u8 *value)
{
	u64 read;
	err_t error = io_write(ports, PORT_INDEX, 1, number);

	if (!error)
		error = io_read(ports, PORT_DATA, 1, &read);
	if (!error)
		*value = (u8)read;
	return error;
}

static err_t register_write(cap_t ports, u32 number, u32 value)
{
	err_t error = io_write(ports, PORT_INDEX, 1, number);

	return error ? error : io_write(ports, PORT_DATA, 1, value);
}

static err_t wait_update(cap_t ports)
{
	u64 deadline = rt_now() + UPDATE_NS;
	u8 status;

	for (;;) {
		err_t error = register_read(ports, STATUS_A, &status);
		if (error || !(status & A_UPDATING))
			return error;
		if (rt_now() > deadline)
			return E_TIMEOUT;
		rt_sleep_until(rt_now() + POLL_NS);
	}
}

static err_t raw_read(cap_t ports, struct raw *raw)
{
	err_t error;

	if ((error = wait_update(ports)) || (error = register_read(ports, SECOND, &raw->second)) ||
	    (error = register_read(ports, MINUTE, &raw->minute)) ||
	    (error = register_read(ports, HOUR, &raw->hour)) ||
	    (error = register_read(ports, DAY, &raw->day)) ||
	    (error = register_read(ports, MONTH, &raw->month)) ||
	    (error = register_read(ports, YEAR, &raw->year)) ||
	    (error = register_read(ports, CENTURY, &raw->century)) ||
	    (error = register_read(ports, STATUS_B, &raw->status)))
		return error;
	return OK;
}

static u32 from_bcd(u8 value) { return (value >> 4) * 10u + (value & 15); }
static u32 to_bcd(u32 value) { return value / 10 << 4 | value % 10; }

static u32 decode(const struct raw *raw, u8 value)
{
	return raw->status & B_BINARY ? value : from_bcd(value);
}

static struct civil raw_civil(const struct raw *raw)
{
	u32 hour = decode(raw, raw->hour & (u8)~HOUR_PM), century = from_bcd(raw->century);

	/* 12 o'clock comes before 1 o'clock. */
	if (!(raw->status & B_24_HOURS))
		hour = hour % 12 + (raw->hour & HOUR_PM ? 12 : 0);
	if (century < CENTURY_DEFAULT || century > CENTURY_LAST)
		century = CENTURY_DEFAULT;
	return (struct civil){
		.year = century * 100 + decode(raw, raw->year),
		.month = decode(raw, raw->month),
		.day = decode(raw, raw->day),
		.hour = hour,
		.minute = decode(raw, raw->minute),
		.second = decode(raw, raw->second),
	};
}

err_t cmos_read(cap_t ports, struct civil *civil)
{
	struct raw first, second;

	/* Twice the same: no update came in between. */
	for (u32 try = 0; try < READ_TRIES; try++) {
		err_t error = raw_read(ports, &first);
		if (!error)
			error = raw_read(ports, &second);
		if (error)
			return error;
		if (memcmp(&first, &second, sizeof(first)) != 0)
			continue;
		*civil = raw_civil(&first);
		return civil_valid(civil) ? OK : E_IO;
	}
	return E_TIMEOUT;
}

/* In the form that the chip is set to: other users of it may rely on that. */
static u32 encode(u8 status, u32 value) { return status & B_BINARY ? value : to_bcd(value); }

static u32 encode_hour(u8 status, u32 hour)
{
	if (status & B_24_HOURS)
		return encode(status, hour);
	return encode(status, hour % 12 ? hour % 12 : 12) | (hour >= 12 ? HOUR_PM : 0);
}

err_t cmos_write(cap_t ports, const struct civil *civil)
{
	u8 status;
	err_t error = register_read(ports, STATUS_B, &status);

	if (error)
		return error;
	const struct {
		u32 number, value;
	} writes[] = {
		{ STATUS_B, status | B_SET },
		{ SECOND, encode(status, civil->second) },
		{ MINUTE, encode(status, civil->minute) },
		{ HOUR, encode_hour(status, civil->hour) },
		{ DAY, encode(status, civil->day) },
		{ MONTH, encode(status, civil->month) },
		{ YEAR, encode(status, civil->year % 100) },
		{ CENTURY, to_bcd(civil->year / 100) },
		{ STATUS_B, status & (u32)~B_SET },
	};
	for (u32 i = 0; i < COUNT_OF(writes) && !error; i++)
		error = register_write(ports, writes[i].number, writes[i].value);
	return error;
}
