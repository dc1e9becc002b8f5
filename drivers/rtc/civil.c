/* SPDX-License-Identifier: MIT */
#include "civil.h"

enum { DAY = 86400, DAYS_TO_1970 = 719162 }; /* days from 0001-01-01 */

static bool leap(u32 year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

static u32 month_days(u32 year, u32 month)
{
	static const u8 days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && leap(year) ? 1u : 0u);
}

/* Days from 0001-01-01 to the first of January of `year`. */
static u64 year_days(u32 year)
{
	u64 past = year - 1;

	return past * 365 + past / 4 - past / 100 + past / 400;
}

bool civil_valid(const struct civil *civil)
{
	return civil->year >= CIVIL_YEAR_MIN && civil->year <= CIVIL_YEAR_MAX &&
	       civil->month >= 1 && civil->month <= 12 && civil->day >= 1 &&
	       civil->day <= month_days(civil->year, civil->month) && civil->hour < 24 &&
	       civil->minute < 60 && civil->second < 60;
}

u64 civil_seconds(const struct civil *civil)
{
	u64 days = year_days(civil->year) - DAYS_TO_1970 + civil->day - 1;

	for (u32 month = 1; month < civil->month; month++)
		days += month_days(civil->year, month);
	return days * DAY + civil->hour * 3600 + civil->minute * 60 + civil->second;
}

bool civil_from_seconds(u64 seconds, struct civil *civil)
{
	u64 days = seconds / DAY + DAYS_TO_1970;
	u32 rest = (u32)(seconds % DAY);

	if (days >= year_days(CIVIL_YEAR_MAX + 1))
		return false;
	/* Every year taken as a leap year: never too late; a few steps make up for it. */
	u32 year = (u32)(days / 366) + 1;
	while (year_days(year + 1) <= days)
		year++;
	u32 day = (u32)(days - year_days(year)), month = 1;
	for (; day >= month_days(year, month); month++)
		day -= month_days(year, month);
	*civil = (struct civil){ .year = year,
		                 .month = month,
		                 .day = day + 1,
		                 .hour = rest / 3600,
		                 .minute = rest / 60 % 60,
		                 .second = rest % 60 };
	return true;
}
