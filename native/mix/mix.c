/* mix.c -- the minus-one mix.
 *
 * Every member hears all others. Summing N-1 inputs for each of N outputs costs
 * N*N; summing once and subtracting each member's own share costs 2*N and gives
 * the same samples, provided that the sum never clips. So the sum is 32 bits
 * wide: 65536 inputs at full scale fit.
 */
#include "mix/mix.h"

#include "dsp/clones.h"

/* Gains are ramped in steps finer than Q8, or a small change over 960 samples
 * would round to no change at all. */
#define RAMP_EXTRA_BITS 24
#define RAMP_TO_Q16 (RAMP_EXTRA_BITS - 8)

static inline int16_t saturate(int64_t x)
{
	x = x > INT16_MAX ? INT16_MAX : x;
	x = x < INT16_MIN ? INT16_MIN : x;
	return (int16_t)x;
}

MM_CLONES void mm_mix_add(int32_t *restrict sum, const int16_t *restrict x,
			  size_t nsamples)
{
	for (size_t i = 0; i < nsamples; i++)
		sum[i] += x[i];
}

MM_CLONES void mm_mix_minus(int32_t *out, const int32_t *sum,
			    const int16_t *own, size_t nsamples)
{
	for (size_t i = 0; i < nsamples; i++)
		out[i] = sum[i] - own[i];
}

MM_CLONES void mm_mix_saturate(int16_t *restrict out,
			       const int32_t *restrict sum, size_t nsamples)
{
	for (size_t i = 0; i < nsamples; i++) {
		int32_t x = sum[i];

		x = x > INT16_MAX ? INT16_MAX : x;
		x = x < INT16_MIN ? INT16_MIN : x;
		out[i] = (int16_t)x;
	}
}

MM_CLONES void mm_gain_ramp(int16_t *x, size_t nsamples, int32_t from_q8,
			    int32_t to_q8)
{
	int64_t from, step;

	if (!nsamples || (from_q8 == MM_GAIN_UNITY_Q8 && to_q8 == from_q8))
		return;
	from = (int64_t)from_q8 * (1 << RAMP_EXTRA_BITS);
	step = ((int64_t)to_q8 - from_q8) * (1 << RAMP_EXTRA_BITS) /
	       (int64_t)nsamples;
	for (size_t i = 0; i < nsamples; i++) {
		int64_t gain_q16 = (from + step * (int64_t)(i + 1)) >>
				   RAMP_TO_Q16;

		x[i] = saturate((x[i] * gain_q16 + (1 << 15)) >> 16);
	}
}
