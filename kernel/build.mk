kernel := drove
sources := boot/main.c boot/sigma0.c boot/dispatch.c debug/log.c debug/print.c lib/tree.c lib/string.c
sources += mm/frame.c mm/slots.c mm/share.c mm/region.c mm/fault.c sched/run.c sched/timer.c sched/lock.c
sources += ipc/call.c ipc/lend.c ipc/futex.c object/object.c object/bank.c object/cap.c object/segment.c object/task.c
sources += object/thread.c object/port.c object/event.c object/device.c object/schedule.c object/machine.c
sources += $(patsubst kernel/%,%,$(wildcard kernel/arch/x86_64/*.[cS] kernel/arch/x86_64/*/*.[cS]))
