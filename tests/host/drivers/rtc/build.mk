host_test := rtc
sources := rtc_test.c tests/host/drivers/fake/fake.c drivers/rtc/cmos.c drivers/rtc/civil.c
