/* port_rx.c -- receives datagrams, and detects the media timeout. */
#include <errno.h>

#include "io/source_filter.h"
#include "rtp/rtp_port.h"

static void emit(struct mm_rtp_port *port, struct mm_event event,
		 int64_t now_us)
{
	event.port_id = port->port.id;
	event.at_us = now_us;
	mm_shard_emit(port->port.shard, &event);
}

/* Whether the latch accepts the packet; counts the others. */
static bool latched(struct mm_rtp_port *port, const struct mm_address *from,
		    const struct mm_rtp *rtp, int64_t now_us)
{
	struct mm_counters *counters = &port->port.counters;

	switch (mm_latch_judge(&port->rx.latch, from, rtp, now_us)) {
	case MM_LATCH_TAKE:
		return true;
	case MM_LATCH_TAKE_MOVED:
		/* RTCP's address follows with its next packet. */
		port->tx.remote_rtcp.len = 0;
		emit(port, (struct mm_event){ .type = MM_EVENT_REMOTE_CHANGED,
					      .remote = *from }, now_us);
		return true;
	case MM_LATCH_PROBE:
		counters->rtp_probation++;
		return false;
	default:
		counters->rtp_wrong_source++;
		return false;
	}
}

void mm_port_rx_alive(struct mm_rtp_port *port, int64_t now_us)
{
	struct mm_rtp_rx *rx = &port->rx;

	rx->waiting_since_us = now_us;
	if (rx->reported_timeout)
		emit(port, (struct mm_event){ .type = MM_EVENT_MEDIA_RESUMED },
		     now_us);
	rx->reported_timeout = false;
}

static void note_packet(struct mm_rtp_port *port, int64_t now_us)
{
	struct mm_rtp_rx *rx = &port->rx;

	rx->last_packet_us = now_us;
	if (!rx->reported_first)
		emit(port, (struct mm_event){ .type = MM_EVENT_FIRST_PACKET },
		     now_us);
	rx->reported_first = true;
	mm_port_rx_alive(port, now_us);
}

static int unprotect(struct mm_rtp_port *port, uint8_t *bytes, size_t size)
{
	int rc;

	if (!port->srtp)
		return (int)size;
	rc = mm_srtp_unprotect(port->srtp, bytes, size);
	if (rc == -EALREADY)
		port->port.counters.srtp_replayed++;
	else if (rc < 0)
		port->port.counters.srtp_unauthenticated++;
	return rc;
}

static void receive_rtp(struct mm_rtp_port *port,
			const struct mm_address *from, uint8_t *bytes,
			size_t size, int64_t arrival_us)
{
	struct mm_counters *counters = &port->port.counters;
	struct mm_rtp rtp;
	int plain = unprotect(port, bytes, size);

	if (plain < 0)
		return;
	if (mm_rtp_parse(&rtp, bytes, (size_t)plain) < 0) {
		counters->rtp_malformed++;
		return;
	}
	/* A payload type that was not negotiated must not move the latch; from
	 * the latched address the receiver must see its sequence number. */
	if (!mm_receiver_knows(port->rx.receiver, rtp.payload_type) &&
	    !mm_latch_holds(&port->rx.latch, from)) {
		counters->rtp_unknown_payload_type++;
		return;
	}
	if (!latched(port, from, &rtp, arrival_us))
		return;
	if (!port->media.receives) {
		counters->rtp_on_hold++;
		return;
	}
	if (mm_receiver_packet(port->rx.receiver, &rtp, (size_t)plain,
			       arrival_us))
		return;
	port->rtp.one_a_tick = mm_receiver_is_regular(port->rx.receiver);
	note_packet(port, arrival_us);
}

/* Reports come from another port of the peer's host than its audio. */
static void watch_flood(struct mm_rtp_port *port, const struct mm_address *from,
			int64_t now_us, bool rtcp)
{
	const struct mm_latch *latch = &port->rx.latch;
	bool own = rtcp ? mm_address_same_host(&latch->remote, from)
			: mm_latch_holds(latch, from);

	if (own || port->mux_fd >= 0 ||
	    !mm_guard_foreign(rtcp ? &port->rx.rtcp_guard : &port->rx.guard,
			      latch, now_us))
		return;
	if (!mm_source_filter_set(rtcp ? port->rtcp.fd : port->rtp.fd,
				  &latch->remote, rtcp))
		port->port.counters.rtp_floods++;
}

void mm_port_rx_reopen(struct mm_rtp_port *port)
{
	if (port->rx.guard.until_us)
		mm_source_filter_clear(port->rtp.fd);
	if (port->rx.rtcp_guard.until_us)
		mm_source_filter_clear(port->rtcp.fd);
	port->rx.guard.until_us = port->rx.rtcp_guard.until_us = 0;
}

/* Open the sockets again once the flood is over, or the peer silent. */
static void watch_guards(struct mm_rtp_port *port, int64_t now_us)
{
	if (mm_guard_expired(&port->rx.guard, &port->rx.latch, now_us))
		mm_source_filter_clear(port->rtp.fd);
	if (mm_guard_expired(&port->rx.rtcp_guard, &port->rx.latch, now_us))
		mm_source_filter_clear(port->rtcp.fd);
}

void mm_port_rx_datagram(struct mm_rtp_port *port,
			 const struct mm_address *from, uint8_t *bytes,
			 size_t size, int64_t arrival_us, bool rtcp)
{
	if (!rtcp)
		port->rtp.one_a_tick = false;
	if (!port->rx.receiver) {
		port->port.counters.rtp_before_media++;
		return;
	}
	watch_flood(port, from, arrival_us, rtcp);
	/* RFC 5761 numbers mean RTCP on either socket. */
	if (rtcp || mm_rtp_is_rtcp(bytes, size))
		mm_port_rtcp_datagram(port, from, bytes, size, arrival_us);
	else
		receive_rtp(port, from, bytes, size, arrival_us);
}

void mm_port_rx_prepare(const struct mm_rtp_port *port)
{
	mm_prefetch(&port->rx, sizeof(port->rx) + sizeof(port->media.receive));
	mm_prefetch(&port->port.counters, MM_CACHE_LINE_BYTES);
	if (port->srtp)
		mm_prefetch(port->srtp, sizeof(*port->srtp));
	if (port->rx.receiver)
		mm_receiver_prepare_packet(port->rx.receiver);
}

static void drain_inbox(struct mm_rtp_port *port, int64_t now_us)
{
	struct mm_inbox_packet *packet;

	while ((packet = mm_ring_front(&port->inbox->ring))) {
		/* As in shard_rx.c: real time is not virtual time. */
		if (port->port.shard->config.manual)
			packet->arrival_us = now_us;
		mm_port_rx_datagram(port, &packet->from, packet->bytes,
				    packet->size, packet->arrival_us, false);
		mm_ring_release(&port->inbox->ring);
	}
}

static void emit_digits(struct mm_rtp_port *port, int64_t now_us)
{
	struct mm_event event = { .type = MM_EVENT_DIGIT_RECEIVED };

	while (mm_receiver_digit(port->rx.receiver, now_us, &event.digit) > 0)
		emit(port, event, now_us);
}

static int64_t media_timeout_us(const struct mm_rtp_port *port)
{
	if (port->media.media_timeout_ms)
		return (int64_t)port->media.media_timeout_ms * 1000;
	return port->port.shard->config.media_timeout_us;
}

static void watch_silence(struct mm_rtp_port *port, int64_t now_us)
{
	struct mm_rtp_rx *rx = &port->rx;

	if (!port->media.receives || rx->reported_timeout ||
	    now_us - rx->waiting_since_us < media_timeout_us(port))
		return;
	rx->reported_timeout = true;
	emit(port, (struct mm_event){ .type = MM_EVENT_MEDIA_TIMEOUT },
	     now_us);
}

void mm_port_rx_tick(struct mm_rtp_port *port, int64_t now_us)
{
	if (port->inbox)
		drain_inbox(port, now_us);
	if (!port->rx.receiver)
		return;
	emit_digits(port, now_us);
	watch_guards(port, now_us);
	watch_silence(port, now_us);
}
