/* rtp_port.h -- a port whose audio is RTP.
 *
 *   datagram -> SRTP -> latch -> receiver (jitter buffer, codec) -> member
 *   member's payload | DTMF -> RTP header -> SRTP -> outbox
 */
#ifndef MM_RTP_PORT_H
#define MM_RTP_PORT_H

#include "engine/shard.h"
#include "io/inbox.h"
#include "mix/port.h"
#include "rtp/dtmf.h"
#include "rtp/guard.h"
#include "rtp/latch.h"
#include "rtp/port_setup.h"
#include "rtp/receiver.h"
#include "rtp/rtcp.h"

#define MM_CNAME_BYTES 24

struct mm_rtp_rx {
	struct mm_receiver *receiver;     /* NULL until configured          */
	struct mm_latch latch;
	struct mm_guard guard, rtcp_guard;
	int64_t last_packet_us;           /* valid; 0 before the first      */
	int64_t waiting_since_us;         /* of the media timeout           */
	bool reported_first;
	bool reported_timeout;
	bool detects_tones, removes_tones; /* kept when the receiver changes */
	uint32_t last_sr;                 /* middle of the peer's NTP time  */
	int64_t last_sr_us;
	double remote_loss;
	int64_t round_trip_us;            /* < 0: not known                 */
};

struct mm_rtp_tx {
	uint32_t ssrc;
	uint16_t sequence_number;
	uint32_t timestamp;               /* of this tick                   */
	uint32_t packets;
	uint32_t octets;
	uint32_t packets_at_report;
	bool flowing;                     /* sent audio in the last tick    */
	struct mm_dtmf_tx dtmf;
	struct mm_address remote_rtcp;
	int64_t next_report_us;
	char cname[MM_CNAME_BYTES];
};

struct mm_rtp_port {
	struct mm_port port;              /* first                          */
	struct mm_shard_socket rtp;       /* fd -1: through a mux           */
	/* Right behind the socket: what is to be prefetched starts from it. */
	struct mm_srtp *srtp;
	struct mm_rtp_rx rx;
	struct mm_media media;
	int mux_fd;                       /* -1: own sockets                */
	struct mm_inbox *inbox;           /* packets that the mux received  */
	struct mm_rtp_tx tx;
	struct mm_shard_socket rtcp;
	uint16_t local_port;
	uint32_t random;                  /* xorshift state                 */

	/* The control thread's fields. */
	struct mm_media newest_media;     /* of the newest setup            */
	struct mm_receiver *newest_receiver;
};

/* Control thread: sockets of its own (a pair within the range; 0, 0 is any),
 * or none and an inbox. -EADDRINUSE when the range is used up. */
struct mm_port_range {
	const char *host;
	uint16_t min;
	uint16_t max;
};
/* Cast a port that is known to be an RTP port; the only such cast. */
static inline struct mm_rtp_port *mm_rtp_port_of(struct mm_port *port)
{
	return (struct mm_rtp_port *)port;
}

int mm_rtp_port_open(struct mm_rtp_port **port, uint32_t id,
		     const struct mm_port_range *range);
int mm_rtp_port_open_muxed(struct mm_rtp_port **port, uint32_t id, int fd);
/* Shard's thread. */
void mm_rtp_port_configure(struct mm_rtp_port *port,
			   struct mm_port_setup *setup, int64_t now_us);
void mm_rtp_port_set_remote(struct mm_rtp_port *port,
			    const struct mm_address *remote);
void mm_rtp_port_set_inband(struct mm_rtp_port *port, bool detects,
			    bool removes);
void mm_rtp_port_send_digit(struct mm_rtp_port *port,
			    const struct mm_digit *digit);

/* port_rx.c */
/* Prefetch what the next packet will need. */
void mm_port_rx_prepare(const struct mm_rtp_port *port);
void mm_port_rx_datagram(struct mm_rtp_port *port,
			 const struct mm_address *from, uint8_t *bytes,
			 size_t size, int64_t arrival_us, bool rtcp);
/* A sign of life: audio, or a report of a phone that sends none in silence. */
void mm_port_rx_alive(struct mm_rtp_port *port, int64_t now_us);
void mm_port_rx_tick(struct mm_rtp_port *port, int64_t now_us);
/* Receive from all addresses again: the peer's may have changed. */
void mm_port_rx_reopen(struct mm_rtp_port *port);
/* port_tx.c */
void mm_port_tx_prepare(const struct mm_rtp_port *port);
void mm_port_tx_tick(struct mm_rtp_port *port, int64_t now_us);
/* port_rtcp.c */
void mm_port_rtcp_datagram(struct mm_rtp_port *port,
			   const struct mm_address *from, uint8_t *bytes,
			   size_t size, int64_t arrival_us);
void mm_port_rtcp_tick(struct mm_rtp_port *port, int64_t now_us);
void mm_port_rtcp_bye(struct mm_rtp_port *port);
void mm_rtp_port_measure(const struct mm_rtp_port *port,
			 struct mm_measures *measures);
uint32_t mm_rtp_port_random(struct mm_rtp_port *port);

#endif
