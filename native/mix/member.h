/* member.h -- what a bridge keeps of one member: the cold part, with its
 * memory got by mm_member_open, off the tick.
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
 * Forking copies the shared encoder's state, so the stream goes on as if it
 * had always been private. Going back, both encoders are fed the same for
 * MM_PARALLEL_MS first: then the switch is not to be heard. If nobody else is
 * on the shared encoder it takes over the private one's state, and there is
 * no switch at all.
 */
#ifndef MM_MEMBER_H
#define MM_MEMBER_H

#include "codec/shared_encoder.h"
#include "dsp/limiter.h"
#include "dsp/resample.h"
#include "mix/bridge.h"
#include "mix/mix_class.h"

#define MM_PARALLEL_MS 500            /* 100 ms was measured to be enough   */
#define MM_NO_SEAT UINT32_MAX

enum mm_tx_state {
	MM_TX_FRESH,          /* its decoder has heard nothing from us yet  */
	MM_TX_SHARED,
	MM_TX_PRIVATE,
	MM_TX_PARALLEL,
};

/* A source on its way to the bridge's rate. Its last frame is kept, to be
 * played into fresh filters when the bridge changes its rate. */
struct mm_lane_in {
	struct mm_resampler resampler;
	uint32_t last_hz;
	size_t last_samples;      /* 0: was silent, or is not heard on      */
	int16_t last[MM_MAX_FRAME_SAMPLES];
};

struct mm_member_state {
	uint32_t seat_index;      /* on its bridge, or MM_NO_SEAT           */
	const struct mm_libraries *libraries;
	/* rx */
	int32_t gain_q8;          /* asked for                              */
	int32_t gain_now_q8;      /* at the end of the last frame           */
	bool muted;
	struct mm_lane_in lane_in;
	/* tx, while private or parallel */
	struct mm_limiter limiter;
	struct mm_lane lane;
	struct mm_encoder *encoder;
	uint8_t payload[MM_TX_PAYLOAD_BYTES];
};

/* What its contribution is multiplied by in the end. */
static inline int32_t mm_member_gain(const struct mm_member_state *state)
{
	return state->muted ? 0 : state->gain_q8;
}

#endif
