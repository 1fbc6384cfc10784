/* rtp.h -- RTP headers (RFC 3550 section 5.1, extensions RFC 8285). */
#ifndef MM_RTP_H
#define MM_RTP_H

#include "mm.h"

#define MM_RTP_HEADER_BYTES 12
#define MM_RTP_MIN_SEQUENTIAL 2         /* RFC 3550 A.1                     */

struct mm_rtp {
	uint8_t payload_type;
	bool marker;
	uint16_t sequence_number;
	uint32_t timestamp;
	uint32_t ssrc;
	const uint8_t *payload;   /* padding already taken off              */
	size_t payload_bytes;
	const uint8_t *extension; /* one- or two-byte form body, or NULL    */
	size_t extension_bytes;
	uint16_t extension_profile;
};

/* 0, or -EBADMSG for anything that is not a whole RTP version 2 packet. */
int mm_rtp_parse(struct mm_rtp *rtp, const uint8_t *packet, size_t size);
/* Write a 12-byte header; returns 12. */
size_t mm_rtp_write(uint8_t *packet, const struct mm_rtp *rtp);
/* RFC 6464 level under extension id `id`: 0..127, or -ENOENT. */
int mm_rtp_audio_level(const struct mm_rtp *rtp, uint8_t id, bool *voiced);
/* RFC 5761 section 4: is this datagram RTCP (second byte 192..223)? */
bool mm_rtp_is_rtcp(const uint8_t *packet, size_t size);

/* Source validation and reception statistics: RFC 3550 A.1, A.3, A.8. */
struct mm_rtp_source {
	uint32_t ssrc;
	uint32_t clock_rate_hz;
	uint32_t base_sequence;
	uint32_t max_sequence;    /* extended                               */
	uint32_t received;
	uint32_t expected_prior;
	uint32_t received_prior;
	uint32_t probation;
	uint32_t bad_sequence;
	double jitter;            /* RFC 3550 A.8, in clock ticks           */
	uint32_t last_transit;    /* arrival minus timestamp, clock ticks   */
	bool measured;            /* last_transit is there                  */
	bool started;
};

void mm_rtp_source_init(struct mm_rtp_source *source, uint32_t ssrc,
			uint32_t clock_rate_hz);
/* Put a new source on probation: accepted after MM_RTP_MIN_SEQUENTIAL packets in
 * sequence. For an SSRC that appears while another one is sending. */
void mm_rtp_source_probation(struct mm_rtp_source *source);
/* Count a packet. Returns 0 and its extended sequence number, or -EAGAIN while
 * on probation / after a wild jump. Compare extended numbers by their signed
 * difference: a packet from before the first one lies below zero. */
int mm_rtp_source_update(struct mm_rtp_source *source, uint16_t sequence_number,
			 uint32_t *extended);
/* A.8 for a packet of audio that arrived at `arrival_us`; RFC 4733 events
 * repeat timestamps, of another clock at times, and say nothing. */
void mm_rtp_source_measure(struct mm_rtp_source *source, uint32_t timestamp,
			   int64_t arrival_us);

#endif
