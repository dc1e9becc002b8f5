/* SPDX-License-Identifier: MIT */
/* The one list of errors, for kernel calls and server replies alike. The personality translates it
 * to Linux's numbers in one table (libc-port/personality). */
#pragma once

#include "abi/types.h"

#define ERROR_LIST(ERROR)                                                                          \
	ERROR(OK, 0, "success")                                                                    \
	ERROR(E_CAP, 1, "no such capability, wrong kind, or a right is missing")                   \
	ERROR(E_RANGE, 2, "an argument is out of range")                                           \
	ERROR(E_FUNDS, 3, "the bank cannot pay")                                                   \
	ERROR(E_NOSYS, 4, "no such call")                                                          \
	ERROR(E_MSG, 5, "the message is malformed")                                                \
	ERROR(E_FAULT, 6, "bad address")                                                           \
	ERROR(E_TOUCH, 7, "a lent page is not at hand: touch it and call again")                   \
	ERROR(E_DEAD, 8, "the other side is gone")                                                 \
	ERROR(E_INTR, 9, "interrupted")                                                            \
	ERROR(E_TIMEOUT, 10, "the deadline has passed")                                            \
	ERROR(E_AGAIN, 11, "not now, try again")                                                   \
	ERROR(E_BUSY, 12, "in use")                                                                \
	ERROR(E_EXISTS, 13, "exists already")                                                      \
	ERROR(E_NOENT, 14, "no such name")                                                         \
	ERROR(E_NOTDIR, 15, "not a directory")                                                     \
	ERROR(E_ISDIR, 16, "is a directory")                                                       \
	ERROR(E_NOTEMPTY, 17, "directory not empty")                                               \
	ERROR(E_PERM, 18, "operation not permitted")                                               \
	ERROR(E_ACCESS, 19, "permission denied")                                                   \
	ERROR(E_IO, 20, "input/output error")                                                      \
	ERROR(E_NOSPACE, 21, "no space left on device")                                            \
	ERROR(E_READONLY, 22, "read-only file system")                                             \
	ERROR(E_NAMETOOLONG, 23, "name too long")                                                  \
	ERROR(E_LOOP, 24, "too many symbolic links")                                               \
	ERROR(E_XDEV, 25, "link across file systems")                                              \
	ERROR(E_INVAL, 26, "invalid argument")                                                     \
	ERROR(E_PIPE, 27, "nobody is left to read")                                                \
	ERROR(E_SPIPE, 28, "not seekable")                                                         \
	ERROR(E_FBIG, 29, "file too large")                                                        \
	ERROR(E_NOTTY, 30, "not a terminal")                                                       \
	ERROR(E_CHILD, 31, "no such child")                                                        \
	ERROR(E_SRCH, 32, "no such process")                                                       \
	ERROR(E_NOEXEC, 33, "not an executable file")                                              \
	ERROR(E_2BIG, 34, "argument list too long")                                                \
	ERROR(E_TXTBSY, 35, "text file busy")                                                      \
	ERROR(E_MLINK, 36, "too many links")                                                       \
	ERROR(E_NXIO, 37, "no such device")                                                        \
	ERROR(E_OVERFLOW, 38, "value too large")                                                   \
	ERROR(E_LIMIT, 39, "a limit of the process is reached")                                    \
	ERROR(E_DEADLK, 40, "would deadlock")                                                      \
	ERROR(E_NOTSUP, 41, "not supported by this object")                                        \
	ERROR(E_CORRUPT, 42, "the data on disk is damaged")                                        \
	ERROR(E_NODATA, 43, "no such attribute")                                                   \
	/* Not an error: a path leaves this server (see proto/dir.h). */                           \
	ERROR(E_CROSS, 44, "the path goes on at another server")                                   \
	/* Not an error: a handler holds the request and will answer later (servers only). */      \
	ERROR(E_HELD, 45, "the request is held")                                                   \
	/* Sockets. */                                                                             \
	ERROR(E_NOTSOCK, 46, "not a socket")                                                       \
	ERROR(E_DESTADDRREQ, 47, "a destination is needed")                                        \
	ERROR(E_MSGSIZE, 48, "the message is too long")                                            \
	ERROR(E_PROTOTYPE, 49, "a socket of another type")                                         \
	ERROR(E_NOPROTOOPT, 50, "no such socket option")                                           \
	ERROR(E_PROTONOSUPPORT, 51, "no such protocol")                                            \
	ERROR(E_SOCKTNOSUPPORT, 52, "no such type of socket")                                      \
	ERROR(E_AFNOSUPPORT, 53, "no such family of addresses")                                    \
	ERROR(E_ADDRINUSE, 54, "the address is in use")                                            \
	ERROR(E_ADDRNOTAVAIL, 55, "the address is not available")                                  \
	ERROR(E_NETUNREACH, 56, "the network cannot be reached")                                   \
	ERROR(E_HOSTUNREACH, 57, "the host cannot be reached")                                     \
	ERROR(E_CONNREFUSED, 58, "the connection was refused")                                     \
	ERROR(E_CONNRESET, 59, "the connection was reset")                                         \
	ERROR(E_CONNABORTED, 60, "the connection was aborted")                                     \
	ERROR(E_ISCONN, 61, "connected already")                                                   \
	ERROR(E_NOTCONN, 62, "not connected")                                                      \
	ERROR(E_INPROGRESS, 63, "the connection is being made")                                    \
	ERROR(E_ALREADY, 64, "the connection is being made already")                               \
	ERROR(E_NOBUFS, 65, "no buffer space")                                                     \
	ERROR(E_TOOMANYREFS, 66, "too many capabilities on their way")

#define ERROR_ENUM(name, number, text) name = number,
enum error { ERROR_LIST(ERROR_ENUM) ERROR_COUNT };
#undef ERROR_ENUM
