host_test := manifest
sources := manifest_test.c servers/lib/manifest/manifest.c
