/* shard_rx.c -- receives from groups of sockets.
 *
 * A phone sends in every tick, so polling its socket by epoll costs more than an
 * occasional empty read. With a thousand ports, the state of a port is out of
 * the cache when its packets are processed; so a group of sockets is read first,
 * and the state is prefetched while the kernel copies.
 *
 *   prepare 16 -> receive 16 times -> 16 sockets' datagrams to their ports
 *
 * Finding out that no second datagram waits costs a quarter of a read. So from a
 * phone that sends one a tick, in order, one is read; a second one is read a tick
 * later, which is when it is played at the earliest. What was older than a tick, or
 * is not the next one, shows that more may wait: then all are read at once.
 */
#include <errno.h>
#include <sys/epoll.h>

#include "engine/shard.h"

#define GROUP 16
#define EACH (MM_UDP_BATCH / GROUP)
#define ROUNDS 16              /* bounds a flood: 64 datagrams a round      */
#define EPOLL_BATCH 256
#define US_PER_MS 1000

void mm_shard_read(struct mm_shard *shard, struct mm_shard_socket *socket)
{
	socket->reader = shard->nreaders++;
	shard->readers[socket->reader] =
		(struct mm_shard_reader){ socket->fd, socket };
}

void mm_shard_unread(struct mm_shard *shard, struct mm_shard_socket *socket)
{
	struct mm_shard_reader last = shard->readers[--shard->nreaders];

	shard->readers[socket->reader] = last;
	last.socket->reader = socket->reader;
}

int mm_shard_watch(struct mm_shard *shard, struct mm_shard_socket *socket)
{
	struct epoll_event event = {
		.events = EPOLLIN, .data = { .ptr = socket },
	};

	if (epoll_ctl(shard->epoll_fd, EPOLL_CTL_ADD, socket->fd, &event) < 0)
		return -errno;
	return 0;
}

void mm_shard_unwatch(struct mm_shard *shard, struct mm_shard_socket *socket)
{
	epoll_ctl(shard->epoll_fd, EPOLL_CTL_DEL, socket->fd, NULL);
}

static void deliver(const struct mm_shard *shard,
		    struct mm_shard_socket *socket,
		    struct mm_datagram *datagrams, int count, int64_t now_us)
{
	for (int i = 0; i < count; i++) {
		/* The kernel's timestamp is real time, not virtual time. */
		if (shard->config.manual)
			datagrams[i].arrival_us = now_us;
		socket->receive(socket, &datagrams[i]);
	}
}

/* Read until the socket is empty, at most ROUNDS batches. */
static void drain(struct mm_shard *shard, struct mm_shard_socket *socket,
		  int64_t now_us)
{
	for (int round = 0; round < ROUNDS; round++) {
		int count = mm_udp_receive(socket->fd, shard->datagrams,
					   MM_UDP_BATCH);

		deliver(shard, socket, shard->datagrams, count, now_us);
		if (count < MM_UDP_BATCH)
			return;
	}
}

/* Virtual time has no age of a datagram. */
static size_t most(const struct mm_shard *shard,
		   const struct mm_shard_socket *socket)
{
	return socket->one_a_tick && !shard->config.manual ? 1 : EACH;
}

/* Whether more datagrams than those that were read may wait, which must not. */
static bool has_more(const struct mm_shard *shard,
		     const struct mm_shard_socket *socket,
		     const struct mm_datagram *first, int count, size_t asked,
		     int64_t now_us)
{
	int64_t tick_us = (int64_t)shard->config.ptime_ms * US_PER_MS;

	if (count < (int)asked)
		return false;
	return asked > 1 || !socket->one_a_tick ||
	       now_us - first->arrival_us > tick_us;
}

static void read_group(struct mm_shard *shard,
		       const struct mm_shard_reader *readers, size_t count,
		       int64_t now_us)
{
	size_t asked[GROUP];
	int counts[GROUP];
	bool more[GROUP];

	for (size_t i = 0; i < count; i++) {
		struct mm_shard_socket *socket = readers[i].socket;

		socket->prepare(socket);
		asked[i] = most(shard, socket);
		counts[i] = mm_udp_receive(readers[i].fd,
					   shard->datagrams + i * EACH,
					   asked[i]);
	}
	for (size_t i = 0; i < count; i++) {
		struct mm_shard_socket *socket = readers[i].socket;
		struct mm_datagram *datagrams = shard->datagrams + i * EACH;

		deliver(shard, socket, datagrams, counts[i], now_us);
		more[i] = has_more(shard, socket, datagrams, counts[i],
				   asked[i], now_us);
		if (!more[i])
			socket->after_receive(socket, now_us);
	}
	/* The datagrams of the group have been delivered: their room is free. */
	for (size_t i = 0; i < count; i++) {
		if (!more[i])
			continue;
		drain(shard, readers[i].socket, now_us);
		readers[i].socket->after_receive(readers[i].socket, now_us);
	}
}

static void read_all(struct mm_shard *shard, int64_t now_us)
{
	for (size_t first = 0; first < shard->nreaders; first += GROUP) {
		const struct mm_shard_reader *readers = shard->readers + first;
		size_t left = shard->nreaders - first;
		size_t count = left < GROUP ? left : GROUP;

		for (size_t i = GROUP; i < 2 * GROUP && i < left; i++)
			mm_prefetch(readers[i].socket,
				    2 * MM_CACHE_LINE_BYTES);
		read_group(shard, readers, count, now_us);
	}
}

static void read_watched(struct mm_shard *shard, int64_t now_us)
{
	struct epoll_event ready[EPOLL_BATCH];

	for (int round = 0; round < ROUNDS; round++) {
		int count = epoll_wait(shard->epoll_fd, ready, EPOLL_BATCH, 0);
		for (int i = 0; i < count; i++)
			drain(shard, ready[i].data.ptr, now_us);
		if (count < EPOLL_BATCH)
			return;
	}
}

void mm_shard_receive(struct mm_shard *shard, int64_t now_us)
{
	read_all(shard, now_us);
	read_watched(shard, now_us);
}
