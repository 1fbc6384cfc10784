/* limiter.c -- the look-ahead limiter at the end of a mix class.
 *
 *   in -+-> delay L ---------------------------------------> x -> out
 *       |                                                    ^
 *       +-> ceiling -> release -> lowest of the -> average -> gain
 *           32767/|in|            last L+1         over A, B
 *
 * The lowest ceiling of the last L+1 samples covers a peak from the moment it
 * enters the delay until it leaves. Averaging this over windows of A and B
 * samples, A + B - 2 <= L, gives every output sample a mean of values that
 * all include its own ceiling: so no product can exceed full scale, and the
 * gain falls along a smooth curve. All in integers (Q24), so that running sums
 * stay exact and unity is exactly unity.
 */
#include "dsp/limiter.h"

#include <string.h>

#include "dsp/clones.h"

#define ONE_Q24 (1 << 24)
#define Q24 24
#define FULL_SCALE 32767
#define MAX_LOOKAHEAD MM_LIMITER_MAX_LOOKAHEAD_SAMPLES
/* Ceilings older than the frame on which its first gain still depends. */
#define MAX_PAST (2 * MAX_LOOKAHEAD)
#define LINE (MAX_PAST + MM_MAX_FRAME_SAMPLES)

static unsigned log2_floor(size_t x)
{
	unsigned bits = 0;

	while (x >> (bits + 1))
		bits++;
	return bits;
}

void mm_limiter_init(struct mm_limiter *limiter, uint32_t sample_rate_hz)
{
	size_t lookahead = mm_frame_samples(sample_rate_hz,
					    MM_LIMITER_LOOKAHEAD_MS);
	size_t rise = mm_frame_samples(sample_rate_hz,
					  MM_LIMITER_RELEASE_MS);

	memset(limiter, 0, sizeof(*limiter));
	limiter->lookahead_samples = lookahead;
	/* Powers of two, so that an average is a shift: 64 + 32 at 48 kHz. */
	limiter->attack_log2[0] = log2_floor(lookahead * 2 / 3);
	limiter->attack_log2[1] = log2_floor(lookahead / 2);
	limiter->release_q24 = ONE_Q24 / (int32_t)rise;
	limiter->transparent = true;
	limiter->gain = 1.0f;
	for (size_t i = 0; i < MAX_PAST; i++)
		limiter->ceiling_q24[i] = ONE_Q24;
}

/* Highest magnitude, of negative samples less one: -32768 is within range. */
MM_CLONES static int32_t highest(const int32_t *x, size_t nsamples)
{
	int32_t peak = 0;

	for (size_t i = 0; i < nsamples; i++) {
		int32_t magnitude = x[i] ^ (x[i] >> 31);

		peak = magnitude > peak ? magnitude : peak;
	}
	return peak;
}

/* The gain at which each sample would just fit. */
MM_CLONES static void ceilings(int32_t *restrict ceiling_q24,
			       const int32_t *restrict x, size_t nsamples)
{
	for (size_t i = 0; i < nsamples; i++) {
		int32_t magnitude = x[i] ^ (x[i] >> 31);
		double fit = (double)FULL_SCALE * ONE_Q24 /
			     ((double)magnitude + 1.0);

		ceiling_q24[i] = magnitude > FULL_SCALE ? (int32_t)fit
							: ONE_Q24;
	}
}

/* Down immediately; up by a share of the difference, and by one, to arrive. */
static void release(int32_t *ceiling_q24, size_t nsamples, int32_t last_q24,
		    int32_t release_q24)
{
	for (size_t i = 0; i < nsamples; i++) {
		int64_t missing = ONE_Q24 - last_q24;
		int32_t risen = last_q24 + (missing > 0) +
				(int32_t)(missing * release_q24 >> Q24);

		last_q24 = ceiling_q24[i] < risen ? ceiling_q24[i] : risen;
		ceiling_q24[i] = last_q24;
	}
}

/* x[i] = the lowest of x[i] .. x[i + window - 1], in place: the span that each
 * x[i] covers doubles until it is the window. */
MM_CLONES static void lowest_ahead(int32_t *x, size_t count, size_t window)
{
	size_t seen = 1;

	while (seen < window) {
		size_t further = 2 * seen <= window ? seen : window - seen;

		for (size_t i = 0; i + further < count; i++)
			x[i] = x[i] < x[i + further] ? x[i] : x[i + further];
		seen += further;
	}
}

/* x[i] = the mean of x[i] .. x[i + 2^log2 - 1], in place; 64 times unity fits
 * 31 bits. */
static void mean_ahead(int32_t *x, size_t count, unsigned window_log2)
{
	size_t window = (size_t)1 << window_log2;
	int32_t sum = 0;

	for (size_t i = 0; i + 1 < window; i++)
		sum += x[i];
	for (size_t i = 0; i + window <= count; i++) {
		int32_t oldest = x[i];

		sum += x[i + window - 1];
		x[i] = sum >> window_log2;
		sum -= oldest;
	}
}

MM_CLONES static void apply(int16_t *restrict out, const int32_t *restrict x,
			    const int32_t *restrict gain_q24, size_t nsamples)
{
	for (size_t i = 0; i < nsamples; i++)
		out[i] = (int16_t)(((int64_t)x[i] * gain_q24[i] +
				    ONE_Q24 / 2) >> Q24);
}

MM_CLONES static void narrow(int16_t *restrict out, const int32_t *restrict x,
			     size_t nsamples)
{
	for (size_t i = 0; i < nsamples; i++)
		out[i] = (int16_t)x[i];
}

/* x: the delayed samples, then the frame's. */
static void limit(struct mm_limiter *limiter, const int32_t *x, int16_t *out,
		  size_t nsamples)
{
	const size_t lookahead = limiter->lookahead_samples;
	const size_t past = 2 * lookahead;
	const unsigned *attack = limiter->attack_log2;
	const size_t reach = (1u << attack[0]) + (1u << attack[1]) - 2;
	int32_t line[LINE];
	const int32_t *gain_q24 = line + lookahead - reach;

	memcpy(line, limiter->ceiling_q24, past * sizeof(*line));
	ceilings(line + past, x + lookahead, nsamples);
	release(line + past, nsamples, line[past - 1], limiter->release_q24);
	memcpy(limiter->ceiling_q24, line + nsamples, past * sizeof(*line));
	limiter->transparent = true;
	for (size_t i = 0; i < past; i++)
		limiter->transparent &= limiter->ceiling_q24[i] == ONE_Q24;
	lowest_ahead(line, past + nsamples, lookahead + 1);
	mean_ahead(line, past + nsamples, attack[0]);
	mean_ahead(line, past + nsamples, attack[1]);
	apply(out, x, gain_q24, nsamples);
	limiter->gain = (float)gain_q24[nsamples - 1] / ONE_Q24;
}

static void run(struct mm_limiter *limiter, const int32_t *in, int16_t *out,
		size_t nsamples)
{
	const size_t lookahead = limiter->lookahead_samples;
	int32_t x[MAX_LOOKAHEAD + MM_MAX_FRAME_SAMPLES];

	memcpy(x, limiter->delay, lookahead * sizeof(*x));
	memcpy(x + lookahead, in, nsamples * sizeof(*x));
	memcpy(limiter->delay, x + nsamples, lookahead * sizeof(*x));
	if (limiter->transparent && highest(in, nsamples) <= FULL_SCALE)
		narrow(out, x, nsamples);
	else
		limit(limiter, x, out, nsamples);
}

void mm_limiter_run(struct mm_limiter *limiter, const int32_t *in,
		    int16_t *out, size_t nsamples)
{
	while (nsamples) {
		size_t n = nsamples < MM_MAX_FRAME_SAMPLES
				   ? nsamples
				   : MM_MAX_FRAME_SAMPLES;

		run(limiter, in, out, n);
		in += n;
		out += n;
		nsamples -= n;
	}
}
