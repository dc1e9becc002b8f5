driver := rtc
sources := main.c cmos.c civil.c
uses := rt driver
