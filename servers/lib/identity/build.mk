library := identity
sources := identity.c
