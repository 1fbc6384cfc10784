/* shared_encoder.h -- one encode for all members that hear the same mix.
 *
 * For each format of a bridge's members there is one encoder per shared class
 * (mix_class.h): an outlet. All attached members send its payload. An outlet
 * runs only while a member is attached. One that starts running again is either
 * reset, for a member whose decoder is new as well, or takes over the private
 * encoder of the member that returns to it.
 */
#ifndef MM_SHARED_ENCODER_H
#define MM_SHARED_ENCODER_H

#include "mix/bridge.h"
#include "mix/mix_class.h"

/* The longest is a frame of L16 at 48 kHz. */
#define MM_TX_PAYLOAD_BYTES (MM_MAX_FRAME_SAMPLES * sizeof(int16_t))

struct mm_outlet {
	struct mm_encoder *encoder;
	uint64_t ran_tick;        /* last tick in which it encoded          */
	uint32_t members;         /* attached in this tick                  */
	size_t payload_bytes;     /* 0: nothing to send                     */
	uint8_t payload[MM_TX_PAYLOAD_BYTES];
};

struct mm_shared_encoder {
	struct mm_codec_format format;
	const struct mm_libraries *libraries;
	struct mm_outlet outlets[MM_SHARED_CLASSES];
};

/* Whether the outlet has a stream: it ran last tick, or will in this one. */
static inline bool mm_outlet_running(const struct mm_outlet *outlet,
				     uint64_t tick)
{
	return outlet->members > 0 || outlet->ran_tick + 1 == tick;
}

/* Encode a frame into `payload`; bytes, 0 when that failed (counted). */
size_t mm_encode_counted(struct mm_encoder *encoder, const int16_t *pcm,
			 size_t nsamples, uint8_t *payload,
			 struct mm_counters *counters);

#endif
