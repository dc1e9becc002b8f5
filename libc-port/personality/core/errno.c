/* SPDX-License-Identifier: MIT */
/* The one table from our errors to Linux's numbers. */
#include "core/call.h"

static const u8 numbers[ERROR_COUNT] = {
	[OK] = 0,
	[E_CAP] = EBADF,
	[E_RANGE] = EINVAL,
	[E_FUNDS] = ENOMEM,
	[E_NOSYS] = ENOSYS,
	[E_MSG] = EINVAL,
	[E_FAULT] = EFAULT,
	[E_TOUCH] = EFAULT,
	[E_DEAD] = EIO,
	[E_INTR] = EINTR,
	[E_TIMEOUT] = ETIMEDOUT,
	[E_AGAIN] = EAGAIN,
	[E_BUSY] = EBUSY,
	[E_EXISTS] = EEXIST,
	[E_NOENT] = ENOENT,
	[E_NOTDIR] = ENOTDIR,
	[E_ISDIR] = EISDIR,
	[E_NOTEMPTY] = ENOTEMPTY,
	[E_PERM] = EPERM,
	[E_ACCESS] = EACCES,
	[E_IO] = EIO,
	[E_NOSPACE] = ENOSPC,
	[E_READONLY] = EROFS,
	[E_NAMETOOLONG] = ENAMETOOLONG,
	[E_LOOP] = ELOOP,
	[E_XDEV] = EXDEV,
	[E_INVAL] = EINVAL,
	[E_PIPE] = EPIPE,
	[E_SPIPE] = ESPIPE,
	[E_FBIG] = EFBIG,
	[E_NOTTY] = ENOTTY,
	[E_CHILD] = ECHILD,
	[E_SRCH] = ESRCH,
	[E_NOEXEC] = ENOEXEC,
	[E_2BIG] = E2BIG,
	[E_TXTBSY] = ETXTBSY,
	[E_MLINK] = EMLINK,
	[E_NXIO] = ENXIO,
	[E_OVERFLOW] = EOVERFLOW,
	[E_LIMIT] = EAGAIN,
	[E_DEADLK] = EDEADLK,
	[E_NOTSUP] = EOPNOTSUPP,
	[E_CORRUPT] = EUCLEAN,
	[E_NODATA] = ENODATA,
	[E_CROSS] = EXDEV,
	[E_HELD] = EIO,
};

i64 error_number(err_t error)
{
	return error < ERROR_COUNT ? numbers[error] : EIO;
}
