# SPDX-License-Identifier: MIT
# What people ask for.
.PHONY: kernel servers host-tests musl clean

$(BUILD)/stamp/musl: mk/musl mk/fetch mk/third-party.lock $(shell find libc-port/musl -type f)
	@mkdir -p $(@D)
	@mk/musl
	@touch $@

musl: $(BUILD)/stamp/musl
kernel: $(KERNELS)
servers: $(SERVERS)
host-tests: $(HOST_TESTS)

clean:
	@rm -rf $(BUILD)
