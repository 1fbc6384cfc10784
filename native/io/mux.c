/* mux.c -- one socket for many WebRTC ports. */
#define _GNU_SOURCE
#include "io/mux.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "rtp/rtp_port.h"

#define RECEIVE_BUFFER_BYTES (4 << 20) /* 100 ms of 10,000 browsers         */
#define ROUNDS 16                      /* batches before messages again     */

static void poke(int fd)
{
	static const uint64_t one = 1;

	/* Fails only when the counter is full, and then it is readable. */
	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

static void calm(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0)
		return;
}

int mm_mux_open(struct mm_mux **opened, const struct mm_address *local,
		int news_fd)
{
	struct mm_mux *mux = calloc(1, sizeof(*mux));
	int rc;

	if (!mux)
		return -ENOMEM;
	mux->news_fd = news_fd;
	mux->ready_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	mux->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	mux->fd = rc = mm_udp_open(local, RECEIVE_BUFFER_BYTES);
	if (mux->ready_fd < 0 || mux->wake_fd < 0)
		rc = -EMFILE;
	if (rc >= 0)
		rc = mm_ring_init(&mux->messages, MM_MUX_MESSAGES,
				  sizeof(struct mm_mux_message));
	if (rc >= 0)
		rc = mm_ring_init(&mux->forgotten, MM_MUX_MESSAGES,
				  sizeof(struct mm_port *));
	if (rc >= 0)
		rc = mm_ring_init(&mux->up, MM_MUX_HANDED_UP,
				  sizeof(struct mm_inbox_packet));
	if (rc < 0) {
		mm_mux_free(mux);
		return rc;
	}
	mux->local_port = mm_udp_port(mux->fd);
	*opened = mux;
	return 0;
}

int mm_mux_listen_tcp(struct mm_mux *mux)
{
	struct mm_address local = { .len = sizeof(local.u) };

	if (mux->tcp)
		return -EALREADY;
	if (getsockname(mux->fd, &local.u.sa, &local.len) < 0)
		return -errno;
	return mm_ice_tcp_open(&mux->tcp, &local);
}

void mm_mux_free(struct mm_mux *mux)
{
	if (mux->fd >= 0)
		close(mux->fd);
	if (mux->ready_fd >= 0)
		close(mux->ready_fd);
	if (mux->wake_fd >= 0)
		close(mux->wake_fd);
	mm_ring_free(&mux->messages);
	mm_ring_free(&mux->forgotten);
	mm_ring_free(&mux->up);
	free(mux);
}

static bool put(struct mm_ring *ring, const struct mm_datagram *datagram)
{
	struct mm_inbox_packet *packet = mm_ring_reserve(ring);

	if (!packet || datagram->size > sizeof(packet->bytes))
		return false;
	packet->from = datagram->from;
	packet->arrival_us = datagram->arrival_us;
	packet->size = (uint32_t)datagram->size;
	memcpy(packet->bytes, datagram->bytes, datagram->size);
	mm_ring_commit(ring);
	return true;
}

static void to_port(struct mm_mux *mux, const struct mm_datagram *datagram)
{
	struct mm_rtp_port *port = mm_rtp_port_of(
		mm_mux_table_find(&mux->table, &datagram->from));

	if (!port)
		mux->counters.mux_unknown_source++;
	else if (!put(&port->inbox->ring, datagram))
		mux->counters.mux_overrun++;
}

/* RFC 7983 section 7: the first byte decides. True when Python must be woken. */
static bool sort(struct mm_mux *mux, const struct mm_datagram *datagram)
{
	uint8_t first = datagram->size ? datagram->bytes[0] : 255;

	if (first >= 128 && first <= 191) {
		to_port(mux, datagram);
		return false;
	}
	if (first > 3 && (first < 20 || first > 63)) {
		mux->counters.rtp_malformed++;
		return false;
	}
	if (put(&mux->up, datagram))
		return true;
	mux->counters.mux_handed_up_dropped++;
	return false;
}

static void apply(struct mm_mux *mux, const struct mm_mux_message *message)
{
	switch (message->type) {
	case MM_MUX_BIND:
		if (mm_mux_table_bind(&mux->table, &message->from,
				      message->port) < 0)
			mux->counters.mux_bind_refused++;
		break;
	case MM_MUX_UNBIND:
		mm_mux_table_unbind(&mux->table, &message->from);
		break;
	case MM_MUX_FORGET:
		mm_mux_table_forget(&mux->table, message->port);
		mm_ring_push(&mux->forgotten, &message->port);
		poke(mux->news_fd);
		break;
	}
}

static void apply_messages(struct mm_mux *mux)
{
	struct mm_mux_message message;

	/* Removed ports must fit into the ring that returns them. */
	while (mm_ring_count(&mux->forgotten) < mux->forgotten.capacity &&
	       mm_ring_pop(&mux->messages, &message))
		apply(mux, &message);
}

static void publish(struct mm_mux *mux)
{
	struct mm_readings readings = { .counters = mux->counters };

	mm_snapshot_publish(&mux->snapshot, &readings);
}

void mm_mux_step(struct mm_mux *mux)
{
	bool news = false;

	apply_messages(mux);
	for (int round = 0; round < ROUNDS; round++) {
		int count = mm_udp_receive(mux->fd, mux->datagrams,
					   MM_UDP_BATCH);

		for (int i = 0; i < count; i++)
			news |= sort(mux, &mux->datagrams[i]);
		if (count < MM_UDP_BATCH)
			break;
	}
	if (news)
		poke(mux->ready_fd);
	publish(mux);
}

static void *run(void *argument)
{
	struct mm_mux *mux = argument;
	struct pollfd waiting[2] = {
		{ .fd = mux->fd, .events = POLLIN },
		{ .fd = mux->wake_fd, .events = POLLIN },
	};

	while (!atomic_load_explicit(&mux->stopping, memory_order_acquire)) {
		if (poll(waiting, 2, -1) < 0)
			continue;
		if (waiting[1].revents)
			calm(mux->wake_fd);
		mm_mux_step(mux);
	}
	return NULL;
}

int mm_mux_start(struct mm_mux *mux)
{
	int rc = pthread_create(&mux->thread, NULL, run, mux);

	if (rc)
		return -rc;
	mux->running = true;
	pthread_setname_np(mux->thread, "mm-mux");
	return 0;
}

void mm_mux_stop(struct mm_mux *mux)
{
	if (mux->running) {
		atomic_store_explicit(&mux->stopping, true,
				      memory_order_release);
		poke(mux->wake_fd);
		pthread_join(mux->thread, NULL);
		mux->running = false;
	}
	apply_messages(mux);
	if (mux->tcp) {
		mm_ice_tcp_stop(mux->tcp);
		mm_counters_add(&mux->counters, &mux->tcp->counters);
		mm_ice_tcp_free(mux->tcp);
		mux->tcp = NULL;
		publish(mux);
	}
}

static int send_message(struct mm_mux *mux, struct mm_mux_message message)
{
	if (!mm_ring_push(&mux->messages, &message))
		return -EAGAIN;
	poke(mux->wake_fd);
	return 0;
}

int mm_mux_bind(struct mm_mux *mux, const struct mm_address *from,
		struct mm_port *port)
{
	if (port->control.mux != mux)
		return -EINVAL;
	return send_message(mux, (struct mm_mux_message){
		MM_MUX_BIND, *from, port });
}

int mm_mux_unbind(struct mm_mux *mux, const struct mm_address *from)
{
	return send_message(mux, (struct mm_mux_message){
		.type = MM_MUX_UNBIND, .from = *from });
}

void mm_mux_forget(struct mm_mux *mux, struct mm_port *port)
{
	const struct mm_mux_message message = {
		.type = MM_MUX_FORGET, .port = port,
	};

	/* The thread empties the ring in microseconds; without one, we do. */
	while (send_message(mux, message) == -EAGAIN) {
		if (!mux->running)
			apply_messages(mux);
		sched_yield();
	}
}

void mm_mux_begin_receive(struct mm_mux *mux)
{
	calm(mux->ready_fd);
}

bool mm_mux_receive(struct mm_mux *mux, struct mm_inbox_packet *packet)
{
	return mm_ring_pop(&mux->up, packet);
}
