/* port_rtcp.c -- sends and receives RTCP reports, and what they measure. */
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>

#include "rtp/rtp_port.h"

#define REPORT_INTERVAL_US 5000000     /* RFC 3550 6.2                     */
#define US_PER_S 1000000
#define US_PER_MS 1000.0

/* Reports are sent to the address that reports come from; before any was
 * received, to the signalled port, or the one after RTP's (RFC 3550 11). */
static struct mm_address destination(const struct mm_rtp_port *port)
{
	struct mm_address to = port->rx.latch.remote;

	if (!to.len || port->media.rtcp_mux || port->mux_fd >= 0)
		return to;
	if (port->tx.remote_rtcp.len)
		return port->tx.remote_rtcp;
	if (to.u.sa.sa_family == AF_INET)
		to.u.in.sin_port =
			htons((uint16_t)(ntohs(to.u.in.sin_port) + 1));
	else
		to.u.in6.sin6_port =
			htons((uint16_t)(ntohs(to.u.in6.sin6_port) + 1));
	return to;
}

static struct mm_udp_out *reserve(struct mm_rtp_port *port)
{
	return mm_outbox_reserve(&port->port.shard->outbox);
}

static int socket_of(const struct mm_rtp_port *port)
{
	if (port->mux_fd >= 0)
		return port->mux_fd;
	return port->media.rtcp_mux ? port->rtp.fd : port->rtcp.fd;
}

static void send_out(struct mm_rtp_port *port, struct mm_udp_out *out, int size)
{
	if (size > 0 && port->srtp)
		size = mm_srtp_protect_rtcp(port->srtp, out->bytes,
					    (size_t)size);
	if (size <= 0)
		return;
	out->to = destination(port);
	out->size = (size_t)size;
	mm_outbox_commit(&port->port.shard->outbox, socket_of(port),
			 &port->port.counters);
	port->port.counters.rtcp_sent++;
}

static void fill_report(struct mm_rtp_port *port, struct mm_rtcp_report *report,
			int64_t now_us)
{
	mm_rtcp_report_of(report, mm_receiver_rtp_source(port->rx.receiver));
	report->last_sr = port->rx.last_sr;
	report->delay_since_last_sr = 0;
	if (port->rx.last_sr)
		report->delay_since_last_sr = (uint32_t)(
			((now_us - port->rx.last_sr_us) << 16) / US_PER_S);
}

static void send_report(struct mm_rtp_port *port, int64_t now_us)
{
	struct mm_udp_out *out = reserve(port);
	struct mm_rtcp_report report = { 0 };
	struct mm_rtcp_sender_info sender = {
		.ntp = mm_ntp_now(),
		.rtp_timestamp = port->tx.timestamp,
		.packets = port->tx.packets,
		.octets = port->tx.octets,
	};
	bool sent = port->tx.packets != port->tx.packets_at_report;
	bool heard = port->rx.last_packet_us > 0;

	if (heard)
		fill_report(port, &report, now_us);
	send_out(port, out, mm_rtcp_write(out->bytes, MM_MAX_PAYLOAD_BYTES,
				      port->tx.ssrc, sent ? &sender : NULL,
				      heard ? &report : NULL,
				      port->tx.cname));
	port->tx.packets_at_report = port->tx.packets;
}

/* RFC 3550 6.3.1: 0.5 to 1.5 of the interval, so that reports of different
 * ports do not synchronise; the first after half of that. */
static int64_t interval_us(struct mm_rtp_port *port)
{
	return REPORT_INTERVAL_US / 2 +
	       (int64_t)(mm_rtp_port_random(port) % REPORT_INTERVAL_US);
}

void mm_port_rtcp_tick(struct mm_rtp_port *port, int64_t now_us)
{
	if (!port->rx.receiver || !port->rx.latch.remote.len)
		return;
	if (!port->tx.next_report_us)
		port->tx.next_report_us = now_us + interval_us(port) / 2;
	if (now_us < port->tx.next_report_us)
		return;
	port->tx.next_report_us = now_us + interval_us(port);
	send_report(port, now_us);
}

void mm_port_rtcp_bye(struct mm_rtp_port *port)
{
	struct mm_udp_out *out;

	if (!port->rx.receiver || !port->rx.latch.remote.len)
		return;
	out = reserve(port);
	send_out(port, out, mm_rtcp_write_bye(out->bytes, MM_MAX_PAYLOAD_BYTES,
					  port->tx.ssrc));
}

static void read_report(struct mm_rtp_port *port,
			const struct mm_rtcp_report *report)
{
	int64_t round_trip_us = mm_rtcp_round_trip_us(report, mm_ntp_now());

	port->rx.remote_loss = report->fraction_lost / 256.0;
	if (round_trip_us >= 0)
		port->rx.round_trip_us = round_trip_us;
}

/* Without SRTP only reports from the host that sends the audio are
 * accepted. */
static bool trusted(const struct mm_rtp_port *port,
		    const struct mm_address *from)
{
	return port->srtp ||
	       mm_address_same_host(from, &port->rx.latch.remote);
}

static int unprotect(struct mm_rtp_port *port, uint8_t *bytes, size_t size)
{
	int rc;

	if (!port->srtp)
		return (int)size;
	rc = mm_srtp_unprotect_rtcp(port->srtp, bytes, size);
	if (rc == -EALREADY)
		port->port.counters.srtp_replayed++;
	else if (rc < 0)
		port->port.counters.srtp_unauthenticated++;
	return rc;
}

void mm_port_rtcp_datagram(struct mm_rtp_port *port,
			   const struct mm_address *from, uint8_t *bytes,
			   size_t size, int64_t arrival_us)
{
	struct mm_counters *counters = &port->port.counters;
	int plain = unprotect(port, bytes, size);
	struct mm_rtcp rtcp;

	if (plain < 0)
		return;
	if (!trusted(port, from)) {
		counters->rtp_wrong_source++;
		return;
	}
	if (mm_rtcp_parse(&rtcp, bytes, (size_t)plain) < 0) {
		counters->rtcp_malformed++;
		return;
	}
	counters->rtcp_received++;
	mm_port_rx_alive(port, arrival_us);
	port->tx.remote_rtcp = *from;
	if (rtcp.has_sender_info) {
		port->rx.last_sr = (uint32_t)(rtcp.sender.ntp >> 16);
		port->rx.last_sr_us = arrival_us;
	}
	for (size_t i = 0; i < rtcp.nreports; i++)
		if (rtcp.reports[i].ssrc == port->tx.ssrc)
			read_report(port, &rtcp.reports[i]);
}

static double loss_of(const struct mm_rtp_source *source)
{
	uint32_t expected = source->max_sequence - source->base_sequence + 1;

	if (!source->started || source->probation ||
	    source->received >= expected)
		return 0;
	return 1.0 - (double)source->received / (double)expected;
}

void mm_rtp_port_measure(const struct mm_rtp_port *port,
			 struct mm_measures *measures)
{
	const struct mm_rtp_source *source;
	double one_way_ms;

	if (!port->rx.receiver)
		return;
	source = mm_receiver_rtp_source(port->rx.receiver);
	if (source->clock_rate_hz)
		measures->jitter_ms =
			source->jitter * 1000.0 / source->clock_rate_hz;
	measures->loss = loss_of(source);
	measures->remote_loss = port->rx.remote_loss;
	measures->delay_ms = (double)mm_jbuf_depth_ms(
		mm_receiver_jbuf(port->rx.receiver));
	if (port->rx.round_trip_us >= 0)
		measures->round_trip_ms = (double)port->rx.round_trip_us /
					  US_PER_MS;
	one_way_ms = measures->delay_ms + fmax(measures->round_trip_ms, 0) / 2;
	measures->mos = (double)mm_mos(
		(float)measures->loss, (float)one_way_ms,
		port->media.send.sample_rate_hz > 8000);
}
