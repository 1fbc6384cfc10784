/* jbuf.h -- the adaptive jitter buffer: reorders, delays, never more than a
 * hard cap. Knows packets and timestamps, nothing of codecs.
 */
#ifndef MM_JBUF_H
#define MM_JBUF_H

#include "mm.h"

#define MM_JBUF_SLOTS 64              /* power of two                       */
#define MM_JBUF_MAX_PAYLOAD_BYTES 1300
#define MM_JBUF_MIN_DELAY_MS 20
#define MM_JBUF_MAX_DELAY_MS 200      /* default hard cap                   */

struct mm_jbuf_packet {
	uint32_t extended_sequence;
	uint32_t timestamp;       /* RTP, clock ticks                       */
	int64_t arrival_us;
	uint16_t size;
	uint8_t payload_type;
	uint8_t level_dbov;       /* RFC 6464, or 255 when not carried      */
	bool used;
	uint8_t payload[MM_JBUF_MAX_PAYLOAD_BYTES];
};

enum mm_jbuf_verdict {
	MM_JBUF_PACKET,           /* play this one                          */
	MM_JBUF_LOST,             /* it will not come: conceal, or recover
				   * from the packet returned (the next)    */
	MM_JBUF_EMPTY,            /* underrun: conceal, delay grows         */
	MM_JBUF_HOLD,             /* filling up, or a silence of the sender
				   * (DTX): play silence                    */
};

struct mm_jbuf_counters {
	uint64_t late, lost, reordered, duplicate, overrun, underrun;
};

struct mm_jbuf {
	uint32_t clock_rate_hz;
	uint32_t packet_ticks;    /* timestamp step of the sender           */
	uint32_t max_delay_ms;
	float target_delay_ms;
	bool playing;
	uint32_t next_sequence;   /* to play                                */
	struct mm_jbuf_counters counters;
	struct mm_jbuf_packet slots[MM_JBUF_SLOTS];
	/* Owner (net) adds what its estimator needs; the struct stays flat. */
};

void mm_jbuf_init(struct mm_jbuf *jbuf, uint32_t clock_rate_hz,
		  uint32_t max_delay_ms);
/* Forget everything but the counters and the learnt delay (new SSRC). */
void mm_jbuf_reset(struct mm_jbuf *jbuf);
/* Keep a packet; 0, or -ESTALE late, -EEXIST duplicate, -EMSGSIZE. A full
 * buffer drops its oldest and counts an overrun: delay stays under the cap. */
int mm_jbuf_put(struct mm_jbuf *jbuf, const struct mm_jbuf_packet *header,
		const uint8_t *payload, size_t size);
/* Take the next packet to play at `now_us`. On MM_JBUF_PACKET the packet is
 * returned and its slot freed after the next call; on MM_JBUF_LOST the
 * returned packet (or NULL) is the one after the gap, still queued. */
enum mm_jbuf_verdict mm_jbuf_get(struct mm_jbuf *jbuf, int64_t now_us,
				 const struct mm_jbuf_packet **packet);
/* Level and size of the packet the next get would bring, or NULL. */
const struct mm_jbuf_packet *mm_jbuf_peek(const struct mm_jbuf *jbuf);
/* Audio waiting, ms; and how far it is from the target: > 0 means too much
 * (shorten), < 0 too little (lengthen), 0 within tolerance. */
float mm_jbuf_depth_ms(const struct mm_jbuf *jbuf);
int mm_jbuf_correction(const struct mm_jbuf *jbuf);

#endif
