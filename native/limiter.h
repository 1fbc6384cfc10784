/* limiter.h -- the look-ahead limiter at the end of a mix class.
 *
 * Delays by MM_LIMITER_LOOKAHEAD_MS and is the identity (bit-exact, delayed)
 * while no sample within reach exceeds 16 bits; above, gain falls smoothly
 * before the peak arrives and returns smoothly after it. Flat state: a fork
 * of a class copies it.
 */
#ifndef MM_LIMITER_H
#define MM_LIMITER_H

#include "mm.h"

#define MM_LIMITER_LOOKAHEAD_MS 2
#define MM_LIMITER_MAX_LOOKAHEAD_SAMPLES 96 /* 2 ms at 48 kHz */

struct mm_limiter {
	int32_t delay[MM_LIMITER_MAX_LOOKAHEAD_SAMPLES];
	size_t lookahead_samples;
	size_t head;
	float gain;              /* applied now; 1 is transparent           */
	float release_per_sample;
	/* Owner (dsp) may add private fields; the struct must stay flat.   */
	float slope;
	int32_t hold_samples;
};

void mm_limiter_init(struct mm_limiter *limiter, uint32_t sample_rate_hz);
void mm_limiter_run(struct mm_limiter *limiter, const int32_t *in,
		    int16_t *out, size_t nsamples);

#endif
