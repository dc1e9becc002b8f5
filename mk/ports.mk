# SPDX-License-Identifier: MIT
# Ports: other people's programs, built from their upstream tarballs. rootfs/ports/NAME.mk is data (docs/how-to/port-a-program.md):
#	about := one line			uses := ports whose headers and libraries it needs
#	files := what goes into the image	source := its name in mk/third-party.lock, if not the port's; `none`: there is no tarball
#	configure := arguments			standard := no: configure is not GNU's and gets only these
#	make := arguments			install := the goal that installs, and arguments
#	prepare := commands before configure	finish := commands after installing
#	packages := what of Debian the build needs besides mk/deps
.PHONY: ports
PORT_NAMES := $(patsubst rootfs/ports/%.mk,%,$(sort $(wildcard rootfs/ports/*.mk)))
PORT_VARIABLES := uses source packages prepare standard configure make install finish files
QUOTED := '\''

define port_rules
PORT_USES_$(1) := $(uses)
PORT_ABOUT_$(1) := $(about)
.PHONY: port-$(1)
port-$(1): $(BUILD)/ports/$(1).tar
$(BUILD)/ports/$(1).tar: rootfs/ports/$(1).mk mk/port $(uses:%=$(BUILD)/ports/%.tar) | $(BUILD)/stamp/toolchain
	@mkdir -p $$(@D)
	@env $(foreach v,$(PORT_VARIABLES),$(v)='$(subst ',$(QUOTED),$(subst $$,$$$$,$(value $(v))))') mk/port $(1)
endef

define read_port
$(foreach v,about $(PORT_VARIABLES),$(eval $(v) :=))
$(eval source := $(1))
$(eval standard := yes)
$(eval install := install)
$(eval include rootfs/ports/$(1).mk)
$(eval $(call port_rules,$(1)))
endef
$(foreach p,$(PORT_NAMES),$(eval $(call read_port,$(p))))

# with_used PORTS: these and all that they use.
with_used = $(sort $(foreach p,$(1),$(p) $(if $(filter $(p),$(PORT_NAMES)),,$(error There is no port '$(p)'; there are $(PORT_NAMES)))$(call with_used,$(PORT_USES_$(p)))))

# What ports there are.
ports:
	@$(foreach p,$(PORT_NAMES),printf '%-12s %s\n' '$(p)' '$(PORT_ABOUT_$(p))';)
