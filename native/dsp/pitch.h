/* pitch.h -- the distance at which audio repeats itself. */
#ifndef MM_PITCH_H
#define MM_PITCH_H

#include "mm.h"

#define MM_PITCH_WINDOW_MS 20
#define MM_PITCH_MAX_LAG_MS 16

struct mm_pitch {
	size_t lag_samples;
	float correlation;        /* normalised: -1 .. 1; 0 for silence     */
};

/* How many samples at the end of `nsamples` are compared at a lag. */
size_t mm_pitch_window(size_t nsamples, size_t lag_samples,
		       uint32_t sample_rate_hz);

/* The lag within [min, max] at which the end of x is most similar to what
 * precedes it. At most 36 ms are searched; max_lag < nsamples. */
struct mm_pitch mm_pitch_find(const int16_t *x, size_t nsamples,
			      size_t min_lag, size_t max_lag,
			      uint32_t sample_rate_hz);

#endif
