/* member.h -- a bridge's state of one member: the part that is not used in
 * every tick. mm_member_open allocates it, off the tick.
 *
 * How a member is sent its mix:
 *
 *   fresh ----> shared <----------- parallel
 *     |           |  hears          ^     |  hears something
 *     |           |  something of   |     |  of its own
 *     |           v  its own: fork  |     |
 *     +------> private -------------+ <---+
 *                       hears what a class
 *                       hears, 500 ms long
 *
 * Forking copies the shared encoder's state, so the stream continues as if it
 * had always been private. Before the return, both encoders are fed the same
 * for MM_PARALLEL_MS, which makes the switch inaudible. If no other member uses
 * the shared encoder, it takes over the private one's state, and there is no
 * switch.
 */
#ifndef MM_MEMBER_H
#define MM_MEMBER_H

#include "codec/shared_encoder.h"
#include "dsp/leveller.h"
#include "dsp/limiter.h"
#include "dsp/resample.h"
#include "mix/bridge.h"
#include "mix/mix_class.h"

#define MM_PARALLEL_MS 500            /* 100 ms was measured to be enough   */
#define MM_NO_SEAT UINT32_MAX

enum mm_tx_state {
	MM_TX_FRESH,          /* nothing has been sent to its decoder yet   */
	MM_TX_SHARED,
	MM_TX_PRIVATE,
	MM_TX_PARALLEL,
};

/* A source resampled to the bridge's rate. Its last frame is kept, to prime
 * new filters when the bridge changes its rate. */
struct mm_lane_in {
	struct mm_resampler resampler;
	uint32_t last_hz;
	size_t last_samples;      /* 0: was silent, or is not heard any more */
	int16_t last[MM_MAX_FRAME_SAMPLES];
};

struct mm_member_state {
	uint32_t seat_index;      /* on its bridge, or MM_NO_SEAT           */
	const struct mm_libraries *libraries;
	/* rx */
	int32_t gain_q8;          /* as set                                 */
	int32_t gain_now_q8;      /* at the end of the last frame           */
	bool muted;
	bool levelled;
	struct mm_leveller leveller;      /* while levelled                 */
	struct mm_lane_in lane_in;
	/* tx, while private or parallel */
	struct mm_limiter limiter;
	struct mm_lane lane;
	struct mm_encoder *encoder;
	uint8_t payload[MM_TX_PAYLOAD_BYTES];
};

/* The gain that is set: 0 while muted. */
static inline int32_t mm_member_gain(const struct mm_member_state *state)
{
	return state->muted ? 0 : state->gain_q8;
}

/* The gain applied to its contribution: with that of the leveller. */
static inline int32_t mm_member_applied_gain(const struct mm_member_state *state)
{
	int64_t gain_q8 = mm_member_gain(state);

	if (state->levelled)
		gain_q8 = (gain_q8 * state->leveller.gain_q8 + 128) >> 8;
	return (int32_t)gain_q8;
}

#endif
