/* SPDX-License-Identifier: MIT */
/* Signals: handlers, masks, interrupted calls, frames. */
#include "posix.h"

#include <ucontext.h>

static volatile sig_atomic_t count, last;
static volatile int last_code;

static void on_signal(int signal)
{
	count++;
	last = signal;
}

static void on_info(int signal, siginfo_t *info, void *context)
{
	(void)context;
	count++;
	last = signal;
	last_code = info->si_code;
}

static void handle(int signal, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	CHECK_EQ(sigaction(signal, &action, NULL), 0);
	count = last = 0;
}

static sigset_t only(int signal)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	return set;
}

/* A child that sends `signal` to us after `ms`. */
static pid_t send_later(int signal, long ms)
{
	pid_t parent = getpid(), pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		sleep_ms(ms);
		kill(parent, signal);
		_exit(0);
	}
	return pid;
}

static void reap(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
}

TEST(raise_runs_the_handler_before_it_returns)
{
	handle(SIGUSR1, on_signal, 0);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(count, 1);
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	CHECK_EQ(count, 2);
	handle(SIGUSR1, SIG_DFL, 0);
}

TEST(a_handler_is_told_who_sent)
{
	struct sigaction action = { .sa_sigaction = on_info, .sa_flags = SA_SIGINFO };

	CHECK_EQ(sigaction(SIGUSR2, &action, NULL), 0);
	kill(getpid(), SIGUSR2);
	CHECK_EQ(last, SIGUSR2);
	CHECK_EQ(last_code, SI_USER);
	syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR2);
	CHECK_EQ(last_code, SI_TKILL);
	union sigval value = { .sival_int = 5 };
	CHECK_EQ(sigqueue(getpid(), SIGUSR2, value), 0);
	CHECK_EQ(last_code, SI_QUEUE);
	handle(SIGUSR2, SIG_DFL, 0);
}

TEST(blocked_signals_wait)
{
	sigset_t set = only(SIGUSR1), old, pending;

	handle(SIGUSR1, on_signal, 0);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, &old), 0);
	raise(SIGUSR1);
	raise(SIGUSR1);
	CHECK_EQ(count, 0);
	CHECK_EQ(sigpending(&pending), 0);
	CHECK(sigismember(&pending, SIGUSR1));
	CHECK_EQ(sigprocmask(SIG_SETMASK, &old, NULL), 0);
	CHECK_EQ(count, 1);
	handle(SIGUSR1, SIG_DFL, 0);
}

static void nested(int signal)
{
	if (count++ == 0)
		raise(signal);
}

TEST(a_handler_blocks_its_own_signal_unless_told_otherwise)
{
	handle(SIGUSR1, nested, 0);
	raise(SIGUSR1);
	CHECK_EQ(count, 2);
	handle(SIGUSR1, nested, SA_NODEFER);
	raise(SIGUSR1);
	CHECK_EQ(count, 2);
	handle(SIGUSR1, on_signal, SA_RESETHAND);
	raise(SIGUSR1);
	struct sigaction now;
	CHECK_EQ(sigaction(SIGUSR1, NULL, &now), 0);
	CHECK(now.sa_handler == SIG_DFL);
}

TEST(a_signal_interrupts_a_read_or_restarts_it)
{
	int fds[2];
	char c;

	CHECK_EQ(pipe(fds), 0);
	handle(SIGUSR1, on_signal, 0);
	pid_t pid = send_later(SIGUSR1, 100);
	CHECK_ERROR(read(fds[0], &c, 1), EINTR);
	CHECK_EQ(count, 1);
	reap(pid);

	handle(SIGUSR1, on_signal, SA_RESTART);
	pid_t parent = getpid();
	pid = fork();
	if (!pid) {
		sleep_ms(100);
		kill(parent, SIGUSR1);
		sleep_ms(100);
		_exit(write(fds[1], "z", 1) != 1);
	}
	CHECK_EQ(read(fds[0], &c, 1), 1);
	CHECK_EQ(c, 'z');
	CHECK_EQ(count, 1);
	reap(pid);
	close(fds[0]);
	close(fds[1]);
	handle(SIGUSR1, SIG_DFL, 0);
}

TEST(a_signal_that_is_ignored_interrupts_nothing)
{
	struct timespec left = { 0, 0 };

	handle(SIGUSR1, SIG_IGN, 0);
	pid_t pid = send_later(SIGUSR1, 50);
	CHECK_EQ(nanosleep(&(struct timespec){ 0, 300000000 }, &left), 0);
	reap(pid);
	handle(SIGUSR1, SIG_DFL, 0);
}

TEST(sleep_tells_what_is_left)
{
	struct timespec left = { 0, 0 };

	handle(SIGALRM, on_signal, SA_RESTART);
	struct itimerval timer = { .it_value = { 0, 100000 } };
	CHECK_EQ(setitimer(ITIMER_REAL, &timer, NULL), 0);
	CHECK_ERROR(nanosleep(&(struct timespec){ 5, 0 }, &left), EINTR);
	CHECK_EQ(count, 1);
	CHECK(left.tv_sec >= 3 && left.tv_sec < 5);
	handle(SIGALRM, SIG_DFL, 0);
}

TEST(an_interval_timer_repeats)
{
	struct itimerval timer = { { 0, 20000 }, { 0, 20000 } }, off = { 0 };

	handle(SIGALRM, on_signal, 0);
	CHECK_EQ(setitimer(ITIMER_REAL, &timer, NULL), 0);
	while (count < 4)
		pause();
	CHECK_EQ(setitimer(ITIMER_REAL, &off, NULL), 0);
	CHECK_EQ(alarm(100), 0);
	CHECK_EQ(alarm(0), 100);
	handle(SIGALRM, SIG_DFL, 0);
}

TEST(sigsuspend_waits_with_its_own_mask)
{
	sigset_t set = only(SIGUSR1), old, none;

	sigemptyset(&none);
	handle(SIGUSR1, on_signal, 0);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, &old), 0);
	raise(SIGUSR1);
	CHECK_EQ(count, 0);
	CHECK_ERROR(sigsuspend(&none), EINTR);
	CHECK_EQ(count, 1);
	raise(SIGUSR1);
	CHECK_EQ(count, 1);
	CHECK_EQ(sigprocmask(SIG_SETMASK, &old, NULL), 0);
	CHECK_EQ(count, 2);
	handle(SIGUSR1, SIG_DFL, 0);
}

TEST(sigtimedwait_takes_a_signal_or_gives_up)
{
	sigset_t set = only(SIGUSR1), old;
	siginfo_t info;

	handle(SIGUSR1, on_signal, 0);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, &old), 0);
	CHECK_ERROR(sigtimedwait(&set, &info, &(struct timespec){ 0, 20000000 }), EAGAIN);
	raise(SIGUSR1);
	CHECK_EQ(sigtimedwait(&set, &info, &(struct timespec){ 1, 0 }), SIGUSR1);
	CHECK_EQ(info.si_signo, SIGUSR1);
	pid_t pid = send_later(SIGUSR1, 100);
	CHECK_EQ(sigwaitinfo(&set, &info), SIGUSR1);
	CHECK_EQ(count, 0);
	reap(pid);
	CHECK_EQ(sigprocmask(SIG_SETMASK, &old, NULL), 0);
	handle(SIGUSR1, SIG_DFL, 0);
}

static char alternate[32768];
static volatile int on_alternate;

static void check_stack(int signal)
{
	char here;

	on_alternate = &here >= alternate && &here < alternate + sizeof(alternate);
	on_signal(signal);
}

TEST(a_handler_runs_on_the_alternate_stack)
{
	stack_t stack = { .ss_sp = alternate, .ss_size = sizeof(alternate) }, old;

	CHECK_EQ(sigaltstack(&stack, NULL), 0);
	handle(SIGUSR1, check_stack, SA_ONSTACK);
	raise(SIGUSR1);
	CHECK(on_alternate);
	handle(SIGUSR1, check_stack, 0);
	raise(SIGUSR1);
	CHECK(!on_alternate);
	stack.ss_flags = SS_DISABLE;
	CHECK_EQ(sigaltstack(&stack, &old), 0);
	CHECK(old.ss_sp == alternate);
	handle(SIGUSR1, SIG_DFL, 0);
}

static void change_registers(int signal, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)signal;
	(void)info;
	uc->uc_mcontext.gregs[REG_RBX] += 1;
	uc->uc_mcontext.gregs[REG_RIP] += 2; /* over ud2 */
	count++;
}

TEST(a_handler_sees_and_changes_the_registers)
{
	struct sigaction action = { .sa_sigaction = change_registers, .sa_flags = SA_SIGINFO };
	unsigned long rbx = 41, rcx = 1111, r11 = 2222;

	CHECK_EQ(sigaction(SIGILL, &action, NULL), 0);
	count = 0;
	register unsigned long r11_variable __asm__("r11") = r11;
	__asm__ volatile("ud2" : "+b"(rbx), "+c"(rcx), "+r"(r11_variable) : : "memory");
	r11 = r11_variable;
	CHECK_EQ(count, 1);
	CHECK_EQ(rbx, 42);
	CHECK_EQ(rcx, 1111);
	CHECK_EQ(r11, 2222);
	handle(SIGILL, SIG_DFL, 0);
}

static void use_floating_point(int signal)
{
	volatile double x = 1.5;

	for (int i = 0; i < 10; i++)
		x = x * 1.1 + 0.3;
	__asm__ volatile("pxor %%xmm0, %%xmm0; pxor %%xmm5, %%xmm5; pxor %%xmm15, %%xmm15; fninit"
	                 :
	                 :
	                 : "xmm0", "xmm5", "xmm15");
	on_signal(signal);
}

TEST(floating_point_registers_survive_a_handler)
{
	double in[3] = { 1.25, 2.5, 3.75 }, out[3] = { 0 };
	pid_t pid = getpid();

	handle(SIGUSR1, use_floating_point, 0);
	__asm__ volatile("movsd 0(%1), %%xmm0\n\tmovsd 8(%1), %%xmm5\n\tmovsd 16(%1), %%xmm15\n\t"
	                 "mov $62, %%eax\n\tmov %3, %%edi\n\tmov $10, %%esi\n\tsyscall\n\t"
	                 "movsd %%xmm0, 0(%2)\n\tmovsd %%xmm5, 8(%2)\n\tmovsd %%xmm15, 16(%2)"
	                 : "=m"(out)
	                 : "r"(in), "r"(out), "r"(pid)
	                 : "rax", "rdi", "rsi", "rcx", "r11", "xmm0", "xmm5", "xmm15", "memory");
	CHECK_EQ(count, 1);
	CHECK(out[0] == 1.25 && out[1] == 2.5 && out[2] == 3.75);
	handle(SIGUSR1, SIG_DFL, 0);
}

static void divide_by_zero(void)
{
	volatile int zero = 0;

	__asm__ volatile("idivl %0" : : "m"(zero), "a"(1), "d"(0));
}
static volatile uintptr_t low_address = 8, wild_address = 0x8000000000000000;
static void read_null(void) { (void)*(volatile int *)low_address; }
static void abort_now(void) { abort(); }
static void raise_term(void) { raise(SIGTERM); }
static void kill_self(void) { kill(getpid(), SIGKILL); }
static void write_broken_pipe(void)
{
	int fds[2];

	signal(SIGPIPE, SIG_DFL);
	if (pipe(fds) || close(fds[0]))
		_exit(1);
	(void)!write(fds[1], "x", 1);
}
static void execute_nonsense(void) { __asm__ volatile("ud2"); }
static void touch_wild(void) { (void)*(volatile int *)wild_address; }

TEST(deadly_signals_kill_with_their_number)
{
	static const struct {
		void (*body)(void);
		int signal;
	} cases[] = { { divide_by_zero, SIGFPE },   { read_null, SIGSEGV },
		      { abort_now, SIGABRT },       { raise_term, SIGTERM },
		      { kill_self, SIGKILL },       { write_broken_pipe, SIGPIPE },
		      { execute_nonsense, SIGILL }, { touch_wild, SIGSEGV } };
	struct rlimit no_core = { 0, 0 };

	setrlimit(RLIMIT_CORE, &no_core);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status = in_child(cases[i].body);
		CHECK(WIFSIGNALED(status));
		CHECK_EQ(WTERMSIG(status), cases[i].signal);
	}
}

TEST(a_child_that_ends_says_SIGCHLD)
{
	handle(SIGCHLD, on_signal, SA_RESTART);
	pid_t pid = fork();
	if (!pid)
		_exit(7);
	int status;
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	for (int i = 0; i < 100 && !count; i++)
		sleep_ms(5);
	CHECK_EQ(count, 1);
	handle(SIGCHLD, SIG_DFL, 0);
}

TEST(ignoring_SIGCHLD_leaves_no_zombies)
{
	handle(SIGCHLD, SIG_IGN, 0);
	pid_t pid = fork();
	if (!pid)
		_exit(0);
	CHECK_ERROR(waitpid(pid, NULL, 0), ECHILD);
	handle(SIGCHLD, SIG_DFL, 0);
}

TEST(kill_finds_processes_and_groups)
{
	CHECK_EQ(kill(getpid(), 0), 0);
	CHECK_ERROR(kill(0x3ffffff, 0), ESRCH);
	pid_t pid = fork();
	if (!pid) {
		setpgid(0, 0);
		pause();
		_exit(0);
	}
	setpgid(pid, pid);
	CHECK_EQ(kill(-pid, SIGTERM), 0);
	int status;
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

TEST(a_stopped_child_is_seen_and_goes_on)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		raise(SIGSTOP);
		_exit(3);
	}
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status));
	CHECK_EQ(WSTOPSIG(status), SIGSTOP);
	CHECK_EQ(kill(pid, SIGCONT), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
}

TEST(a_storm_of_signals_loses_no_register)
{
	struct itimerval timer = { { 0, 1000 }, { 0, 1000 } }, off = { 0 };
	unsigned long a = 1, b = 2, c = 3;

	handle(SIGALRM, use_floating_point, 0);
	CHECK_EQ(setitimer(ITIMER_REAL, &timer, NULL), 0);
	for (unsigned long i = 0; i < 3000000 || count < 20; i++) {
		a = a * 6364136223846793005ul + 1442695040888963407ul;
		b ^= a >> 7;
		c += b;
		if (i % 4096 == 0)
			(void)syscall(SYS_getppid);
	}
	CHECK_EQ(setitimer(ITIMER_REAL, &off, NULL), 0);
	unsigned long x = 1, y = 2, z = 3;
	while (x != a) {
		x = x * 6364136223846793005ul + 1442695040888963407ul;
		y ^= x >> 7;
		z += y;
	}
	CHECK_EQ(b, y);
	CHECK_EQ(c, z);
	handle(SIGALRM, SIG_DFL, 0);
}
