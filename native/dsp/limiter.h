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
#define MM_LIMITER_RELEASE_MS 60            /* time constant  */

struct mm_limiter {
	float gain;               /* of the last sample; 1 is transparent   */
	size_t lookahead_samples;
	unsigned attack_log2[2];  /* lengths of the two smoothing windows   */
	int32_t release_q24;      /* share of the difference in one sample  */
	bool transparent;         /* all ceilings below are unity           */
	int32_t delay[MM_LIMITER_MAX_LOOKAHEAD_SAMPLES];    /* oldest first */
	int32_t ceiling_q24[2 * MM_LIMITER_MAX_LOOKAHEAD_SAMPLES];
};

void mm_limiter_init(struct mm_limiter *limiter, uint32_t sample_rate_hz);
void mm_limiter_run(struct mm_limiter *limiter, const int32_t *in,
		    int16_t *out, size_t nsamples);

#endif
