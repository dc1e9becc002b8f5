/* SPDX-License-Identifier: MIT */
/* Our errors as Linux numbers. */
#include "core/call.h"

#include "test.h"

bool signal_interrupts(void) { return false; }
err_t ipc_call(u64 number_and_gate, struct msg *m)
{
	return (void)number_and_gate, (void)m, E_NOSYS;
}

TEST(every_error_has_a_number_and_success_has_none)
{
	CHECK_EQ(error_number(OK), 0);
	for (err_t error = 1; error < ERROR_COUNT; error++) {
		CHECK(error_number(error) > 0);
		CHECK(error_number(error) < ERESTART);
	}
}

TEST(numbers_are_linux_numbers)
{
	CHECK_EQ(error_number(E_NOENT), 2);
	CHECK_EQ(error_number(E_INTR), 4);
	CHECK_EQ(error_number(E_CAP), 9);
	CHECK_EQ(error_number(E_FUNDS), 12);
	CHECK_EQ(error_number(E_INVAL), 22);
	CHECK_EQ(error_number(E_NOTTY), 25);
	CHECK_EQ(error_number(E_PIPE), 32);
	CHECK_EQ(error_number(E_NAMETOOLONG), 36);
	CHECK_EQ(error_number(E_NOSYS), 38);
	CHECK_EQ(error_number(E_NOTEMPTY), 39);
	CHECK_EQ(error_number(E_LOOP), 40);
	CHECK_EQ(error_number(E_OVERFLOW), 75);
	CHECK_EQ(error_number(E_NOTSUP), 95);
	CHECK_EQ(error_number(E_TIMEOUT), 110);
	CHECK_EQ(error_result(E_AGAIN), -11);
}

TEST(an_unknown_error_is_an_input_output_error) { CHECK_EQ(error_number(1000), 5); }
