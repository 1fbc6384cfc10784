/* port_setup.c -- makes the setup of an RTP port, and applies it.
 *
 * What a re-negotiation does not change is kept: the jitter buffer keeps
 * its audio, SRTP its roll-over counter, the encoder its state.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/clock.h"
#include "rtp/rtp_port.h"

static bool same_receive(const struct mm_media *a, const struct mm_media *b)
{
	return !memcmp(&a->receive, &b->receive, sizeof(a->receive));
}

static bool same_send(const struct mm_media *a, const struct mm_media *b)
{
	return !memcmp(&a->send, &b->send, sizeof(a->send));
}

static bool same_rx_key(const struct mm_media *a, const struct mm_media *b)
{
	return a->profile == b->profile && a->key_bytes == b->key_bytes &&
	       !memcmp(&a->rx_key, &b->rx_key, sizeof(a->rx_key));
}

static bool same_tx_key(const struct mm_media *a, const struct mm_media *b)
{
	return a->profile == b->profile && a->key_bytes == b->key_bytes &&
	       !memcmp(&a->tx_key, &b->tx_key, sizeof(a->tx_key));
}

void mm_port_setup_close(struct mm_port_setup *setup)
{
	if (setup->member)
		mm_member_close(setup->member);
	free(setup->member);
	if (setup->receiver)
		mm_receiver_close(setup->receiver);
	if (setup->srtp)
		mm_srtp_close(setup->srtp);
	free(setup->srtp);
	free(setup);
}

static int srtp_open(struct mm_port_setup *setup,
		     const struct mm_libraries *libraries)
{
	const struct mm_media *media = &setup->media;
	struct mm_srtp *srtp;
	int rc;

	if (media->profile == MM_SRTP_NONE)
		return 0;
	srtp = calloc(1, sizeof(*srtp));
	if (!srtp)
		return -ENOMEM;
	rc = mm_srtp_open(srtp, libraries, media->profile, &media->rx_key,
			  &media->tx_key, media->key_bytes);
	if (rc < 0)
		free(srtp);
	else
		setup->srtp = srtp;
	return rc;
}

static int member_open(struct mm_port_setup *setup, struct mm_rtp_port *port,
		       const struct mm_libraries *libraries)
{
	struct mm_receiver *receiver = setup->receiver ? setup->receiver :
							 port->newest_receiver;
	struct mm_member *member = calloc(1, sizeof(*member));
	int rc;

	if (!member)
		return -ENOMEM;
	rc = mm_member_open(member, port->port.id,
			    mm_receiver_source(receiver), &setup->media.send,
			    setup->media.receive.ptime_ms, libraries);
	if (rc < 0)
		free(member);
	else
		setup->member = member;
	return rc;
}

int mm_port_setup_open(struct mm_port_setup **opened, struct mm_rtp_port *port,
		       const struct mm_media *media,
		       const struct mm_libraries *libraries)
{
	bool first = !port->newest_receiver;
	struct mm_port_setup *setup = calloc(1, sizeof(*setup));
	int rc = 0;

	if (!setup)
		return -ENOMEM;
	memcpy(&setup->media, media, sizeof(*media));
	if (first || !same_receive(media, &port->newest_media))
		rc = mm_receiver_open(&setup->receiver, &media->receive,
				      libraries, &port->port.counters);
	if (!rc && (setup->receiver || !same_send(media, &port->newest_media)))
		rc = member_open(setup, port, libraries);
	setup->keep_rx = !first && same_rx_key(media, &port->newest_media);
	setup->keep_tx = !first && same_tx_key(media, &port->newest_media);
	setup->keep_srtp = setup->keep_rx && setup->keep_tx;
	if (!rc && !setup->keep_srtp)
		rc = srtp_open(setup, libraries);
	if (rc < 0) {
		mm_port_setup_close(setup);
		return rc;
	}
	memcpy(&port->newest_media, media, sizeof(*media));
	if (setup->receiver)
		port->newest_receiver = setup->receiver;
	*opened = setup;
	return 0;
}

static enum mm_latch_trust trust_of(const struct mm_rtp_port *port)
{
	if (port->mux_fd >= 0)
		return MM_LATCH_BY_ICE;
	return port->srtp ? MM_LATCH_BY_SRTP : MM_LATCH_BY_ADDRESS;
}

static void apply_media(struct mm_rtp_port *port, const struct mm_media *media,
			int64_t now_us)
{
	bool heard_before = port->media.receives;

	memcpy(&port->media, media, sizeof(*media));
	mm_latch_allow(&port->rx.latch, &media->latch_rule, !media->receives,
		       now_us);
	mm_latch_set(&port->rx.latch, trust_of(port), &media->remote);
	mm_port_rx_reopen(port);
	port->tx.remote_rtcp = media->remote_rtcp;
	if (media->ssrc_chosen)
		port->tx.ssrc = media->ssrc;
	if (port->tx.dtmf.clock_rate_hz != media->receive.dtmf_clock_rate_hz)
		mm_dtmf_tx_init(&port->tx.dtmf,
				media->receive.dtmf_clock_rate_hz,
				media->receive.ptime_ms);
	if (media->receives && (!heard_before || !port->rx.waiting_since_us))
		port->rx.waiting_since_us = now_us;
}

static void swap(void **a, void **b)
{
	void *kept = *a;

	*a = *b;
	*b = kept;
}

/* Each direction is keyed for itself (RFC 4568 6.1): the one whose key stays
 * goes on at its roll-over counter. Begun anew it would use packet indices twice
 * under one key, and the other side could not follow. */
static void replace_srtp(struct mm_rtp_port *port, struct mm_port_setup *setup)
{
	struct mm_srtp *old = port->srtp;

	port->srtp = setup->srtp;
	setup->srtp = old;
	if (!old || !port->srtp)
		return;
	if (setup->keep_rx)
		swap(&old->rx, &port->srtp->rx);
	if (setup->keep_tx)
		swap(&old->tx, &port->srtp->tx);
}

void mm_rtp_port_configure(struct mm_rtp_port *port,
			   struct mm_port_setup *setup, int64_t now_us)
{
	struct mm_receiver *receiver = port->rx.receiver;

	if (!setup->keep_srtp)
		replace_srtp(port, setup);
	/* The old member pulls from the old receiver until it has left. */
	if (setup->member)
		setup->member = mm_port_replace_member(&port->port,
						       setup->member, now_us);
	if (setup->receiver) {
		port->rx.receiver = setup->receiver;
		setup->receiver = receiver;
		mm_receiver_set_inband(port->rx.receiver,
				       port->rx.detects_tones,
				       port->rx.removes_tones);
	}
	apply_media(port, &setup->media, now_us);
	port->port.member->receives = port->media.sends;
}

void mm_rtp_port_set_remote(struct mm_rtp_port *port,
			    const struct mm_address *remote)
{
	mm_latch_set(&port->rx.latch, trust_of(port), remote);
}

void mm_rtp_port_set_inband(struct mm_rtp_port *port, bool detects,
			    bool removes)
{
	port->rx.detects_tones = detects;
	port->rx.removes_tones = removes;
	if (port->rx.receiver)
		mm_receiver_set_inband(port->rx.receiver, detects, removes);
}

void mm_rtp_port_send_digit(struct mm_rtp_port *port,
			    const struct mm_digit *digit)
{
	if (port->rx.receiver && port->media.receive.dtmf_payload_type)
		mm_dtmf_tx_push(&port->tx.dtmf, digit->digit,
				digit->duration_ms);
}
