/* ice_tcp_connection.c -- one browser's TCP connection: frames in and out. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "io/ice_tcp.h"

#define READS 16                  /* of one connection before the others    */
#define SEND_BUFFER_BYTES 16384   /* the kernel doubles it; more is delay   */
#define LAST_OF_STUN 3            /* RFC 7983 section 7                     */

static int watch(const struct mm_ice_tcp *relay, int operation, int fd,
		 uint32_t events, struct mm_ice_tcp_connection *connection,
		 bool is_udp)
{
	struct epoll_event event = {
		.events = events,
		.data.u64 = (uint64_t)(uintptr_t)connection | is_udp,
	};

	return epoll_ctl(relay->epoll_fd, operation, fd, &event) ? -errno : 0;
}

static int open_udp(const struct mm_address *mux)
{
	int rc = 0, fd = socket(mux->u.sa.sa_family,
				SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, &mux->u.sa, mux->len) < 0) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}

int mm_ice_tcp_connection_open(struct mm_ice_tcp *relay, int tcp_fd,
			       const struct mm_address *from, int64_t now_us)
{
	struct mm_ice_tcp_connection *connection =
		calloc(1, sizeof(*connection));
	const int on = 1, size = SEND_BUFFER_BYTES;
	int rc;

	if (!connection)
		return -ENOMEM;
	connection->tcp_fd = tcp_fd;
	connection->udp_fd = rc = open_udp(&relay->mux);
	connection->from = *from;
	connection->opened_us = connection->received_us = now_us;
	(void)setsockopt(tcp_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(tcp_fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (rc >= 0)
		rc = watch(relay, EPOLL_CTL_ADD, tcp_fd, EPOLLIN, connection,
			   false);
	if (rc >= 0)
		rc = watch(relay, EPOLL_CTL_ADD, connection->udp_fd, EPOLLIN,
			   connection, true);
	if (rc < 0) {
		if (connection->udp_fd >= 0)
			close(connection->udp_fd);
		free(connection);
		return rc;
	}
	LIST_INSERT_HEAD(&relay->connections, connection, in_list);
	return 0;
}

void mm_ice_tcp_connection_free(struct mm_ice_tcp_connection *connection)
{
	LIST_REMOVE(connection, in_list);
	close(connection->tcp_fd);
	close(connection->udp_fd);
	free(connection);
}

static void forward(struct mm_ice_tcp *relay,
		    struct mm_ice_tcp_connection *connection,
		    const uint8_t *frame, size_t size, int64_t now_us)
{
	if (!connection->answered_us &&
	    (frame[0] > LAST_OF_STUN ||
	     ++connection->unverified_frames > MM_ICE_TCP_UNVERIFIED_FRAMES)) {
		relay->counters.tcp_malformed++;
		connection->closed = true;
		return;
	}
	connection->received_us = now_us;
	if (send(connection->udp_fd, frame, size, 0) < 0)
		relay->counters.tcp_overrun++;
}

/* Forward whole frames; keep the beginning of the next. */
static void take_frames(struct mm_ice_tcp *relay,
			struct mm_ice_tcp_connection *connection,
			int64_t now_us)
{
	uint8_t *at = connection->in;
	size_t left = connection->in_size;

	while (!connection->closed && left >= MM_ICE_TCP_HEADER_BYTES) {
		size_t size = (size_t)at[0] << 8 | at[1];

		if (size > MM_MAX_DATAGRAM_BYTES) {
			relay->counters.tcp_malformed++;
			connection->closed = true;
			return;
		}
		if (left < MM_ICE_TCP_HEADER_BYTES + size)
			break;
		at += MM_ICE_TCP_HEADER_BYTES;
		/* RFC 4571 section 2: a length of 0 is a null packet. */
		if (size)
			forward(relay, connection, at, size, now_us);
		at += size;
		left -= MM_ICE_TCP_HEADER_BYTES + size;
	}
	memmove(connection->in, at, left);
	connection->in_size = left;
}

void mm_ice_tcp_from_browser(struct mm_ice_tcp *relay,
			     struct mm_ice_tcp_connection *connection,
			     int64_t now_us)
{
	for (int i = 0; i < READS && !connection->closed; i++) {
		ssize_t got = recv(connection->tcp_fd,
				   connection->in + connection->in_size,
				   sizeof(connection->in) - connection->in_size,
				   0);

		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (got <= 0) {
			connection->closed = true;
			return;
		}
		connection->in_size += (size_t)got;
		take_frames(relay, connection, now_us);
	}
}

void mm_ice_tcp_flush(struct mm_ice_tcp *relay,
		      struct mm_ice_tcp_connection *connection)
{
	bool waits;

	while (connection->out_size) {
		ssize_t sent = send(connection->tcp_fd, connection->out,
				    connection->out_size, MSG_NOSIGNAL);

		if (sent < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (sent <= 0) {
			connection->closed = true;
			return;
		}
		connection->out_size -= (size_t)sent;
		memmove(connection->out, connection->out + sent,
			connection->out_size);
	}
	waits = connection->out_size > 0;
	if (waits != connection->waits_for_space) {
		uint32_t events = waits ? EPOLLIN | EPOLLOUT : EPOLLIN;

		connection->waits_for_space = waits;
		if (watch(relay, EPOLL_CTL_MOD, connection->tcp_fd, events,
			  connection, false))
			connection->closed = true;
	}
}

void mm_ice_tcp_from_mux(struct mm_ice_tcp *relay,
			 struct mm_ice_tcp_connection *connection,
			 int64_t now_us)
{
	uint8_t datagram[MM_MAX_DATAGRAM_BYTES];

	for (int i = 0; i < READS; i++) {
		ssize_t got = recv(connection->udp_fd, datagram,
				   sizeof(datagram), 0);
		uint8_t *end = connection->out + connection->out_size;

		if (got <= 0)
			break;
		connection->answered_us = now_us;
		if (connection->out_size + MM_ICE_TCP_HEADER_BYTES +
		    (size_t)got > sizeof(connection->out)) {
			relay->counters.tcp_overrun++;
			continue;
		}
		end[0] = (uint8_t)(got >> 8);
		end[1] = (uint8_t)got;
		memcpy(end + MM_ICE_TCP_HEADER_BYTES, datagram, (size_t)got);
		connection->out_size += MM_ICE_TCP_HEADER_BYTES + (size_t)got;
	}
	mm_ice_tcp_flush(relay, connection);
}
