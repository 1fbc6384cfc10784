/* jbuf.h -- the adaptive jitter buffer: reorders, delays, never more than a
 * hard limit. Handles packets and timestamps, independent of codecs.
 */
#ifndef MM_JBUF_H
#define MM_JBUF_H

#include "mm.h"

#define MM_JBUF_SLOTS 64              /* power of two                       */
#define MM_JBUF_MAX_PAYLOAD_BYTES 1300
#define MM_JBUF_MIN_DELAY_MS 20
#define MM_JBUF_MAX_DELAY_MS 200      /* default hard cap                   */
#define MM_JBUF_BUCKETS 64            /* of relative delay                  */
#define MM_JBUF_BUCKET_MS 5

struct mm_jbuf_packet {
	uint32_t extended_sequence;
	uint32_t timestamp;       /* RTP, clock ticks                       */
	uint32_t ticks;           /* audio in it; 0: none, it only has a
				   * sequence number (an RFC 4733 event)    */
	int64_t arrival_us;
	uint16_t size;
	uint8_t payload_type;
	uint8_t level_dbov;       /* RFC 6464, or 255 when not carried      */
	bool begins;              /* a spurt, which its sender fades in     */
	bool pauses;              /* announces that silence follows (DTX)   */
	uint8_t payload[MM_JBUF_MAX_PAYLOAD_BYTES];
};

enum mm_jbuf_verdict {
	MM_JBUF_PACKET,           /* play this one                          */
	MM_JBUF_LOST,             /* lost: conceal conceal_ticks, or recover
				   * it from the packet returned            */
	MM_JBUF_EMPTY,            /* underrun: conceal conceal_ticks; if the
				   * packet arrives, the delay grows        */
	MM_JBUF_HOLD,             /* filling up, or a silence of the sender
				   * (DTX): play silence                    */
};

/* Every packet with audio that was put is played, queued, or one of late,
 * duplicate and overrun. A packet is lost when it is missing at its playout time;
 * it may still arrive late. */
struct mm_jbuf_counters {
	uint64_t late, lost, reordered, duplicate, overrun, underrun;
};

enum mm_jbuf_state {
	MM_JBUF_FRESH,            /* nothing played yet: any number may be
				   * the first                              */
	MM_JBUF_FILLING,          /* empty: waits for the target delay      */
	MM_JBUF_PLAYING,
};

/* Lateness of packets, relative to the fastest ones. */
struct mm_jbuf_estimator {
	bool anchored;
	uint32_t newest_timestamp;
	int64_t newest_ticks;     /* the same, never wrapping               */
	int64_t least_transit_us[2];      /* this window and the one before */
	int64_t window_start_us;
	uint32_t nobserved;
	float histogram[MM_JBUF_BUCKETS]; /* weights that add up to 1       */
};

struct mm_jbuf {
	enum mm_jbuf_state state;
	uint32_t clock_rate_hz;
	uint32_t packet_ticks;    /* audio in one packet of the sender      */
	uint32_t max_delay_ms;
	float target_delay_ms;
	uint32_t next_sequence;   /* to play                                */
	uint32_t next_timestamp;  /* end of the last one played             */
	uint32_t newest_sequence;
	uint64_t seen;            /* bit n: next_sequence - 1 - n arrived   */
	uint32_t conceal_ticks;   /* what LOST or EMPTY asks for            */
	uint32_t starved_ticks;   /* concealed since the last packet        */
	uint32_t nqueued;
	uint32_t queued_ticks;
	bool pausing;             /* the sender announced silence (DTX)     */
	int64_t audio_end_us;     /* end of the audio that was returned     */
	int64_t playout_delay_us; /* of the last packet played              */
	struct mm_jbuf_counters counters;
	struct mm_jbuf_estimator estimator;
	/* The buffer freed last is reused first: a stream without jitter uses
	 * two or three of them, which stay in the cache. */
	uint8_t slots[MM_JBUF_SLOTS];     /* by sequence: packet + 1, or 0  */
	uint8_t spare[MM_JBUF_SLOTS];     /* stack of free ones, + 1        */
	uint32_t nspare;
	struct mm_jbuf_packet packets[MM_JBUF_SLOTS];
};

void mm_jbuf_init(struct mm_jbuf *jbuf, uint32_t clock_rate_hz,
		  uint32_t max_delay_ms);
/* Reset everything but the counters and the measured delay (a new SSRC, or a
 * codec with another clock); queued packets count as overrun. */
void mm_jbuf_reset(struct mm_jbuf *jbuf, uint32_t clock_rate_hz);
/* Keep a packet; 0, or -ESTALE late, -EEXIST duplicate, -EMSGSIZE. A full
 * buffer drops its oldest and counts an overrun: delay stays under the cap. */
int mm_jbuf_put(struct mm_jbuf *jbuf, const struct mm_jbuf_packet *header,
		const uint8_t *payload, size_t size);
/* Take the next packet to play at `now_us`. On MM_JBUF_PACKET the packet
 * returned is the caller's until the next put; on MM_JBUF_LOST it is the one
 * right after the lost one, still queued, or NULL. */
enum mm_jbuf_verdict mm_jbuf_get(struct mm_jbuf *jbuf, int64_t now_us,
				 const struct mm_jbuf_packet **packet);
/* Audio waiting, ms. */
float mm_jbuf_depth_ms(const struct mm_jbuf *jbuf);
/* How many ms the delay is from its target, with `held_ms` of audio taken out
 * earlier still unplayed at the last get: > 0 means too much (shorten), < 0
 * too little (lengthen), 0 within tolerance. */
int mm_jbuf_correction(const struct mm_jbuf *jbuf, float held_ms);

#endif
