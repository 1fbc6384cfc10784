/* mix_class.h -- a mix that several members hear.
 *
 * All members that contribute nothing hear the same sum ("all"), and all
 * deafened members hear silence: these two classes are shared. A member with a
 * mix of its own (its minus-one, exceptions, a private playout) has its own
 * limiter and resampler.
 *
 *   sum -> limiter -> pcm (bridge rate) -> lane per member rate -> encoders
 */
#ifndef MM_MIX_CLASS_H
#define MM_MIX_CLASS_H

#include "dsp/limiter.h"
#include "dsp/resample.h"
#include "mm.h"

#define MM_LANES 5                    /* 8, 16, 24, 32, 48 kHz              */
#define MM_SPLICE_MAX_SAMPLES 120     /* 2.5 ms at 48 kHz                   */

enum mm_shared_class { MM_CLASS_ALL, MM_CLASS_SILENCE, MM_SHARED_CLASSES };

/* From the bridge's rate to a member's. When the bridge changes its rate, the
 * next frame begins with a crossfade from the end of the last one. */
struct mm_lane {
	struct mm_resampler resampler;
	bool splice;
	int16_t tail[MM_SPLICE_MAX_SAMPLES]; /* the end of the last frame   */
};

int mm_lane_init(struct mm_lane *lane, uint32_t from_hz, uint32_t to_hz);
/* The bridge's rate is now from_hz; `last` is the frame before the next one,
 * already at that rate. */
void mm_lane_switch(struct mm_lane *lane, uint32_t from_hz,
		    const int16_t *last, size_t nsamples);
size_t mm_lane_run(struct mm_lane *lane, const int16_t *in, size_t nsamples,
		   int16_t *out);

struct mm_mix_class {
	struct mm_limiter limiter;
	size_t nsamples;                  /* of a frame at the bridge's rate */
	int16_t pcm[2][MM_MAX_FRAME_SAMPLES]; /* limited: of this tick and of
					       * the last, by tick's parity */
	struct {
		struct mm_lane lane;
		uint64_t ran_tick;
		int16_t pcm[MM_MAX_FRAME_SAMPLES];
	} lanes[MM_LANES];
};

int mm_mix_class_init(struct mm_mix_class *mix_class, uint32_t sample_rate_hz,
		      size_t nsamples);
/* The bridge's rate has changed; `last` is what the last sum would have been
 * at the new one. */
void mm_mix_class_switch(struct mm_mix_class *mix_class,
			 uint32_t sample_rate_hz, const int32_t *last,
			 size_t nsamples, uint64_t tick);
/* Limit this tick's sum. */
void mm_mix_class_run(struct mm_mix_class *mix_class, const int32_t *sum,
		      uint64_t tick);
/* This tick's PCM at a member's rate; resampled once for all members. */
const int16_t *mm_mix_class_pcm(struct mm_mix_class *mix_class,
				uint32_t sample_rate_hz, uint64_t tick);
/* A member leaves the class before it ran in this tick: its own limiter and
 * lane continue from the class's state. */
void mm_mix_class_fork(const struct mm_mix_class *mix_class,
		       uint32_t sample_rate_hz, uint64_t tick,
		       struct mm_limiter *limiter, struct mm_lane *lane);

#endif
