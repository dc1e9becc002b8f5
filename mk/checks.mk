# SPDX-License-Identifier: MIT
# What must compile besides the system itself: everything with clang too, and every header alone.
.PHONY: checks

# clang looks again at what gcc has compiled again.
CLANG_KINDS := kernel server personality
CLANG_PAIRS := $(foreach c,$(COMPILED),$(if $(filter $(CLANG_KINDS),$(firstword $(subst :, ,$(c)))),$(c)))
NOT_CLANG := -MMD -MP -fno-strict-aliasing
CLANG_INCLUDE = $(eval CLANG_INCLUDE := $(shell clang -print-resource-dir)/include)$(CLANG_INCLUDE)
define clang_rule
CHECKS += $(BUILD)/checks/$(1)/$(2).clang
$(BUILD)/checks/$(1)/$(2).clang: $(2) $(call object,$(1),$(2))
	@mkdir -p $$(@D)
	@clang $$(patsubst $$(GCC_INCLUDE),$$(CLANG_INCLUDE),$$(filter-out $$(NOT_CLANG),$$(FLAGS_$(1)))) $$(CFLAGS_OF_$(1)@$(2)) -fsyntax-only $(2)
	@touch $$@
endef
CHECKS :=
$(foreach c,$(filter %.c,$(CLANG_PAIRS)),$(eval $(call clang_rule,$(firstword $(subst :, ,$(c))),$(lastword $(subst :, ,$(c))))))

# header_rule KIND, HEADER, EXTRA FLAGS
define header_rule
CHECKS += $(BUILD)/checks/$(2).alone
$(BUILD)/checks/$(2).alone: $(2) mk/checks.mk $(if $(filter server,$(1)),$(MUSL)) | $(DEPS) $$(GENERATED_HEADERS)
	@mkdir -p $$(@D)
	@$(CC) $$(FLAGS_$(1)) $(3) -MF $$@.d -MT $$@ -fsyntax-only -include $(2) -x c /dev/null
	@touch $$@
-include $(BUILD)/checks/$(2).alone.d
endef
# A header without `#pragma once` is a list that others include as they need it; arch_inline.h is the end of arch.h.
headers = $(sort $(filter-out %/arch_inline.h,$(shell find $(1) -name "*.h" -exec grep -l "^.pragma once" {} +)))
$(foreach h,$(call headers,kernel),$(eval $(call header_rule,kernel,$(h))))
$(foreach h,$(call headers,servers drivers),$(eval $(call header_rule,server,$(h))))
$(foreach h,$(call headers,libc-port/personality),$(eval $(call header_rule,personality,$(h),-Ilibc-port/personality)))

checks: $(CHECKS)
