/* mix.h -- the minus-one mix: 32-bit sums, exact subtraction. */
#ifndef MM_MIX_H
#define MM_MIX_H

#include "mm.h"

#define MM_GAIN_UNITY_Q8 256

/* sum[i] += x[i] */
void mm_mix_add(int32_t *sum, const int16_t *x, size_t nsamples);
/* out[i] = sum[i] - own[i] */
void mm_mix_minus(int32_t *out, const int32_t *sum, const int16_t *own,
		  size_t nsamples);
/* out[i] = sum[i] saturated to 16 bits: the only place where clipping may
 * happen. */
void mm_mix_saturate(int16_t *out, const int32_t *sum, size_t nsamples);
/* x[i] *= gain, ramped linearly from one gain to the other over the frame
 * (rounded to nearest, saturated); equal gains of 256 leave x unchanged. */
void mm_gain_ramp(int16_t *x, size_t nsamples, int32_t from_q8, int32_t to_q8);

#endif
