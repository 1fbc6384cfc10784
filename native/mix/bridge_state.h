/* bridge_state.h -- a bridge from inside; bridge.c seats its members and turns
 * its knobs, bridge_rx.c makes contributions of what they say, bridge_tx.c
 * makes payloads of what they hear.
 */
#ifndef MM_BRIDGE_STATE_H
#define MM_BRIDGE_STATE_H

#include "codec/shared_encoder.h"
#include "mix/bridge.h"
#include "mix/hears.h"
#include "mix/member.h"
#include "mix/mix_class.h"
#include "mix/talkers.h"

#define MM_NO_CONTRIBUTION (-1)
#define MM_FAREWELLS 8                /* in one tick; the rest may click    */

/* The hot part of a member: one cache line each, walked over in every tick.
 * seats[i] and candidates[i] belong together. */
struct mm_seat {
	struct mm_source *source;
	struct mm_member *member;
	struct mm_shared_encoder *shared; /* of its tx format               */
	struct mm_spurt spurt;
	int32_t contribution;             /* of this tick, or none          */
	int16_t exception;                /* first of its active cells      */
	uint16_t parallel_ticks;          /* left                           */
	uint8_t tx_state;                 /* enum mm_tx_state               */
	uint8_t tx_class;                 /* enum mm_shared_class           */
	uint8_t playouts;                 /* sounding for this member alone */
	bool hears_itself;                /* echoed                         */
	bool deafened;
	bool was_deafened;                /* at the end of the last frame   */
};

/* What is summed: at the bridge's rate, after gain and fades. */
struct mm_contribution {
	const int16_t *pcm;               /* NULL: silence                  */
	uint32_t port_id;
};

struct mm_bridge_playout {
	struct mm_playout *playout;       /* NULL: free                     */
	struct mm_member *only;           /* NULL: the room                 */
	struct mm_lane_in lane_in;
	const int16_t *pcm;               /* of this tick, NULL: silence    */
	int16_t frame[MM_MAX_FRAME_SAMPLES];
};

/* The last 2.5 ms of somebody who left in the middle of a word, mirrored and
 * faded out, so that the others hear no click. */
struct mm_farewell {
	uint32_t port_id;
	int16_t pcm[MM_MAX_FRAME_SAMPLES];
};

struct mm_bridge {
	struct mm_bridge_config config;
	const struct mm_libraries *libraries;
	struct mm_counters *counters;
	uint64_t tick;                    /* the one running, or the next   */
	uint32_t skipped;                 /* ticks before it                */
	uint32_t sample_rate_hz;
	uint32_t needed_hz;               /* by those who are here          */
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
	size_t nfarewells;
	struct mm_farewell farewells[MM_FAREWELLS];
	size_t nencoders;
	struct mm_shared_encoder *encoders[MM_BRIDGE_MAX_FORMATS];
	size_t ntaps;
	struct mm_tap *taps[MM_BRIDGE_MAX_TAPS];
	size_t nplayouts;                 /* slots in use lie below this    */
	struct mm_bridge_playout *playouts;
	struct mm_mix_class classes[MM_SHARED_CLASSES];
	int32_t sum[MM_MAX_FRAME_SAMPLES];
	int32_t mix[MM_MAX_FRAME_SAMPLES];    /* scratch of one private mix */
	int16_t limited[MM_MAX_FRAME_SAMPLES];
	int16_t resampled[MM_MAX_FRAME_SAMPLES];
};

/* bridge_rx.c: look at every source, choose talkers, note the needed rate; */
void mm_bridge_listen(struct mm_bridge *bridge, int64_t now_us);
/* pull what is heard into contributions, and sum them; */
void mm_bridge_gather(struct mm_bridge *bridge);
/* do that once more with the last tick's frames, after a change of rate; */
void mm_bridge_replay(struct mm_bridge *bridge);
/* somebody who was heard in the last tick goes. */
void mm_bridge_part(struct mm_bridge *bridge, uint32_t port_id,
		    const int16_t *pcm);

/* bridge_tx.c: give every member its payload; */
void mm_bridge_serve(struct mm_bridge *bridge);
/* run the replayed contributions through every limiter and lane. */
void mm_bridge_warm(struct mm_bridge *bridge);

/* bridge_rate.c: raise the rate at once, lower it after a while. */
void mm_bridge_raise_rate(struct mm_bridge *bridge, uint32_t sample_rate_hz);
void mm_bridge_follow_rate(struct mm_bridge *bridge);

#endif
