# SPDX-License-Identifier: MIT
# Drove. `make` says what there is to do. The rules are in mk/; every leaf folder has a build.mk with its data.
include mk/help.mk
include mk/rules.mk
include mk/checks.mk
include mk/ports.mk
include mk/targets.mk
