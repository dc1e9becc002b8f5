# SPDX-License-Identifier: MIT
# What people ask for.
.PHONY: kernel servers host-tests musl toolchain image image-name run test test-busybox test-debian test-ports bench bench-linux lint format deps clean always

STAMP := $(BUILD)/stamp
# With EXTRA_DEBS, names of Debian packages, or PORTS, the image is another one that has them too.
EXTRA_DEBS := $(sort $(EXTRA_DEBS))
PORTS_USED := $(call with_used,$(PORTS))
PORT_ARCHIVES := $(PORTS_USED:%=$(BUILD)/ports/%.tar)
EXTRA := $(if $(EXTRA_DEBS)$(PORTS_USED),$(BUILD)/extra/$(shell echo $(EXTRA_DEBS) / $(PORTS_USED) | sha256sum | cut -c1-12))
IMAGE := $(if $(EXTRA),$(EXTRA).img,$(BUILD)/drove.img)
BUNDLE := $(BUILD)/bundle.img

# once COMMAND: make the stamp, unless another make has done so while we waited for it.
define once
	@mkdir -p $(@D)
	@flock $@.lock bash -c 'for f in $(filter-out %.lock,$^); do [ $@ -nt $$f ] || { $(1) && touch $@; exit; }; done'
endef

# --- third parties ---

$(STAMP)/deps: mk/deps
	$(call once,mk/deps)
deps: $(STAMP)/deps

$(STAMP)/musl: mk/musl $(shell find libc-port/musl -type f) | $(STAMP)/deps
	$(call once,mk/musl)
musl: $(STAMP)/musl

$(STAMP)/toolchain-c: mk/toolchain mk/drove-gcc mk/drove-gcc.specs mk/drove-pkg-config libc-port/libgcc/find_object.c $(STAMP)/musl
	$(call once,mk/toolchain c)
$(STAMP)/toolchain: $(STAMP)/toolchain-c
	$(call once,mk/toolchain c++)
toolchain: $(STAMP)/toolchain
	@echo 'The compilers are $(TOOLCHAIN)/bin/$(TARGET)-gcc and -g++.'

$(BUILD)/busybox: mk/busybox rootfs/busybox.config $(STAMP)/toolchain-c
	$(call once,mk/busybox)

$(BUILD)/debian/busybox-static: mk/third-party.lock mk/fetch | $(STAMP)/deps
	@mkdir -p $(@D)
	@mk/fetch busybox-static
	@install -m 755 $(BUILD)/dl/busybox $@

# --- the image ---

kernel: $(KERNELS)
servers: $(SERVERS)
# Tests that are no more must not run either.
host-tests: $(HOST_TESTS)
	@rm -f $(filter-out $(HOST_TESTS),$(wildcard $(BUILD)/host/*))

# The names of all that goes into the image: what is taken out changes nothing else.
ROOT_FILES := $(sort $(shell find rootfs/etc rootfs/rescue -type f))
BUNDLED := $(patsubst $(BUILD)/servers/%.elf,%,$(filter-out %/sigma0.elf,$(SERVERS))) personality
CONTENTS := $(BUILD)/contents
$(CONTENTS): always
	@mkdir -p $(@D)
	@printf '%s\n' $(ROOT_FILES) $(PROGRAMS) $(BUNDLED) > $@.$$$$ && { cmp -s $@.$$$$ $@ && rm $@.$$$$ || mv $@.$$$$ $@; }

$(BUILD)/root.stamp: mk/root $(CONTENTS) $(ROOT_FILES) $(BUILD)/busybox $(STAMP)/toolchain $(foreach p,$(PROGRAMS),$(firstword $(subst :, ,$(p))))
	@mk/root $(BUILD)/root $(PROGRAMS)
	@touch $@

# What goes on the machine is stripped; the files beside it keep their symbols for debuggers.
$(BUILD)/bundle/%: $(BUILD)/servers/%.elf
	@mkdir -p $(@D)
	@$(CROSS)strip -o $@ $<
$(BUILD)/bundle/personality: $(PERSONALITY)
	@mkdir -p $(@D)
	@$(CROSS)strip -o $@ $<
$(BUILD)/bundle/kernel%: $(BUILD)/kernel%.elf
	@mkdir -p $(@D)
	@$(CROSS)objcopy --strip-debug $< $@
$(BUILD)/bundle/kernel: $(BUILD)/kernel.elf
	@mkdir -p $(@D)
	@$(CROSS)objcopy --strip-debug $< $@

$(BUNDLE): mk/bundle $(CONTENTS) rootfs/boot.manifest $(BUILD)/servers/sigma0.elf $(BUILD)/root.stamp $(BUNDLED:%=$(BUILD)/bundle/%)
	@echo '  make $@'
	@mk/bundle $@ $(BUILD)/servers/sigma0.elf boot.manifest=rootfs/boot.manifest rescue.tar=$(BUILD)/rescue.tar \
		$(foreach f,$(BUNDLED),$(f)=$(BUILD)/bundle/$(f))

IMAGE_PARTS := $(BUILD)/bundle/kernel $(BUILD)/bundle/kernel-debug $(BUNDLE)
GRUB := $(BUILD)/dl/grub-bios $(BUILD)/dl/grub-uefi
$(GRUB): $(BUILD)/dl/%: | $(STAMP)/deps
	@mk/fetch $*
IMAGE_FREE := 128 # MiB in an image with packages
$(BUILD)/drove.img: image/mkimage image/grub.cfg image/early.cfg $(IMAGE_PARTS) $(BUILD)/root.stamp | $(GRUB)
	@echo '  make $@'
	@image/mkimage $@ $(IMAGE_PARTS) $(GRUB) $(BUILD)/root

ifneq ($(EXTRA),)
$(EXTRA).stamp: mk/debian $(BUILD)/root.stamp $(PORT_ARCHIVES) | $(STAMP)/deps
	@mkdir -p $(@D)
	@$(if $(EXTRA_DEBS),mk/debian $(EXTRA) $(EXTRA_DEBS),rm -rf $(EXTRA) && cp -a $(BUILD)/root $(EXTRA))
	@for archive in $(PORT_ARCHIVES); do tar xf $$archive --keep-directory-symlink --no-same-owner -C $(EXTRA); done
	@touch $@
$(EXTRA).img: image/mkimage image/grub.cfg image/early.cfg $(IMAGE_PARTS) $(EXTRA).stamp | $(GRUB)
	@echo '  make $@ ($(strip $(EXTRA_DEBS) $(PORTS_USED)))'
	@image/mkimage $@ $(IMAGE_PARTS) $(GRUB) $(EXTRA) $(IMAGE_FREE)
endif

image: $(IMAGE)
image-name:
	@echo $(abspath $(IMAGE))

# --- using it ---

run: $(IMAGE)
	@IMAGE=$(IMAGE) mk/run

lint:
	@mk/lint
# Lay all sources out as .clang-format says.
format:
	@mk/format

# With the ports that are quickly built.
test: $(IMAGE) host-tests $(BUILD)/debian/busybox-static port-lua port-tcc
	@tests/run

# Debian's programs in the guest; fetches 110 MB of packages the first time.
test-debian: $(IMAGE)
	@tests/debian/test $(CASES)
# busybox's own test suite in the guest: minutes.
test-busybox: $(IMAGE)
	@tests/busybox/test $(APPLETS)
# All ports, built and tried in the guest; the first time takes some minutes.
test-ports: $(IMAGE) $(PORT_NAMES:%=port-%)
	@tests/run --guest ports

bench: $(IMAGE)
	@mk/bench
# What Linux costs beside it (docs/performance.md).
$(STAMP)/linux: mk/linux $(BUILD)/busybox $(wildcard tests/system/bench/posixbench/*.[ch]) | $(STAMP)/deps
	$(call once,mk/linux)
bench-linux: $(IMAGE) $(STAMP)/linux
	@mk/bench-linux

clean:
	@rm -rf $(BUILD)
