/* SPDX-License-Identifier: MIT */
/* Dates, and the clock chip in all its forms. */
#include "../fake/fake.h"
#include "rtc/cmos.h"
#include "test.h"

#include <stdlib.h>
#include <time.h>

static struct {
	u8 value[128];
	u8 index;
	u32 updating; /* reads of status A that say so */
	u32 changing; /* reads of the second that give another one */
} chip;

err_t io_write(cap_t ports, u32 port, u32 width, u32 value)
{
	(void)ports, (void)width;
	if (port == 0x70)
		chip.index = value & 0x7f;
	else
		chip.value[chip.index] = (u8)value;
	return OK;
}

err_t io_read(cap_t ports, u32 port, u32 width, u64 *value)
{
	(void)ports, (void)port, (void)width;
	*value = chip.value[chip.index];
	if (chip.index == 10 && chip.updating) {
		chip.updating--;
		*value |= 0x80;
	}
	if (chip.index == 0 && chip.changing) {
		chip.changing--;
		chip.value[0]++;
	}
	return OK;
}

static void chip_make(u8 status, u8 hour, u8 year, u8 century)
{
	fake_start();
	memset(&chip, 0, sizeof(chip));
	chip.value[11] = status;
	chip.value[4] = hour;
	chip.value[7] = 0x09;
	chip.value[8] = 0x07;
	chip.value[9] = year;
	chip.value[0x32] = century;
}

TEST(seconds_and_dates_agree_with_the_c_library)
{
	struct civil civil;

	srand(4);
	for (u32 i = 0; i < 200000; i++) {
		u64 seconds = (u64)rand() * (u64)(rand() % 100 + 1);
		time_t time = (time_t)seconds;
		struct tm tm;
		gmtime_r(&time, &tm);
		CHECK(civil_from_seconds(seconds, &civil));
		CHECK(civil.year == (u32)tm.tm_year + 1900 && civil.month == (u32)tm.tm_mon + 1 &&
		      civil.day == (u32)tm.tm_mday && civil.hour == (u32)tm.tm_hour &&
		      civil.minute == (u32)tm.tm_min && civil.second == (u32)tm.tm_sec);
		CHECK(civil_valid(&civil));
		CHECK_EQ(civil_seconds(&civil), seconds);
	}
}

TEST(seconds_beyond_the_year_9999_are_no_date)
{
	struct civil civil;

	CHECK(civil_from_seconds(253402300799, &civil) && civil.year == 9999 && civil.day == 31);
	CHECK(!civil_from_seconds(253402300800, &civil));
	CHECK(!civil_from_seconds(UINT64_MAX, &civil));
}

TEST(impossible_dates_are_not_valid)
{
	static const struct civil bad[] = {
		{ 2023, 2, 29, 0, 0, 0 }, { 2100, 2, 29, 0, 0, 0 }, { 2024, 0, 1, 0, 0, 0 },
		{ 2024, 13, 1, 0, 0, 0 }, { 2024, 1, 0, 0, 0, 0 },  { 2024, 4, 31, 0, 0, 0 },
		{ 2024, 1, 1, 24, 0, 0 }, { 2024, 1, 1, 0, 60, 0 }, { 1969, 1, 1, 0, 0, 0 },
	};

	for (u32 i = 0; i < COUNT_OF(bad); i++)
		CHECK(!civil_valid(&bad[i]));
	CHECK(civil_valid(&(struct civil){ 2000, 2, 29, 23, 59, 59 }));
}

TEST(chip_is_read_in_binary_and_in_decimal_form)
{
	struct civil civil;

	chip_make(2, 0x23, 0x25, 0x20);
	CHECK_EQ(cmos_read(1, &civil), OK);
	CHECK(civil.year == 2025 && civil.month == 7 && civil.day == 9 && civil.hour == 23);
	chip_make(2 | 4, 23, 25, 0x21);
	CHECK_EQ(cmos_read(1, &civil), OK);
	CHECK(civil.year == 2125 && civil.hour == 23);
}

TEST(twelve_hour_clock_knows_noon_and_midnight)
{
	static const struct {
		u8 chip;
		u32 hour;
	} hours[] = { { 0x12, 0 },  { 0x01, 1 },  { 0x11, 11 },
		      { 0x92, 12 }, { 0x81, 13 }, { 0x91, 23 } };
	struct civil civil;

	for (u32 i = 0; i < COUNT_OF(hours); i++) {
		chip_make(0, hours[i].chip, 0x25, 0x20);
		CHECK_EQ(cmos_read(1, &civil), OK);
		CHECK_EQ(civil.hour, hours[i].hour);
	}
}

TEST(century_that_makes_no_sense_is_the_twenty_first)
{
	struct civil civil;

	chip_make(2, 0, 0x25, 0xff);
	CHECK_EQ(cmos_read(1, &civil), OK);
	CHECK_EQ(civil.year, 2025);
}

TEST(reading_waits_for_the_update_and_for_two_equal_readings)
{
	struct civil civil;

	chip_make(2, 0, 0x25, 0x20);
	chip.updating = 5;
	chip.changing = 3;
	CHECK_EQ(cmos_read(1, &civil), OK);
	CHECK_EQ(civil.second, 3);
	CHECK_EQ(chip.updating, 0);
}

TEST(chip_that_never_stands_still_times_out)
{
	struct civil civil;

	chip_make(2, 0, 0x25, 0x20);
	chip.updating = UINT32_MAX;
	CHECK_EQ(cmos_read(1, &civil), E_TIMEOUT);
	chip_make(2, 0, 0x25, 0x20);
	chip.changing = UINT32_MAX;
	CHECK_EQ(cmos_read(1, &civil), E_TIMEOUT);
}

TEST(chip_with_an_impossible_date_is_an_error)
{
	struct civil civil;

	chip_make(2, 0x24, 0x25, 0x20);
	CHECK_EQ(cmos_read(1, &civil), E_IO);
	chip_make(2, 0xff, 0x25, 0x20);
	CHECK_EQ(cmos_read(1, &civil), E_IO);
}

TEST(what_is_set_is_read_again_in_every_form)
{
	static const u8 forms[] = { 0, 2, 4, 6 };
	struct civil set = { 2031, 12, 31, 0, 58, 59 }, got;

	for (u32 i = 0; i < COUNT_OF(forms); i++) {
		for (set.hour = 0; set.hour < 24; set.hour++) {
			chip_make(forms[i], 0, 0, 0);
			CHECK_EQ(cmos_write(1, &set), OK);
			CHECK_EQ(chip.value[11], forms[i]);
			CHECK_EQ(cmos_read(1, &got), OK);
			CHECK(memcmp(&set, &got, sizeof(set)) == 0);
		}
	}
}
