/* SPDX-License-Identifier: MIT */
/* getsockopt and setsockopt. */
#include <string.h>

#include "socket.h"

enum {
	LEVEL_SOCKET = 1,
	FAMILY_UNIX = 1,
	SO_REUSEADDR = 2,
	SO_TYPE = 3,
	SO_ERROR = 4,
	SO_DONTROUTE = 5,
	SO_BROADCAST = 6,
	SO_SNDBUF = 7,
	SO_RCVBUF = 8,
	SO_KEEPALIVE = 9,
	SO_OOBINLINE = 10,
	SO_PRIORITY = 12,
	SO_LINGER = 13,
	SO_REUSEPORT = 15,
	SO_PASSCRED = 16,
	SO_PEERCRED = 17,
	SO_RCVLOWAT = 18,
	SO_RCVTIMEO = 20,
	SO_SNDTIMEO = 21,
	SO_ACCEPTCONN = 30,
	SO_SNDBUFFORCE = 32,
	SO_RCVBUFFORCE = 33,
	SO_PROTOCOL = 38,
	SO_DOMAIN = 39,
	SO_RCVTIMEO_NEW = 66,
	SO_SNDTIMEO_NEW = 67,
};
/* Kept for who asks; they change nothing here. */
#define SWITCHES                                                                                   \
	(1u << SO_REUSEADDR | 1u << SO_DONTROUTE | 1u << SO_BROADCAST | 1u << SO_KEEPALIVE |       \
	 1u << SO_OOBINLINE | 1u << SO_REUSEPORT)

struct interval {
	i64 seconds, us;
};

static struct interval interval_of(u64 ns)
{
	return (struct interval){ (i64)(ns / 1000000000), (i64)(ns % 1000000000 / 1000) };
}

static err_t give(struct request *rq, const void *value, size_t size, u64 *length)
{
	if (size > rq->out_size)
		size = rq->out_size;
	*length = size;
	return request_write(rq, 0, value, size);
}

static u32 error_take(struct socket *socket)
{
	u32 error = socket->error;

	socket->error = OK;
	return error;
}

static bool number_get(struct socket *s, u32 option, u32 *value)
{
	switch (option) {
	case SO_TYPE:
		*value = s->type;
		return true;
	case SO_ERROR: /* an err_t: the caller's personality has Linux's number */
		*value = error_take(s);
		return true;
	case SO_SNDBUF:
		*value = s->send_size;
		return true;
	case SO_RCVBUF:
		*value = s->receive_size;
		return true;
	case SO_PRIORITY:
		*value = s->priority;
		return true;
	case SO_PASSCRED:
		*value = s->pass_credentials;
		return true;
	case SO_RCVLOWAT:
		*value = s->low_water;
		return true;
	case SO_ACCEPTCONN:
		*value = s->state == STATE_LISTENING;
		return true;
	case SO_PROTOCOL:
		*value = 0;
		return true;
	case SO_DOMAIN:
		*value = FAMILY_UNIX;
		return true;
	default:
		if (option < 32 && SWITCHES >> option & 1) {
			*value = s->switches >> option & 1;
			return true;
		}
		return false;
	}
}

err_t option_get(struct socket *socket, struct request *rq, u32 level, u32 option, u64 *length)
{
	struct interval interval;
	u32 value;

	if (level != LEVEL_SOCKET)
		return E_NOTSUP;
	if (number_get(socket, option, &value))
		return give(rq, &value, sizeof(value), length);
	switch (option) {
	case SO_LINGER:
		return give(rq, socket->linger, sizeof(socket->linger), length);
	case SO_PEERCRED:
		if (socket->state != STATE_CONNECTED && !socket->other.pid)
			socket->other = (struct credentials){ 0, ~0u, ~0u };
		return give(rq, &socket->other, sizeof(socket->other), length);
	case SO_RCVTIMEO:
	case SO_RCVTIMEO_NEW:
		interval = interval_of(socket->receive_timeout);
		return give(rq, &interval, sizeof(interval), length);
	case SO_SNDTIMEO:
	case SO_SNDTIMEO_NEW:
		interval = interval_of(socket->send_timeout);
		return give(rq, &interval, sizeof(interval), length);
	default:
		return E_NOPROTOOPT;
	}
}

/* --- setting --- */

static u32 buffer_size(u32 wanted)
{
	u64 size = 2ull * wanted;

	return size < BUFFER_MIN ? BUFFER_MIN : size > BUFFER_MAX ? BUFFER_MAX : (u32)size;
}

static err_t number_set(struct socket *s, u32 option, u32 value)
{
	switch (option) {
	case SO_SNDBUF:
	case SO_SNDBUFFORCE:
		s->send_size = buffer_size(value);
		socket_wake(s, POLL_WRITE);
		return OK;
	case SO_RCVBUF:
	case SO_RCVBUFFORCE:
		s->receive_size = buffer_size(value);
		return OK;
	case SO_PRIORITY:
		s->priority = value;
		return OK;
	case SO_PASSCRED:
		s->pass_credentials = value != 0;
		return OK;
	case SO_RCVLOWAT:
		s->low_water = value ? value : 1;
		return OK;
	default:
		if (option >= 32 || !(SWITCHES >> option & 1))
			return E_NOPROTOOPT;
		s->switches = (s->switches & ~(1u << option)) | (value ? 1u << option : 0);
		return OK;
	}
}

static err_t timeout_set(struct request *rq, u64 *timeout)
{
	struct interval value;

	if (rq->in_size < sizeof(value))
		return E_INVAL;
	err_t error = request_read(rq, 0, &value, sizeof(value));
	if (error)
		return error;
	if (value.us < 0 || value.us >= 1000000)
		return E_OVERFLOW; /* EDOM */
	if (value.seconds < 0)
		*timeout = 1; /* does not wait at all */
	else if (value.seconds > 1000000000)
		*timeout = 0;
	else
		*timeout = (u64)value.seconds * 1000000000 + (u64)value.us * 1000;
	return OK;
}

err_t option_set(struct socket *socket, struct request *rq, u32 level, u32 option)
{
	u32 value;
	err_t error;

	if (level != LEVEL_SOCKET)
		return E_NOTSUP;
	switch (option) {
	case SO_LINGER:
		if (rq->in_size < sizeof(socket->linger))
			return E_INVAL;
		return request_read(rq, 0, socket->linger, sizeof(socket->linger));
	case SO_RCVTIMEO:
	case SO_RCVTIMEO_NEW:
		return timeout_set(rq, &socket->receive_timeout);
	case SO_SNDTIMEO:
	case SO_SNDTIMEO_NEW:
		return timeout_set(rq, &socket->send_timeout);
	default:
		if (rq->in_size < sizeof(value))
			return E_INVAL;
		error = request_read(rq, 0, &value, sizeof(value));
		return error ? error : number_set(socket, option, value);
	}
}
