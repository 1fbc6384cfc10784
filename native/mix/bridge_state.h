/* bridge_state.h -- the state of a bridge. bridge.c adds, removes and configures
 * members, bridge_rx.c makes contributions from their sources, bridge_tx.c makes
 * the payloads that they are sent.
 */
#ifndef MM_BRIDGE_STATE_H
#define MM_BRIDGE_STATE_H

#include "codec/shared_encoder.h"
#include "mix/bridge.h"
#include "mix/hears.h"
#include "mix/member.h"
#include "mix/mix_class.h"
#include "mix/pages.h"
#include "mix/talkers.h"

#define MM_NO_CONTRIBUTION (-1)
#define MM_FADE_OUTS 8                /* in one tick; others may click      */

/* The hot part of a member: one cache line each, read in every tick. seats[i]
 * and candidates[i] belong to the same member. */
struct mm_seat {
	struct mm_source *source;
	struct mm_member *member;
	struct mm_shared_encoder *shared; /* of its tx format               */
	struct mm_spurt spurt;
	int32_t contribution;             /* of this tick, or none          */
	int16_t exception;                /* its first active exception     */
	uint16_t parallel_ticks;          /* remaining                      */
	uint8_t tx_state;                 /* enum mm_tx_state               */
	uint8_t tx_class;                 /* enum mm_shared_class           */
	uint8_t playouts;                 /* playing for this member alone  */
	bool hears_itself;                /* echoed                         */
	bool deafened;
	bool was_deafened;                /* at the end of the last frame   */
};

/* One input of the sum: at the bridge's rate, after gain and fades. */
struct mm_contribution {
	const int16_t *pcm;               /* NULL: silence                  */
	uint32_t port_id;
};

struct mm_bridge_playout {
	struct mm_playout *playout;       /* NULL: free                     */
	struct mm_member *only;           /* NULL: every member             */
	struct mm_lane_in lane_in;
	const int16_t *pcm;               /* of this tick, NULL: silence    */
	int16_t frame[MM_MAX_FRAME_SAMPLES];
};

/* The last 2.5 ms of a member that left while it was heard, mirrored and faded
 * out, so that the others hear no click. */
struct mm_fade_out {
	uint32_t port_id;
	int16_t pcm[MM_MAX_FRAME_SAMPLES];
};

struct mm_bridge {
	struct mm_bridge_config config;
	struct mm_pages pages;            /* of the arrays below            */
	const struct mm_libraries *libraries;
	struct mm_counters *counters;
	uint64_t tick;                    /* the current one, or the next   */
	uint32_t skipped;                 /* ticks skipped before it        */
	enum mm_shed shed;                /* to save time                   */
	uint32_t sample_rate_hz;
	uint32_t needed_hz;               /* by the current members         */
	uint32_t unneeded_ticks;          /* since needed_hz fell below     */
	size_t frame_samples;
	struct mm_talkers talkers;
	size_t nseats;
	struct mm_seat *seats;
	struct mm_candidate *candidates;
	size_t ncontributions;
	struct mm_contribution *contributions;
	int16_t *frames;                  /* one for each contribution      */
	struct mm_hears hears;
	size_t nfade_outs;
	struct mm_fade_out *fade_outs;
	size_t nencoders;
	struct mm_shared_encoder *encoders[MM_BRIDGE_MAX_FORMATS];
	size_t ntaps;
	struct mm_tap *taps[MM_BRIDGE_MAX_TAPS];
	size_t nforwards;
	struct mm_forward *forwards[MM_BRIDGE_MAX_FORWARDS];
	size_t nplayouts;                 /* slots in use are below this    */
	struct mm_bridge_playout *playouts;
	struct mm_mix_class classes[MM_SHARED_CLASSES];
	int32_t sum[MM_MAX_FRAME_SAMPLES];
	int32_t mix[MM_MAX_FRAME_SAMPLES];    /* scratch of one private mix */
	int16_t limited[MM_MAX_FRAME_SAMPLES];
	int16_t resampled[MM_MAX_FRAME_SAMPLES];
};

/* bridge_rx.c: read the level of every source, choose talkers, and note the
 * rate needed. */
void mm_bridge_peek(struct mm_bridge *bridge, int64_t now_us);
/* Pull the audio that is heard into contributions, and sum them. */
void mm_bridge_gather(struct mm_bridge *bridge);
/* The same once more with the last tick's frames, after a change of rate. */
void mm_bridge_replay(struct mm_bridge *bridge);
/* A member that was heard in the last tick leaves. */
void mm_bridge_fade_out(struct mm_bridge *bridge, uint32_t port_id,
		    const int16_t *pcm);

/* bridge_tx.c: make the payload of every member. */
void mm_bridge_serve(struct mm_bridge *bridge);
/* Run the replayed contributions through every limiter and lane. */
void mm_bridge_warm(struct mm_bridge *bridge);

/* bridge_rate.c: raise the rate immediately, lower it after a while. */
void mm_bridge_raise_rate(struct mm_bridge *bridge, uint32_t sample_rate_hz);
void mm_bridge_follow_rate(struct mm_bridge *bridge);

#endif
