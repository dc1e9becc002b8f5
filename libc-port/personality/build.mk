# The Linux ABI in every process: README.md.
personality := posix
sources := $(addprefix core/, call.c dispatch.c entry.S errno.c ipc.S lock.c start.c text.c trace.c user.c view.c) \
	$(addprefix memory/, limit.c map.c protect.c region.c shared.c) \
	$(addprefix file/, change.c control.c copy.c counter.c descriptor.c epoll.c epoll_watch.c handle.c inotify.c io.c memfd.c name.c open.c path.c poll.c position.c self.c signalfd.c splice.c socket.c socket_message.c stat.c target.c tty.c vector.c walk.c xattr.c) \
	$(addprefix process/, action.c capability.c exec.c fork.c frame.c futex.c identity.c inherit.c ipc.c message.c pack.c random.c semaphore.c signal.c syslog.c system.c thread.c time.c timer.c upcall.c vdso.c wait.c)
cflags := -fPIE -fvisibility=hidden -fdata-sections -Ilibc-port/personality
script := layout.ld
