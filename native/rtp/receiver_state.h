/* receiver_state.h -- the state of a receiver: receiver.c accepts packets,
 * receiver_tick.c makes frames.
 */
#ifndef MM_RECEIVER_STATE_H
#define MM_RECEIVER_STATE_H

#include "dsp/inband.h"
#include "rtp/receiver.h"
#include "rtp/voice.h"

#define MM_RECEIVER_DIGITS 16
#define MM_PREPARED_BYTES 192         /* 20 ms of G.711 with its metadata   */

enum mm_frame_state {
	MM_FRAME_UNDECODED,
	MM_FRAME_DECODED,
	MM_FRAME_SILENT,
};

struct mm_receiver {
	struct mm_source source;          /* first: the ops cast back       */
	struct mm_receiver_config config;
	struct mm_counters *counters;
	struct mm_rtp_source rtp_source;
	struct mm_rtp_source candidate;   /* another SSRC on probation      */
	struct mm_jbuf_counters counted;  /* of jbuf, in `counters` already */
	struct mm_dtmf_rx dtmf;
	struct mm_digit digits[MM_RECEIVER_DIGITS];
	size_t first_digit, ndigits;
	int64_t quiet_until_us;           /* a digit is being sent          */
	bool quiet;                       /* the last frame was             */
	int64_t last_event_us;            /* of RFC 4733; 0: never          */
	bool detects_tones, removes_tones;
	int64_t last_packet_us;
	bool regular;                     /* the last packet                */
	int64_t now_us;
	int64_t last_correction_us;
	int correction_ms;                /* wanted in this tick            */
	float held_ms;                    /* before the last fetch          */
	enum mm_frame_state frame_state;
	const int16_t *frame;             /* the voice's                    */
	/* Large, and used at the beginning only: hot fields stay together. */
	struct mm_jbuf jbuf;
	struct mm_voice voice;
	struct mm_inband inband;
};

extern const struct mm_source_ops mm_receiver_ops;

/* Return a digit at the next poll, or count that there is no room. */
void mm_receiver_keep_digit(struct mm_receiver *receiver,
			    const struct mm_digit *digit);
/* Add to the port's counters what the jitter buffer has counted since. */
void mm_receiver_count(struct mm_receiver *receiver);

#endif
