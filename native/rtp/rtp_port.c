/* rtp_port.c -- opens and frees RTP ports. */
#include "rtp/rtp_port.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define RECEIVE_BUFFER_BYTES 65536     /* 300 packets: seconds of one phone */
#define EPHEMERAL_TRIES 64

static void receive_rtp(struct mm_shard_socket *socket,
			struct mm_datagram *datagram)
{
	mm_port_rx_datagram(socket->owner, &datagram->from, datagram->bytes,
			    datagram->size, datagram->arrival_us, false);
}

static void prepare_rtp(const struct mm_shard_socket *socket)
{
	mm_port_rx_prepare(socket->owner);
}

static void after_receive_rtp(struct mm_shard_socket *socket, int64_t now_us)
{
	mm_port_rx_tick(socket->owner, now_us);
}

static void receive_rtcp(struct mm_shard_socket *socket,
			 struct mm_datagram *datagram)
{
	mm_port_rx_datagram(socket->owner, &datagram->from, datagram->bytes,
			    datagram->size, datagram->arrival_us, true);
}

static void adopt(struct mm_port *base)
{
	struct mm_rtp_port *port = mm_rtp_port_of(base);

	if (port->rtp.fd >= 0) {
		mm_shard_read(base->shard, &port->rtp);
		mm_shard_watch(base->shard, &port->rtcp);
	}
}

static void release(struct mm_port *base, bool last)
{
	struct mm_rtp_port *port = mm_rtp_port_of(base);

	if (last)
		mm_port_rtcp_bye(port);
	mm_outbox_flush(&base->shard->outbox);
	if (port->rtp.fd >= 0) {
		mm_shard_unread(base->shard, &port->rtp);
		mm_shard_unwatch(base->shard, &port->rtcp);
	}
}

static void close_srtp(struct mm_srtp *srtp)
{
	if (srtp)
		mm_srtp_close(srtp);
	free(srtp);
}

static void close_member(struct mm_member *member)
{
	if (member)
		mm_member_close(member);
	free(member);
}

static void free_port(struct mm_port *base)
{
	struct mm_rtp_port *port = mm_rtp_port_of(base);

	close_member(base->member);
	if (port->rx.receiver)
		mm_receiver_close(port->rx.receiver);
	close_srtp(port->srtp);
	if (port->rtp.fd >= 0)
		close(port->rtp.fd);
	if (port->rtcp.fd >= 0)
		close(port->rtcp.fd);
	if (port->inbox)
		mm_ring_free(&port->inbox->ring);
	free(port->inbox);
	free(base->control.hears);
	mm_suppressor_close(base->suppressor);
	free(port);
}

static void transmit(struct mm_port *base, int64_t now_us)
{
	struct mm_rtp_port *port = mm_rtp_port_of(base);

	mm_port_tx_tick(port, now_us);
	mm_port_rtcp_tick(port, now_us);
}

static void receive(struct mm_port *base, int64_t now_us)
{
	mm_port_rx_tick(mm_rtp_port_of(base), now_us);
}

static void measure(const struct mm_port *base, struct mm_measures *measures)
{
	mm_rtp_port_measure((const struct mm_rtp_port *)base, measures);
}

static void set_inband(struct mm_port *base, bool detects, bool removes)
{
	mm_rtp_port_set_inband(mm_rtp_port_of(base), detects, removes);
}

static void prepare(const struct mm_port *base)
{
	mm_port_tx_prepare((const struct mm_rtp_port *)base);
}

/* Its sockets receive. */
static const struct mm_port_ops rtp_ops = {
	.adopt = adopt,
	.release = release,
	.transmit = transmit,
	.prepare = prepare,
	.measure = measure,
	.set_inband = set_inband,
	.free = free_port,
};

static const struct mm_port_ops muxed_ops = {
	.adopt = adopt,
	.release = release,
	.receive = receive,
	.transmit = transmit,
	.prepare = prepare,
	.measure = measure,
	.set_inband = set_inband,
	.free = free_port,
};

uint32_t mm_rtp_port_random(struct mm_rtp_port *port)
{
	uint32_t x = port->random;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return port->random = x;
}

static struct mm_rtp_port *port_alloc(uint32_t id)
{
	struct mm_rtp_port *port = calloc(1, sizeof(*port));
	uint32_t chance[6];

	if (!port)
		return NULL;
	mm_port_init(&port->port, &rtp_ops, id);
	port->port.waits = true;
	port->rtp = (struct mm_shard_socket){
		.fd = -1, .owner = port, .receive = receive_rtp,
		.after_receive = after_receive_rtp, .prepare = prepare_rtp,
	};
	port->rtcp = (struct mm_shard_socket){
		.fd = -1, .owner = port, .receive = receive_rtcp,
	};
	port->mux_fd = -1;
	port->rx.round_trip_us = -1;
	if (getrandom(chance, sizeof(chance), 0) != sizeof(chance))
		memset(chance, 0x5a, sizeof(chance));
	port->random = chance[0] | 1;
	port->tx.ssrc = chance[1];
	/* RFC 3550 5.1: both start anywhere. Half of the sequence numbers, so
	 * that SRTP's roll-over counter starts unambiguous (RFC 3711 3.3.1). */
	port->tx.sequence_number = (uint16_t)(chance[2] & 0x7fff);
	port->tx.timestamp = chance[3];
	snprintf(port->tx.cname, sizeof(port->tx.cname), "%08x%08x",
		 chance[4], chance[5]);
	return port;
}

static int open_pair(struct mm_rtp_port *port, const char *host, uint16_t even)
{
	struct mm_address local;
	int rc = mm_address_parse(&local, host, even);

	if (rc < 0)
		return rc;
	port->rtp.fd = rc = mm_udp_open(&local, RECEIVE_BUFFER_BYTES);
	if (rc < 0)
		return rc;
	port->local_port = mm_udp_port(port->rtp.fd);
	rc = -EADDRINUSE;
	if (port->local_port % 2 == 0 && port->local_port < UINT16_MAX) {
		mm_address_parse(&local, host,
				 (uint16_t)(port->local_port + 1));
		port->rtcp.fd = rc = mm_udp_open(&local, RECEIVE_BUFFER_BYTES);
	}
	if (rc < 0) {
		close(port->rtp.fd);
		port->rtp.fd = -1;
	}
	return rc < 0 ? rc : 0;
}

/* Start at a random port, so that a port just closed is not reused soon. */
static int open_in_range(struct mm_rtp_port *port,
			 const struct mm_port_range *range)
{
	uint32_t first = (range->min + 1u) & ~1u;
	uint32_t pairs = range->max > first ? (range->max - first + 1u) / 2 : 0;
	uint32_t start = pairs ? mm_rtp_port_random(port) % pairs : 0;
	int rc = -EADDRINUSE;

	if (!range->min && !range->max) {
		for (int i = 0; i < EPHEMERAL_TRIES && rc == -EADDRINUSE; i++)
			rc = open_pair(port, range->host, 0);
		return rc;
	}
	for (uint32_t i = 0; i < pairs && rc == -EADDRINUSE; i++)
		rc = open_pair(port, range->host,
			       (uint16_t)(first + (start + i) % pairs * 2));
	return rc;
}

int mm_rtp_port_open(struct mm_rtp_port **opened, uint32_t id,
		     const struct mm_port_range *range)
{
	struct mm_rtp_port *port = port_alloc(id);
	int rc;

	if (!port)
		return -ENOMEM;
	rc = open_in_range(port, range);
	if (rc < 0) {
		free_port(&port->port);
		return rc;
	}
	*opened = port;
	return 0;
}

static int inbox_open(struct mm_rtp_port *port)
{
	port->inbox = calloc(1, sizeof(*port->inbox));
	if (!port->inbox)
		return -ENOMEM;
	return mm_ring_init(&port->inbox->ring, MM_INBOX_PACKETS,
			    sizeof(struct mm_inbox_packet));
}

int mm_rtp_port_open_muxed(struct mm_rtp_port **opened, uint32_t id, int fd)
{
	struct mm_rtp_port *port = port_alloc(id);
	int rc;

	if (!port)
		return -ENOMEM;
	port->port.ops = &muxed_ops;
	port->mux_fd = fd;
	rc = inbox_open(port);
	if (rc < 0) {
		free_port(&port->port);
		return rc;
	}
	*opened = port;
	return 0;
}
