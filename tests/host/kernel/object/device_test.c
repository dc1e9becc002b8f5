/* SPDX-License-Identifier: MIT */
/* Device authority. */
#include "world.h"

TEST(roots_of_authority_cannot_be_destroyed)
{
	static const cap_t roots[] = { SIGMA0_BANK,     SIGMA0_SCHEDULE, SIGMA0_INTERRUPTS,
		                       SIGMA0_IO_PORTS, SIGMA0_PHYSICAL, SIGMA0_MACHINE };
	cap_t copy;
	u64 info;

	world_make(300, 1);
	for (u32 i = 0; i < COUNT_OF(roots); i++) {
		CHECK_EQ(cap_destroy(roots[i]), E_BUSY);
		CHECK_EQ(cap_copy(0, roots[i], RIGHT_ALL, 0, &copy), OK);
		CHECK_EQ(cap_close(copy), OK);
		CHECK_EQ(cap_info(roots[i], &info), OK);
	}
}

TEST(divided_authority_reaches_no_further)
{
	cap_t range, part;
	u64 value;

	world_make(300, 1);
	CHECK_EQ(io_ports_create(SIGMA0_BANK, SIGMA0_IO_PORTS, 0x70, 2, &range), OK);
	CHECK_EQ(io_write(range, 0x70, 1, 0xab), OK);
	CHECK_EQ(io_read(range, 0x70, 1, &value), OK);
	CHECK_EQ(value, 0xab);
	CHECK_EQ(io_read(range, 0x6f, 1, &value), E_RANGE);
	CHECK_EQ(io_read(range, 0x71, 2, &value), E_RANGE);
	CHECK_EQ(io_read(range, 0x70, 3, &value), E_RANGE);
	CHECK_EQ(io_read(range, UINT32_MAX, 4, &value), E_RANGE);
	CHECK_EQ(io_ports_create(SIGMA0_BANK, range, 0x70, 3, &part), E_RANGE);
	CHECK_EQ(io_ports_create(SIGMA0_BANK, range, 0x6f, 1, &part), E_RANGE);
	CHECK_EQ(physical_create(SIGMA0_BANK, SIGMA0_PHYSICAL, 0xfe000000, PAGE_SIZE,
	                         RIGHT_ALL & ~RIGHT_DMA, &range),
	         OK);
	CHECK_EQ(segment_physical(SIGMA0_BANK, range, 0, 2 * PAGE_SIZE, &part), E_RANGE);
	CHECK_EQ(segment_physical(SIGMA0_BANK, range, 0, PAGE_SIZE, &part), OK);
	CHECK_EQ(segment_contiguous(SIGMA0_BANK, range, PAGE_SIZE, &part), E_CAP);
}

TEST(memory_is_no_device)
{
	cap_t segment;

	world_make(300, 1);
	CHECK_EQ(segment_physical(SIGMA0_BANK, SIGMA0_PHYSICAL, 1 << 20, PAGE_SIZE, &segment),
	         E_RANGE);
	CHECK_EQ(segment_physical(SIGMA0_BANK, SIGMA0_PHYSICAL, 0, 2 << 20, &segment), E_RANGE);
	CHECK_EQ(segment_physical(SIGMA0_BANK, SIGMA0_PHYSICAL, 0, PAGE_SIZE, &segment), OK);
}

TEST(interrupts_signal_their_event_and_end_with_their_object)
{
	cap_t line, message, event;
	u64 data, bits;

	world_make(300, 1);
	CHECK_EQ(event_create(SIGMA0_BANK, &event), OK);
	CHECK_EQ(interrupt_create(SIGMA0_BANK, SIGMA0_INTERRUPTS, 4, 0, &line), OK);
	CHECK_EQ(interrupt_create_message(SIGMA0_BANK, SIGMA0_INTERRUPTS, &message), OK);
	CHECK_EQ(interrupt_message(line, &data), E_RANGE);
	CHECK_EQ(interrupt_message(message, &data), OK);
	CHECK_EQ(interrupt_bind(message, event, 6), OK);
	host_interrupt((unsigned)(data >> 32));
	CHECK_EQ(event_wait(event, 2, 0, &bits), OK);
	CHECK_EQ(bits, 2);
	CHECK_EQ(event_wait(event, UINT64_MAX, 0, &bits), OK);
	CHECK_EQ(bits, 4);
	CHECK_EQ(cap_close(event), OK);
	host_interrupt((unsigned)(data >> 32)); /* nobody hears it */
	CHECK_EQ(host_irqs_open(), 2);
	CHECK_EQ(cap_close(line), OK);
	CHECK_EQ(cap_destroy(message), OK);
	CHECK_EQ(host_irqs_open(), 0);
	host_interrupt((unsigned)(data >> 32));
}
