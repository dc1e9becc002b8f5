program := posixbench
sources := posixbench.c support.c calibrate.c files.c channels.c threads.c memory.c signals.c
install := /usr/bin/posixbench
