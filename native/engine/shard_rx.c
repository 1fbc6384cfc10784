/* shard_rx.c -- receives from groups of sockets.
 *
 * A phone sends in every tick, so polling its socket by epoll costs more than an
 * occasional empty read. With a thousand ports, the state of a port is out of
 * the cache when its packets are processed; so a group of sockets is read first,
 * and the state is prefetched while the kernel copies.
 *
 *   prepare 16 -> recvmmsg 16 times -> 16 sockets' datagrams to their ports
 */
#include <errno.h>
#include <sys/epoll.h>

#include "engine/shard.h"

#define GROUP 16
#define EACH (MM_UDP_BATCH / GROUP)
#define ROUNDS 16              /* bounds a flood: 64 datagrams a round      */
#define EPOLL_BATCH 256

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

static void read_group(struct mm_shard *shard,
		       const struct mm_shard_reader *readers, size_t count,
		       int64_t now_us)
{
	int counts[GROUP];
	bool more = false;

	for (size_t i = 0; i < count; i++) {
		readers[i].socket->prepare(readers[i].socket);
		counts[i] = mm_udp_receive(readers[i].fd,
					   shard->datagrams + i * EACH, EACH);
		more |= counts[i] == EACH;
	}
	for (size_t i = 0; i < count; i++) {
		struct mm_shard_socket *socket = readers[i].socket;

		deliver(shard, socket, shard->datagrams + i * EACH, counts[i],
			now_us);
		if (counts[i] < EACH)
			socket->after_receive(socket, now_us);
	}
	for (size_t i = 0; more && i < count; i++) {
		if (counts[i] < EACH)
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
