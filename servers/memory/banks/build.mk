program := banks
sources := banks.c
