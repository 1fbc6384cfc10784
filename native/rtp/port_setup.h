/* port_setup.h -- the negotiated media of an RTP port, as one setup.
 *
 * A setup is made off the tick; applying it swaps parts, and the setup is
 * retired with the old ones.
 */
#ifndef MM_PORT_SETUP_H
#define MM_PORT_SETUP_H

#include "mix/port.h"
#include "rtp/latch.h"
#include "rtp/receiver.h"
#include "rtp/srtp.h"

struct mm_rtp_port;

/* The negotiated media; unused bytes are 0, so that memcmp can compare two. */
struct mm_media {
	struct mm_receiver_config receive;
	struct mm_codec_format send;
	bool sends;                       /* directions as we see them      */
	bool receives;
	bool rtcp_mux;
	bool ssrc_chosen;
	uint32_t ssrc;
	struct mm_address remote;         /* len 0: not known               */
	struct mm_address remote_rtcp;    /* len 0: the port after remote's */
	struct mm_latch_rule latch_rule;
	uint32_t media_timeout_ms;        /* 0: the engine's                */
	enum mm_srtp_profile profile;
	struct mm_srtp_key rx_key;
	struct mm_srtp_key tx_key;
	uint32_t key_bytes;
};

struct mm_port_setup {
	struct mm_media media;
	struct mm_receiver *receiver;     /* NULL: keep the current one     */
	struct mm_member *member;         /* NULL: keep the current one     */
	struct mm_srtp *srtp;             /* NULL with keep_srtp, or none   */
	bool keep_srtp;                   /* both directions                */
	bool keep_rx, keep_tx;            /* its key is the current one     */
};

/* Control thread: what must change for this media; nothing is sent yet. */
int mm_port_setup_open(struct mm_port_setup **setup, struct mm_rtp_port *port,
		       const struct mm_media *media,
		       const struct mm_libraries *libraries);
void mm_port_setup_close(struct mm_port_setup *setup);

#endif
