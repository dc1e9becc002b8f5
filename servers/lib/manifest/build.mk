library := manifest
sources := manifest.c
