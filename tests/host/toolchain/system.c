/* SPDX-License-Identifier: MIT */
/* Threads, processes, signals, cancellation and thread-local storage through musl's gate. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t signalled;
static _Thread_local int own = 5;
static int never[2];

static void on_signal(int number) { signalled = number; }

static void *add_one(void *argument)
{
	own++;
	return (char *)argument + own;
}

static void *read_for_ever(void *argument)
{
	char byte;
	return read(never[0], &byte, 1) < 0 ? NULL : argument;
}

int main(void)
{
	pthread_t thread;
	void *result, *cancelled;
	int status;

	pthread_create(&thread, NULL, add_one, (void *)36);
	pthread_join(thread, &result);
	if (pipe(never) || pthread_create(&thread, NULL, read_for_ever, NULL))
		return 1;
	pthread_cancel(thread);
	pthread_join(thread, &cancelled);
	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
	pid_t child = vfork();
	if (!child)
		_exit(7);
	waitpid(child, &status, 0);
	printf("thread %d own %d cancelled %d signal %d child %d shell %d long double %.3Lf\n",
	       (int)(long)result, own, cancelled == PTHREAD_CANCELED, signalled == SIGUSR1,
	       WEXITSTATUS(status), WEXITSTATUS(system("exit 3")), 1.5L);
	return 0;
}
