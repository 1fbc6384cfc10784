/* port_tx.c -- sends the bridge's payload, or a digit, as RTP.
 *
 * The timestamp advances with the ticks whether or not anything is sent, so that
 * a silence keeps its length. A packet carries one tick of audio whatever ptime
 * the peer prefers: a=ptime is a recommendation (RFC 8866 6.4), and every receiver
 * must accept packets of 0 to 200 ms (RFC 3551 4.2).
 */
#include <string.h>

#include "rtp/rtp_port.h"

void mm_port_tx_prepare(const struct mm_rtp_port *port)
{
	mm_prefetch(&port->port.counters, MM_CACHE_LINE_BYTES);
	mm_prefetch(&port->rx, sizeof(port->rx));
	mm_prefetch(&port->media.receive, sizeof(port->media.receive) +
						  sizeof(port->media.send));
	mm_prefetch(&port->tx, offsetof(struct mm_rtp_tx, dtmf) +
				       MM_CACHE_LINE_BYTES);
	mm_prefetch(&port->tx.next_report_us, 1);
	mm_prefetch(port->port.member, sizeof(*port->port.member));
	if (port->srtp)
		mm_prefetch(port->srtp, sizeof(*port->srtp));
}

static void send_packet(struct mm_rtp_port *port, struct mm_rtp *rtp)
{
	struct mm_counters *counters = &port->port.counters;
	struct mm_outbox *outbox = &port->port.shard->outbox;
	int fd = port->mux_fd >= 0 ? port->mux_fd : port->rtp.fd;
	struct mm_udp_out *out = mm_outbox_reserve(outbox);
	int size;

	rtp->ssrc = port->tx.ssrc;
	rtp->sequence_number = port->tx.sequence_number;
	size = (int)mm_rtp_write(out->bytes, rtp);
	memcpy(out->bytes + size, rtp->payload, rtp->payload_bytes);
	size += (int)rtp->payload_bytes;
	if (port->srtp)
		size = mm_srtp_protect(port->srtp, out->bytes, (size_t)size);
	port->tx.sequence_number++;
	if (size < 0) {
		counters->rtp_send_failed++;
		return;
	}
	out->to = port->rx.latch.remote;
	out->size = (size_t)size;
	mm_outbox_commit(outbox, fd, counters);
	port->tx.packets++;
	port->tx.octets += (uint32_t)rtp->payload_bytes;
	counters->rtp_sent++;
	counters->rtp_sent_bytes += (uint64_t)size;
}

static bool send_digit(struct mm_rtp_port *port)
{
	uint8_t payload[4];
	struct mm_rtp rtp = {
		.payload_type = port->media.receive.dtmf_payload_type,
		.payload = payload,
	};
	uint32_t waiting = port->tx.dtmf.count;
	int bytes;

	if (!rtp.payload_type)
		return false;
	bytes = mm_dtmf_tx_tick(&port->tx.dtmf, port->tx.timestamp, payload,
				&rtp.marker, &rtp.timestamp);
	if (port->tx.dtmf.count < waiting)
		port->port.counters.digits_sent++;
	if (bytes <= 0)
		return false;
	rtp.payload_bytes = (size_t)bytes;
	send_packet(port, &rtp);
	return true;
}

static void send_audio(struct mm_rtp_port *port)
{
	const struct mm_member *member = port->port.member;
	struct mm_rtp rtp = {
		.payload_type = port->media.send.payload_type,
		/* RFC 3551 4.1: the first packet after a silence. */
		.marker = !port->tx.flowing,
		.timestamp = port->tx.timestamp,
		.payload = member->tx_payload,
		.payload_bytes = member->tx_bytes,
	};

	port->tx.flowing = port->port.place && member->tx_payload;
	if (port->tx.flowing)
		send_packet(port, &rtp);
}

void mm_port_tx_tick(struct mm_rtp_port *port, int64_t now_us)
{
	const struct mm_codec_format *format = &port->media.send;

	if (!port->rx.receiver)
		return;
	port->tx.timestamp += format->clock_rate_hz / 1000 *
			      port->media.receive.ptime_ms;
	if (!port->media.sends || !port->rx.latch.remote.len) {
		port->tx.flowing = false;
		return;
	}
	if (!send_digit(port))
		send_audio(port);
}
