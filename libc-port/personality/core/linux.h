/* SPDX-License-Identifier: MIT */
/* Linux's numbers and layouts for x86_64, as far as the personality uses them. */
#pragma once

#include "abi/types.h"

enum linux_error {
	EPERM = 1,
	ENOENT,
	ESRCH,
	EINTR,
	EIO,
	ENXIO,
	E2BIG,
	ENOEXEC,
	EBADF,
	ECHILD,
	EAGAIN,
	ENOMEM,
	EACCES,
	EFAULT,
	ENOTBLK,
	EBUSY,
	EEXIST,
	EXDEV,
	ENODEV,
	ENOTDIR,
	EISDIR,
	EINVAL,
	ENFILE,
	EMFILE,
	ENOTTY,
	ETXTBSY,
	EFBIG,
	ENOSPC,
	ESPIPE,
	EROFS,
	EMLINK,
	EPIPE,
	EDOM,
	ERANGE,
	EDEADLK,
	ENAMETOOLONG,
	ENOLCK,
	ENOSYS,
	ENOTEMPTY,
	ELOOP,
	ENOMSG = 42,
	EIDRM,
	ENODATA = 61,
	EOVERFLOW = 75,
	ENOTSOCK = 88,
	EDESTADDRREQ,
	EMSGSIZE,
	EPROTOTYPE,
	ENOPROTOOPT,
	EPROTONOSUPPORT,
	ESOCKTNOSUPPORT,
	EOPNOTSUPP,
	EPFNOSUPPORT,
	EAFNOSUPPORT,
	EADDRINUSE,
	EADDRNOTAVAIL,
	ENETDOWN,
	ENETUNREACH,
	ENETRESET,
	ECONNABORTED,
	ECONNRESET,
	ENOBUFS,
	EISCONN,
	ENOTCONN,
	ESHUTDOWN,
	ETOOMANYREFS,
	ETIMEDOUT,
	ECONNREFUSED,
	EHOSTDOWN,
	EHOSTUNREACH,
	EALREADY,
	EINPROGRESS,
	EUCLEAN = 117,
	ECANCELED = 125,
	/* Of ours, never seen by the program: begin the call again if the handler has
	 * SA_RESTART. */
	ERESTART = 512
};

/* --- files --- */
enum {
	O_ACCMODE = 3,
	O_RDONLY = 0,
	O_WRONLY = 1,
	O_RDWR = 2,
	O_CREAT = 0100,
	O_EXCL = 0200,
	O_NOCTTY = 0400,
	O_TRUNC = 01000,
	O_APPEND = 02000,
	O_NONBLOCK = 04000,
	O_DSYNC = 010000,
	O_ASYNC = 020000,
	O_DIRECT = 040000,
	O_LARGEFILE = 0100000,
	O_DIRECTORY = 0200000,
	O_NOFOLLOW = 0400000,
	O_NOATIME = 01000000,
	O_CLOEXEC = 02000000,
	O_SYNC = 04010000,
	O_PATH = 010000000,
	O_TMPFILE = 020200000
};
enum {
	S_IFMT = 0170000,
	S_IFSOCK = 0140000,
	S_IFLNK = 0120000,
	S_IFREG = 0100000,
	S_IFBLK = 0060000,
	S_IFDIR = 0040000,
	S_IFCHR = 0020000,
	S_IFIFO = 0010000
};
#define S_IS(mode, type) (((mode)&S_IFMT) == (type))
enum { AT_FDCWD = -100 };
enum {
	AT_SYMLINK_NOFOLLOW = 0x100,
	AT_REMOVEDIR = 0x200,
	AT_EACCESS = 0x200,
	AT_SYMLINK_FOLLOW = 0x400,
	AT_NO_AUTOMOUNT = 0x800,
	AT_EMPTY_PATH = 0x1000
};
enum { SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA, SEEK_HOLE };
enum { PATH_MAX = 4096, IOV_MAX = 1024 };
#define IO_SIZE_MAX 0x7ffff000ull
struct linux_iovec {
	u64 base, size;
};
struct linux_stat {
	u64 dev, ino, nlink;
	u32 mode, uid, gid, pad;
	u64 rdev;
	i64 size, block_size, blocks;
	i64 atime, atime_ns, mtime, mtime_ns, ctime, ctime_ns, unused[3];
};
_Static_assert(sizeof(struct linux_stat) == 144, "linux_stat");
struct linux_statx_time {
	i64 seconds;
	u32 ns;
	i32 pad;
};
struct linux_statx {
	u32 mask, block_size;
	u64 attributes;
	u32 nlink, uid, gid;
	u16 mode, pad1;
	u64 ino, size, blocks, attributes_mask;
	struct linux_statx_time atime, btime, ctime, mtime;
	u32 rdev_major, rdev_minor, dev_major, dev_minor;
	u64 mount_id, pad2[13];
};
_Static_assert(sizeof(struct linux_statx) == 256, "linux_statx");
struct linux_statfs {
	i64 type, block_size;
	u64 blocks, blocks_free, blocks_available, files, files_free, id;
	i64 name_max, fragment_size, flags, spare[4];
};
_Static_assert(sizeof(struct linux_statfs) == 120, "linux_statfs");
enum {
	F_DUPFD,
	F_GETFD,
	F_SETFD,
	F_GETFL,
	F_SETFL,
	F_GETLK,
	F_SETLK,
	F_SETLKW,
	F_SETOWN,
	F_GETOWN,
	F_OFD_GETLK = 36,
	F_OFD_SETLK,
	F_OFD_SETLKW,
	F_DUPFD_CLOEXEC = 1030,
	F_SETPIPE_SZ,
	F_GETPIPE_SZ,
	F_ADD_SEALS,
	F_GET_SEALS
};
enum { FD_CLOEXEC = 1 };
enum { F_RDLCK, F_WRLCK, F_UNLCK };
struct linux_flock {
	int16_t type, whence;
	i64 start, size;
	i32 pid, pad;
};
enum { LOCK_SH = 1, LOCK_EX = 2, LOCK_NB = 4, LOCK_UN = 8 };
enum {
	POLLIN = 1,
	POLLPRI = 2,
	POLLOUT = 4,
	POLLERR = 8,
	POLLHUP = 16,
	POLLNVAL = 32,
	POLLRDNORM = 64,
	POLLRDBAND = 128,
	POLLWRNORM = 256,
	POLLWRBAND = 512,
	POLLRDHUP = 0x2000
};
enum { EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL, EPOLL_CTL_MOD };
#define EPOLLEXCLUSIVE (1u << 28)
#define EPOLLWAKEUP    (1u << 29)
#define EPOLLONESHOT   (1u << 30)
#define EPOLLET        (1u << 31)
struct linux_epoll_event {
	u32 events;
	u64 data;
} __attribute__((packed));
_Static_assert(sizeof(struct linux_epoll_event) == 12, "linux_epoll_event");
struct linux_pollfd {
	i32 fd;
	int16_t events, revents;
};

/* --- sockets --- */
enum { AF_UNSPEC, AF_UNIX };
enum { SOCK_STREAM = 1, SOCK_TYPE_MASK = 0xf, SOCK_NONBLOCK = 04000, SOCK_CLOEXEC = 02000000 };
enum { SOL_SOCKET = 1, SO_ERROR = 4 };
enum { SCM_RIGHTS = 1, SCM_CREDENTIALS = 2 };
enum {
	MSG_OOB = 0x1,
	MSG_PEEK = 0x2,
	MSG_CTRUNC = 0x8,
	MSG_TRUNC = 0x20,
	MSG_DONTWAIT = 0x40,
	MSG_EOR = 0x80,
	MSG_WAITALL = 0x100,
	MSG_NOSIGNAL = 0x4000,
	MSG_WAITFORONE = 0x10000,
	MSG_CMSG_CLOEXEC = 0x40000000
};
struct linux_msghdr {
	u64 name;
	u32 name_size, pad;
	u64 vector, vector_count;
	u64 control, control_size;
	u32 flags, pad2;
};
struct linux_mmsghdr {
	struct linux_msghdr header;
	u32 size, pad;
};
struct linux_cmsghdr {
	u64 size; /* with this header */
	i32 level, type;
};
struct linux_ucred {
	i32 pid;
	u32 uid, gid;
};

/* --- memory --- */
enum { PROT_NONE, PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4 };
enum {
	MMAP_SHARED = 1,
	MMAP_PRIVATE = 2,
	MMAP_SHARED_VALIDATE = 3,
	MMAP_TYPE = 15,
	MMAP_FIXED = 0x10,
	MMAP_ANONYMOUS = 0x20,
	MMAP_GROWSDOWN = 0x100,
	MMAP_DENYWRITE = 0x800,
	MMAP_LOCKED = 0x2000,
	MMAP_NORESERVE = 0x4000,
	MMAP_POPULATE = 0x8000,
	MMAP_STACK = 0x20000,
	MMAP_FIXED_NOREPLACE = 0x100000
};
enum { MREMAP_MAYMOVE = 1, MREMAP_FIXED = 2, MREMAP_DONTUNMAP = 4 };
enum {
	MADV_NORMAL,
	MADV_RANDOM,
	MADV_SEQUENTIAL,
	MADV_WILLNEED,
	MADV_DONTNEED,
	MADV_FREE = 8,
	MADV_REMOVE = 9,
	MADV_LAST = 25
};

/* --- signals --- */
enum {
	SIGHUP = 1,
	SIGINT,
	SIGQUIT,
	SIGILL,
	SIGTRAP,
	SIGABRT,
	SIGBUS,
	SIGFPE,
	SIGKILL,
	SIGUSR1,
	SIGSEGV,
	SIGUSR2,
	SIGPIPE,
	SIGALRM,
	SIGTERM,
	SIGSTKFLT,
	SIGCHLD,
	SIGCONT,
	SIGSTOP,
	SIGTSTP,
	SIGTTIN,
	SIGTTOU,
	SIGURG,
	SIGXCPU,
	SIGXFSZ,
	SIGVTALRM,
	SIGPROF,
	SIGWINCH,
	SIGIO,
	SIGPWR,
	SIGSYS,
	SIGNAL_MAX = 64
};
#define SIGNAL_BIT(signal) (1ull << ((signal)-1))
#define SIG_DFL            0ull
#define SIG_IGN            1ull
enum { SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK };
#define SA_NOCLDSTOP 1ull
#define SA_NOCLDWAIT 2ull
#define SA_SIGINFO   4ull
#define SA_RESTORER  0x04000000ull
#define SA_ONSTACK   0x08000000ull
#define SA_RESTART   0x10000000ull
#define SA_NODEFER   0x40000000ull
#define SA_RESETHAND 0x80000000ull
struct linux_sigaction {
	u64 handler, flags, restorer, mask;
};
enum { SS_ONSTACK = 1, SS_DISABLE = 2 };
struct linux_sigaltstack {
	u64 sp;
	u32 flags, pad;
	u64 size;
};
enum {
	SI_USER = 0,
	SI_KERNEL = 0x80,
	SI_QUEUE = -1,
	SI_TIMER = -2,
	SI_TKILL = -6,
	SEGV_MAPERR = 1,
	SEGV_ACCERR = 2,
	BUS_ADRERR = 2,
	ILL_ILLOPN = 2,
	FPE_INTDIV = 1,
	FPE_FLTINV = 7,
	TRAP_BRKPT = 1,
	TRAP_TRACE = 2
};
struct linux_siginfo {
	i32 signal, error, code, pad;
	union {
		struct {
			i32 pid;
			u32 uid;
			u64 value;
		};
		struct {
			i32 child;
			u32 child_uid;
			i32 status;
		};
		u64 address;
		u64 fields[14];
	};
};
_Static_assert(sizeof(struct linux_siginfo) == 128, "linux_siginfo");
struct linux_sigcontext {
	u64 r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip,
	        rflags;
	u16 cs, gs, fs, ss;
	u64 error, trap, old_mask, cr2, fpu, reserved[8];
};
_Static_assert(sizeof(struct linux_sigcontext) == 256, "linux_sigcontext");
struct linux_ucontext {
	u64 flags, link;
	struct linux_sigaltstack stack;
	struct linux_sigcontext registers;
	u64 mask;
};
enum { UC_FP_XSTATE = 1, UC_SIGCONTEXT_SS = 2, UC_STRICT_RESTORE_SS = 4 };

/* --- processes --- */
#define CLONE_VM             0x100ull
#define CLONE_VFORK          0x4000ull
#define CLONE_SIGHAND        0x800ull
#define CLONE_THREAD         0x10000ull
#define CLONE_SETTLS         0x80000ull
#define CLONE_PARENT_SETTID  0x100000ull
#define CLONE_CHILD_CLEARTID 0x200000ull
#define CLONE_CHILD_SETTID   0x1000000ull
#define CLONE_NEW            0x7e020000ull /* any name space */
enum { WNOHANG = 1, WUNTRACED = 2, WEXITED = 4, WCONTINUED = 8, WNOWAIT = 0x1000000 };
enum { ARCH_SET_GS = 0x1001, ARCH_SET_FS, ARCH_GET_FS, ARCH_GET_GS };
struct linux_timespec {
	i64 seconds, ns;
};
struct linux_itimerspec {
	struct linux_timespec interval, value;
};
struct linux_timeval {
	i64 seconds, us;
};
struct linux_rusage {
	struct linux_timeval user, system;
	i64 resident_max, shared, data, stack, minor_faults, major_faults, swaps, in_blocks,
	        out_blocks, sent, received, signals, voluntary, involuntary;
};
_Static_assert(sizeof(struct linux_rusage) == 144, "linux_rusage");
struct linux_sysinfo {
	i64 uptime;
	u64 loads[3], total, free, shared, buffer, swap_total, swap_free;
	u16 processes, pad1;
	u32 pad2;
	u64 high_total, high_free;
	u32 unit, pad3;
};
_Static_assert(sizeof(struct linux_sysinfo) == 112, "linux_sysinfo");
struct linux_utsname {
	char field[6][65]; /* system, node, release, version, machine, domain */
};
enum {
	RLIMIT_CPU,
	RLIMIT_FSIZE,
	RLIMIT_DATA,
	RLIMIT_STACK,
	RLIMIT_CORE,
	RLIMIT_RSS,
	RLIMIT_NPROC,
	RLIMIT_NOFILE,
	RLIMIT_MEMLOCK,
	RLIMIT_AS,
	RLIMIT_COUNT = 16
};
enum {
	CLOCK_REALTIME,
	CLOCK_MONOTONIC,
	CLOCK_PROCESS_CPUTIME_ID,
	CLOCK_THREAD_CPUTIME_ID,
	CLOCK_MONOTONIC_RAW,
	CLOCK_REALTIME_COARSE,
	CLOCK_MONOTONIC_COARSE,
	CLOCK_BOOTTIME,
	CLOCK_REALTIME_ALARM,
	CLOCK_BOOTTIME_ALARM,
	CLOCK_TAI = 11
};
enum { TIMER_ABSTIME = 1 };
enum {
	FUTEX_WAIT,
	FUTEX_WAKE,
	FUTEX_FD,
	FUTEX_REQUEUE,
	FUTEX_CMP_REQUEUE,
	FUTEX_WAKE_OP,
	FUTEX_LOCK_PI,
	FUTEX_UNLOCK_PI,
	FUTEX_TRYLOCK_PI,
	FUTEX_WAIT_BITSET,
	FUTEX_WAKE_BITSET,
	FUTEX_PRIVATE_FLAG = 128,
	FUTEX_CLOCK_REALTIME = 256
};
#define FUTEX_OWNER_DIED 0x40000000u
#define FUTEX_WAITERS    0x80000000u
#define FUTEX_TID_MASK   0x3fffffffu
