/* SPDX-License-Identifier: MIT */
/* In place of /sbin/init: ends at once, always if there is /etc/hopeless, in its first life only if
 * not; then it is init. The argument says how: by a signal, or by itself. */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (access("/etc/hopeless", F_OK) == 0 ||
	    open("/var/first-life", O_CREAT | O_EXCL, 0600) >= 0) {
		if (access("/etc/crashes", F_OK) == 0)
			*(volatile char *)1 = 0;
		return 3;
	}
	(void)argc;
	execv("/bin/busybox", argv);
	return 4;
}
