/* ice_tcp.c -- the listener, the thread, the limits and the deadlines. */
#define _GNU_SOURCE
#include "io/ice_tcp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "engine/clock.h"

#define BACKLOG 128
#define EVENTS 64
#define ACCEPTS 16                /* before connections are served again    */
#define SWEEP_MS 500
#define PORT_OF_UDP 1u            /* the lowest bit of an event's data      */

static bool same_host(const struct mm_address *a, const struct mm_address *b)
{
	if (a->u.sa.sa_family != b->u.sa.sa_family)
		return false;
	if (a->u.sa.sa_family == AF_INET)
		return a->u.in.sin_addr.s_addr == b->u.in.sin_addr.s_addr;
	/* A host of IPv6 has a /64. */
	return !memcmp(&a->u.in6.sin6_addr, &b->u.in6.sin6_addr, 8);
}

/* Whether the limits let another connection of this source in. */
static bool has_room(const struct mm_ice_tcp *relay,
		     const struct mm_address *from)
{
	const struct mm_ice_tcp_connection *each;
	int all = 0, of_source = 0, unverified = 0, unverified_of_source = 0;

	LIST_FOREACH(each, &relay->connections, in_list) {
		bool same = same_host(&each->from, from);

		all++;
		of_source += same;
		unverified += !each->answered_us;
		unverified_of_source += same && !each->answered_us;
	}
	return all < MM_ICE_TCP_CONNECTIONS &&
	       of_source < MM_ICE_TCP_OF_SOURCE &&
	       unverified < MM_ICE_TCP_UNVERIFIED &&
	       unverified_of_source < MM_ICE_TCP_UNVERIFIED_OF_SOURCE;
}

/* Without descriptors the listener would wake us again at once. */
static void set_accepting(struct mm_ice_tcp *relay, bool accepting)
{
	struct epoll_event event = { .events = accepting ? EPOLLIN : 0 };

	if (accepting == relay->accepting)
		return;
	if (!epoll_ctl(relay->epoll_fd, EPOLL_CTL_MOD, relay->listen_fd,
		       &event))
		relay->accepting = accepting;
}

static void accept_some(struct mm_ice_tcp *relay, int64_t now_us)
{
	for (int i = 0; i < ACCEPTS; i++) {
		struct mm_address from = { .len = sizeof(from.u) };
		int fd = accept4(relay->listen_fd, &from.u.sa, &from.len,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
			relay->counters.tcp_refused++;
			set_accepting(relay, false);
		}
		if (fd < 0)
			return;
		mm_address_unmap(&from);
		if (has_room(relay, &from) &&
		    !mm_ice_tcp_connection_open(relay, fd, &from, now_us)) {
			relay->counters.tcp_accepted++;
			continue;
		}
		relay->counters.tcp_refused++;
		close(fd);
	}
}

static bool is_overdue(struct mm_ice_tcp *relay,
		       const struct mm_ice_tcp_connection *connection,
		       int64_t now_us)
{
	if (!connection->answered_us) {
		if (now_us - connection->opened_us < MM_ICE_TCP_VERIFY_US)
			return false;
		relay->counters.tcp_unverified++;
		return true;
	}
	if (now_us - connection->received_us < MM_ICE_TCP_IDLE_US &&
	    now_us - connection->answered_us < MM_ICE_TCP_IDLE_US)
		return false;
	relay->counters.tcp_idle++;
	return true;
}

/* Free what has closed, or is overdue: never while events of it are pending. */
static void sweep(struct mm_ice_tcp *relay, int64_t now_us)
{
	struct mm_ice_tcp_connection *each, *next;

	for (each = LIST_FIRST(&relay->connections); each; each = next) {
		next = LIST_NEXT(each, in_list);
		if (each->closed || is_overdue(relay, each, now_us))
			mm_ice_tcp_connection_free(each);
	}
}

/* True when the connection of the event has to be freed. */
static bool serve(struct mm_ice_tcp *relay, const struct epoll_event *event,
		  int64_t now_us)
{
	struct mm_ice_tcp_connection *connection =
		(void *)(uintptr_t)(event->data.u64 & ~(uint64_t)PORT_OF_UDP);

	if (!connection) {
		accept_some(relay, now_us);
		return false;
	}
	if (connection->closed)
		return true;
	if (event->data.u64 & PORT_OF_UDP) {
		mm_ice_tcp_from_mux(relay, connection, now_us);
		return connection->closed;
	}
	if (event->events & EPOLLOUT)
		mm_ice_tcp_flush(relay, connection);
	if (!connection->closed &&
	    event->events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		mm_ice_tcp_from_browser(relay, connection, now_us);
	return connection->closed;
}

static void *run(void *argument)
{
	struct mm_ice_tcp *relay = argument;
	struct epoll_event events[EVENTS];
	int64_t swept_us = 0;

	while (!atomic_load_explicit(&relay->stopping, memory_order_acquire)) {
		int count = epoll_wait(relay->epoll_fd, events, EVENTS,
				       SWEEP_MS);
		int64_t now_us = mm_clock_now_us();
		struct mm_readings readings = { 0 };
		bool any_closed = false;

		for (int i = 0; i < count; i++)
			any_closed |= serve(relay, &events[i], now_us);
		if (any_closed || now_us - swept_us > SWEEP_MS * 1000) {
			sweep(relay, now_us);
			set_accepting(relay, true);
			swept_us = now_us;
		}
		readings.counters = relay->counters;
		mm_snapshot_publish(&relay->snapshot, &readings);
	}
	return NULL;
}

static int listen_on(const struct mm_address *local)
{
	const int on = 1;
	int rc, fd = socket(local->u.sa.sa_family,
			    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	rc = mm_address_set_families(fd, local);
	if (!rc && (bind(fd, &local->u.sa, local->len) < 0 ||
		    listen(fd, BACKLOG) < 0))
		rc = -errno;
	if (rc) {
		close(fd);
		return rc;
	}
	return fd;
}

/* A mux that is bound to all addresses is reached on the loopback of IPv4:
 * bound to "::" it is of both families. */
static void replace_wildcard(struct mm_address *mux)
{
	struct sockaddr_in loopback = {
		.sin_family = AF_INET,
		.sin_port = mux->u.in.sin_port, /* at one place in both */
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	if (mm_address_is_any(mux)) {
		mux->u.in = loopback;
		mux->len = sizeof(loopback);
	}
}

static int add(const struct mm_ice_tcp *relay, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	/* The wake-up has the listener's data: an accept that finds nothing. */
	return epoll_ctl(relay->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno
								      : 0;
}

int mm_ice_tcp_open(struct mm_ice_tcp **opened, const struct mm_address *mux)
{
	struct mm_ice_tcp *relay = calloc(1, sizeof(*relay));
	int rc;

	if (!relay)
		return -ENOMEM;
	relay->accepting = true;
	relay->mux = *mux;
	replace_wildcard(&relay->mux);
	relay->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	relay->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	relay->listen_fd = rc = listen_on(mux);
	if (relay->epoll_fd < 0 || relay->wake_fd < 0)
		rc = -EMFILE;
	if (rc >= 0)
		rc = add(relay, relay->listen_fd);
	if (!rc)
		rc = add(relay, relay->wake_fd);
	if (!rc)
		rc = -pthread_create(&relay->thread, NULL, run, relay);
	if (rc) {
		mm_ice_tcp_free(relay);
		return rc;
	}
	pthread_setname_np(relay->thread, "mm-ice-tcp");
	*opened = relay;
	return 0;
}

void mm_ice_tcp_stop(struct mm_ice_tcp *relay)
{
	static const uint64_t one = 1;

	atomic_store_explicit(&relay->stopping, true, memory_order_release);
	/* A write that failed would only cost half a second. */
	if (write(relay->wake_fd, &one, sizeof(one)) <= (ssize_t)sizeof(one))
		pthread_join(relay->thread, NULL);
}

void mm_ice_tcp_free(struct mm_ice_tcp *relay)
{
	while (!LIST_EMPTY(&relay->connections))
		mm_ice_tcp_connection_free(LIST_FIRST(&relay->connections));
	if (relay->listen_fd >= 0)
		close(relay->listen_fd);
	if (relay->epoll_fd >= 0)
		close(relay->epoll_fd);
	if (relay->wake_fd >= 0)
		close(relay->wake_fd);
	free(relay);
}
