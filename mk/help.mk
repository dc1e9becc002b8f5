# SPDX-License-Identifier: MIT
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

.PHONY: help
help:
	@echo 'make run        build what is missing and boot Drove in this terminal (ctrl-a x ends it)'
	@echo 'make test       all tests, on the host and in the guest'
	@echo 'make test-debian  programs of Debian 12, unmodified, in the guest (CASES="NAME..." for some); fetches 110 MB'
	@echo 'make test-busybox  the test suite of busybox in the guest (APPLETS="NAME..." for some)'
	@echo 'make bench      what things cost, in instructions'
	@echo 'make bench-linux  POSIX calls on Linux and on Drove side by side; fetches a kernel of Debian'
	@echo 'make image      build/drove.img, a bootable disk'
	@echo '                EXTRA_DEBS="bash python3" after `make image` or `make run`: with these packages of Debian 12'
	@echo '                PORTS="dash lua" likewise: with these ports; `make ports` lists them, make port-NAME builds one'
	@echo 'make test-ports builds all ports and tries them in the guest'
	@echo 'make toolchain  build/toolchain/bin/x86_64-drove-linux-musl-gcc and -g++'
	@echo 'make deps       only install the Debian packages that are needed'
	@echo 'make lint       only the checks of the source; make format lays it out as they want it'
	@echo 'make clean      remove build/ (what was downloaded too)'
