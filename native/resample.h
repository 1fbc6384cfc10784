/* resample.h -- polyphase FIR between 8, 16, 32 and 48 kHz, fixed point.
 *
 * Q15 taps and 64-bit-safe integer sums: numpy can compute the same bits.
 * One call turns a whole frame into the whole frame of the other rate.
 */
#ifndef MM_RESAMPLE_H
#define MM_RESAMPLE_H

#include "mm.h"

#define MM_RESAMPLE_MAX_HISTORY 512

struct mm_resampler {
	uint32_t from_hz;
	uint32_t to_hz;
	uint16_t up;             /* interpolate by up ...                   */
	uint16_t down;           /* ... and keep every down-th              */
	uint16_t taps_per_phase;
	const int16_t *taps_q15; /* shared constant tables, phase by phase  */
	int16_t history[MM_RESAMPLE_MAX_HISTORY];
};

/* -EINVAL for a rate other than 8000, 16000, 32000, 48000. */
int mm_resampler_init(struct mm_resampler *resampler, uint32_t from_hz,
		      uint32_t to_hz);
/* Returns nsamples * to_hz / from_hz; from == to copies. */
size_t mm_resample(struct mm_resampler *resampler, const int16_t *in,
		   size_t nsamples, int16_t *out);
/* True while the history still rings: feed silence until it is false. */
bool mm_resampler_ringing(const struct mm_resampler *resampler);

#endif
