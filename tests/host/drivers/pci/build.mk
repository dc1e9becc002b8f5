host_test := pci
sources := pci_test.c tests/host/drivers/fake/fake.c drivers/lib/mmio.c
sources += drivers/bus/pci/bus.c drivers/bus/pci/config.c drivers/bus/pci/function.c drivers/bus/pci/interrupt.c
