# SPDX-License-Identifier: MIT
# How each kind of leaf is built. A leaf's build.mk is data: one of
#	kernel := NAME, server := NAME, driver := NAME, library := NAME, personality := NAME, program := NAME, host_test := NAME,
#	host_script := NAME (a test that is a script: `script :=` names it, `needs :=` what is to be built before it runs)
# with `sources :=` (relative to the leaf, or from the top if they begin with a top-level folder), `uses :=` libraries, `cflags :=`, and for
# programs `install :=` (where in the image; /bin/NAME without it).

BUILD := build
CROSS := x86_64-linux-gnu-
CC := $(CROSS)gcc-12
HOST_CC := gcc-12
TARGET := x86_64-drove-linux-musl
TOOLCHAIN := $(BUILD)/toolchain
SYSROOT := $(TOOLCHAIN)/$(TARGET)/sysroot
MUSL := $(BUILD)/stamp/musl
DEPS := $(BUILD)/stamp/deps
TOPS := kernel servers drivers libc-port rootfs image tests mk build

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wvla -Wmissing-prototypes -Wcast-qual -Wstrict-prototypes -Werror
COMMON := -std=gnu11 -g $(WARNINGS) -fno-strict-aliasing -MMD -MP
GENERATED := -I$(BUILD)/gen
FREESTANDING := -ffreestanding -fno-pic -fno-pie -mno-red-zone -mgeneral-regs-only -fno-stack-protector \
	-fcf-protection=none -fno-asynchronous-unwind-tables
# Asked once, and only when something is compiled: the compiler may have to be installed first.
GCC_INCLUDE = $(eval GCC_INCLUDE := $(shell $(CC) -print-file-name=include))$(GCC_INCLUDE)

FLAGS_kernel = $(COMMON) -O2 $(FREESTANDING) -mcmodel=kernel -fno-omit-frame-pointer -Ikernel -Ikernel/arch/x86_64 $(GENERATED)
FLAGS_kernel-debug = $(FLAGS_kernel) -DDEBUG
FLAGS_server = $(COMMON) -O2 -fno-pic -fno-pie -mno-red-zone -mgeneral-regs-only -fno-stack-protector -fcf-protection=none \
	-ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -nostdinc -isystem $(SYSROOT)/usr/include \
	-isystem $(GCC_INCLUDE) -D_GNU_SOURCE -Iservers -Ikernel -Idrivers $(GENERATED)
FLAGS_personality = $(COMMON) -O2 $(FREESTANDING) -ffunction-sections -Iservers -Ikernel -Ilibc-port $(GENERATED)
FLAGS_program = -std=gnu11 -g -O2 -Wall -Wextra -MMD -MP -Iservers -Ikernel -Itests $(GENERATED)
FLAGS_host = $(COMMON) -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -D_GNU_SOURCE \
	-Iservers -Ikernel -Idrivers -Ilibc-port -Itests -Itests/host $(GENERATED)

# --- generated code ---

PROTOCOLS := $(shell grep -l '^INTERFACE' servers/proto/*.h)
PROTO_CLIENTS := $(PROTOCOLS:servers/proto/%.h=$(BUILD)/gen/proto/%_client.c)
PROTO_SERVERS := $(PROTOCOLS:servers/proto/%.h=$(BUILD)/gen/proto/%_server.c)
PROTO_OPS := $(PROTOCOLS:servers/proto/%.h=$(BUILD)/gen/proto/%_server.h)
SYS_TABLE := $(BUILD)/gen/syscall_table.c
SYS_STUBS := $(BUILD)/gen/syscall_stubs.c
SYS_HEADER := $(BUILD)/gen/sys.h
GENERATED_HEADERS := $(PROTO_OPS) $(SYS_HEADER)

# abigen's output changes only if what it makes does.
define abigen
	@mkdir -p $(@D)
	@new=$@.$$$$$$$$; mk/abigen $(1) $< > $$new && mv $$new $@
endef
$(BUILD)/gen/proto/%_client.c: servers/proto/%.h mk/abigen | $(DEPS)
	$(call abigen,client)
$(BUILD)/gen/proto/%_server.c: servers/proto/%.h mk/abigen | $(DEPS)
	$(call abigen,server)
$(BUILD)/gen/proto/%_server.h: servers/proto/%.h mk/abigen | $(DEPS)
	$(call abigen,ops)
$(SYS_TABLE): kernel/abi/syscalls.h mk/abigen | $(DEPS)
	$(call abigen,syscall-table)
$(SYS_STUBS): kernel/abi/syscalls.h mk/abigen | $(DEPS)
	$(call abigen,syscall-stubs)
$(SYS_HEADER): kernel/abi/syscalls.h mk/abigen | $(DEPS)
	$(call abigen,syscall-header)

# --- objects ---

# object KIND, SOURCE: where a source's object lies.
object = $(BUILD)/obj/$(1)/$(basename $(patsubst $(BUILD)/%,%,$(2))).o
# path LEAF, SOURCES: sources relative to the leaf, or from the top.
path = $(foreach s,$(2),$(if $(filter $(TOPS),$(firstword $(subst /, ,$(s)))),$(s),$(1)/$(s)))

define compile_rule
$$(call object,$(1),$(3)): $(3) $(4) $(5) | $(DEPS) $$(GENERATED_HEADERS)
	@mkdir -p $$(@D)
	@echo '  cc   $(3)'
	@$(2) -c $(3) -o $$@
endef
ALL_OBJECTS :=
COMPILED :=
# compile KIND, SOURCES, EXTRA FLAGS, PREREQUISITES: rules for those that have none yet.
define compile
$(foreach s,$(2),$(if $(filter $(1):$(s),$(COMPILED)),,$(eval COMPILED += $(1):$(s))$(eval CFLAGS_OF_$(1)@$(s) := $(3))$(eval ALL_OBJECTS += $(call object,$(1),$(s)))$(eval $(call compile_rule,$(1),$(CC) $$(FLAGS_$(1)) $(3),$(s),$(4),mk/rules.mk $(leaf:%=%/build.mk)))))
endef
objects = $(foreach s,$(2),$(call object,$(1),$(s)))

# --- leaves ---

SERVERS :=
PROGRAMS :=
HOST_TESTS :=
KERNELS :=

define kernel_rules
$(call compile,kernel,$(all),$(cflags))
$(call compile,kernel-debug,$(all),$(cflags))
$(foreach k,kernel kernel-debug,
$(BUILD)/$(k).elf: $(call objects,$(k),$(all)) $(leaf)/arch/x86_64/kernel.ld $(leaf)/build.mk
	@echo '  ld   $$@'
	@$(CROSS)ld -nostdlib -static -z max-page-size=4096 -z noexecstack --no-warn-rwx-segments -T $(leaf)/arch/x86_64/kernel.ld -o $$@ $$(filter %.o,$$^)
	@find kernel -path kernel/arch/host -prune -o -name '*.[chS]' -print | xargs cat | grep -c . | xargs printf '  %s lines of kernel (limit 10000)\n'
KERNELS += $(BUILD)/$(k).elf
)
endef

define library_rules
$(call compile,server,$(all),$(cflags),$(MUSL))
$(BUILD)/lib/$(library).a: $(call objects,server,$(all)) $(leaf)/build.mk
	@mkdir -p $$(@D)
	@rm -f $$@ && $(CROSS)ar rcs $$@ $$(filter %.o,$$^)
endef

LINK_SERVER = $(CC) -nostdlib -static -no-pie -z max-page-size=4096 -z separate-code -z noexecstack -z norelro -Wl,--gc-sections \
	-Wl,--build-id=none -Wl,-Ttext-segment=0x400000
SERVER_LIBS = $(BUILD)/lib/rt.a $(BUILD)/lib/proto.a
define server_rules
$(call compile,server,$(all),$(cflags),$(MUSL))
$(BUILD)/servers/$(server).elf: $(call objects,server,$(all)) $(foreach l,$(filter-out rt proto,$(uses)),$(BUILD)/lib/$(l).a) $(SERVER_LIBS) $(leaf)/build.mk
	@mkdir -p $$(@D)
	@echo '  ld   $$@'
	@$(LINK_SERVER) -o $$@ $$(filter %.o,$$^) -Wl,--start-group $$(filter %.a,$$^) $(SYSROOT)/usr/lib/libc.a -lgcc -Wl,--end-group
SERVERS += $(BUILD)/servers/$(server).elf
endef

PERSONALITY := $(BUILD)/personality.elf
define personality_rules
$(call compile,personality,$(all) $(PROTO_CLIENTS) $(SYS_STUBS),$(cflags))
$(PERSONALITY): $(call objects,personality,$(all) $(PROTO_CLIENTS) $(SYS_STUBS)) $(leaf)/$(script) $(leaf)/build.mk
	@echo '  ld   $$@'
	@$(CROSS)ld -nostdlib -static -z max-page-size=4096 -z noexecstack -z norelro --gc-sections -T $(leaf)/$(script) -o $$@ $$(filter %.o,$$^)
endef

# Programs and host tests compile their sources for themselves: each may have flags of its own.
define program_rules
$(foreach s,$(all),$(eval $(call program_compile_rule,$(s),$(call object,program/$(program),$(s)))))
$(BUILD)/programs/$(program): $(foreach s,$(all),$(call object,program/$(program),$(s))) $(leaf)/build.mk
	@mkdir -p $$(@D)
	@echo '  ld   $$@'
	@$(TOOLCHAIN)/bin/$(TARGET)-gcc $(if $(ldflags),$(ldflags),-static) -o $$@ $$(filter %.o,$$^)
PROGRAMS += $(BUILD)/programs/$(program):$(if $(install),$(install),/bin/$(program))
endef
define program_compile_rule
$(2): $(1) $(leaf)/build.mk mk/rules.mk | $(BUILD)/stamp/toolchain-c $$(GENERATED_HEADERS)
	@mkdir -p $$(@D)
	@echo '  cc   $(1)'
	@$(TOOLCHAIN)/bin/$(TARGET)-gcc $$(FLAGS_program) $(cflags) -c $(1) -o $$@
ALL_OBJECTS += $(2)
endef

define host_compile_rule
$(2): $(1) $(leaf)/build.mk mk/rules.mk | $(DEPS) $$(GENERATED_HEADERS)
	@mkdir -p $$(@D)
	@echo '  cc   $(1)'
	@$(HOST_CC) $$(FLAGS_host) $(cflags) -c $(1) -o $$@
ALL_OBJECTS += $(2)
endef
define host_test_rules
$(foreach s,$(all),$(eval $(call host_compile_rule,$(s),$(call object,host/$(host_test),$(s)))))
$(BUILD)/host/$(host_test): $(foreach s,$(all),$(call object,host/$(host_test),$(s))) $(leaf)/build.mk
	@mkdir -p $$(@D)
	@$(HOST_CC) -fsanitize=address,undefined $(ldflags) -o $$@ $$(filter %.o,$$^)
HOST_TESTS += $(BUILD)/host/$(host_test)
endef

define host_script_rules
$(BUILD)/host/$(host_script): $(leaf)/$(script) $(leaf)/build.mk $(needs) | $(DEPS)
	@mkdir -p $$(@D)
	@install -m 755 $$< $$@
HOST_TESTS += $(BUILD)/host/$(host_script)
endef

KINDS := kernel library server driver personality program host_test host_script
LEAF_VARIABLES := $(KINDS) sources uses cflags ldflags install script needs

define read_leaf
$(foreach v,$(LEAF_VARIABLES),$(eval $(v) :=))
$(eval include $(1))
$(eval leaf := $(patsubst %/,%,$(dir $(1))))
$(eval server := $(server)$(driver))
$(eval all := $(call path,$(leaf),$(sources)))
$(if $(kernel),$(eval all += $(SYS_TABLE))$(eval $(kernel_rules)))
$(if $(library),$(eval $(library_rules)))
$(if $(server),$(eval $(server_rules)))
$(if $(personality),$(eval $(personality_rules)))
$(if $(program),$(eval $(program_rules)))
$(if $(host_test),$(eval $(host_test_rules)))
$(if $(host_script),$(eval $(host_script_rules)))
endef

# The marshalling code as a library.
leaf :=
$(eval $(call compile,server,$(PROTO_CLIENTS) $(PROTO_SERVERS) $(SYS_STUBS),,$(MUSL)))
$(BUILD)/lib/proto.a: $(call objects,server,$(PROTO_CLIENTS) $(PROTO_SERVERS) $(SYS_STUBS))
	@mkdir -p $(@D)
	@rm -f $@ && $(CROSS)ar rcs $@ $^

LEAVES := $(sort $(shell find kernel servers drivers libc-port tests -name build.mk))
$(foreach l,$(LEAVES),$(eval $(call read_leaf,$(l))))

-include $(ALL_OBJECTS:.o=.d)
