host_test := acpi
sources := acpi_test.c drivers/power/acpi.c
