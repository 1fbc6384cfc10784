/* resample.h -- polyphase FIR between 8, 16, 24, 32 and 48 kHz, fixed point.
 *
 * Integer taps and sums that cannot overflow: numpy can compute the same
 * bits. One call turns a whole frame into the whole frame of the other rate.
 * Flat up to 0.43 of the lower rate (0.1 dB), 70 dB down from 0.525 of it on;
 * delays by 24 samples of the lower rate (3 ms at 8 kHz).
 */
#ifndef MM_RESAMPLE_H
#define MM_RESAMPLE_H

#include "mm.h"

#define MM_RESAMPLE_MAX_HISTORY 288

/* Flat. A copy (from == to) has up == down == 1 and no taps. */
struct mm_resampler {
	uint32_t from_hz;
	uint32_t to_hz;
	uint16_t up;             /* interpolate by up ...                   */
	uint16_t down;           /* ... and keep every down-th              */
	uint16_t taps_per_phase;
	uint16_t shift;          /* taps are scaled by 2^shift              */
	const int16_t *taps;     /* shared constant tables, phase by phase  */
	int16_t history[MM_RESAMPLE_MAX_HISTORY]; /* the last taps_per_phase */
};

/* Whether PCM may have this rate: 8000, 16000, 24000, 32000 or 48000. */
bool mm_is_rate(uint32_t rate_hz);
/* -EINVAL for another rate. */
int mm_resampler_init(struct mm_resampler *resampler, uint32_t from_hz,
		      uint32_t to_hz);
/* Returns nsamples * to_hz / from_hz; from == to copies. nsamples is a
 * multiple of from_hz / 1000, as whole milliseconds are; out is not in. */
size_t mm_resample(struct mm_resampler *resampler, const int16_t *in,
		   size_t nsamples, int16_t *out);
/* True while the history still rings: feed silence until it is false. */
bool mm_resampler_ringing(const struct mm_resampler *resampler);

#endif
