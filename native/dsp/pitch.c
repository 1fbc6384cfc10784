/* pitch.c -- the pitch period by normalised correlation.
 *
 * A search at 8 kHz finds the neighbourhood, a second one at the full rate
 * the sample. Samples are first scaled to 10 bits, so that the sums over
 * 20 ms (960 samples of 48 kHz: 20 + 10 bits) fit 32 and the loops vectorise.
 */
#include "dsp/pitch.h"

#include <math.h>
#include <string.h>

#include "dsp/clones.h"

#define COARSE_HZ 8000
#define SCALED_BITS 10
#define MAX_SPAN (MM_MAX_SAMPLE_RATE_HZ / 1000 * \
		  (MM_PITCH_WINDOW_MS + MM_PITCH_MAX_LAG_MS))

struct sums {
	int32_t cross;
	int32_t energy_a;
	int32_t energy_b;
};

MM_CLONES static struct sums correlate(const int16_t *restrict a,
				       const int16_t *restrict b,
				       size_t nsamples)
{
	int32_t cross = 0, energy_a = 0, energy_b = 0;

	for (size_t i = 0; i < nsamples; i++) {
		cross += a[i] * b[i];
		energy_a += a[i] * a[i];
		energy_b += b[i] * b[i];
	}
	return (struct sums){ cross, energy_a, energy_b };
}

size_t mm_pitch_window(size_t nsamples, size_t lag_samples,
		       uint32_t sample_rate_hz)
{
	size_t longest = mm_frame_samples(sample_rate_hz, MM_PITCH_WINDOW_MS);

	return nsamples - lag_samples < longest ? nsamples - lag_samples
						: longest;
}

static struct mm_pitch search(const int16_t *x, size_t nsamples,
			      size_t min_lag, size_t max_lag,
			      uint32_t sample_rate_hz)
{
	struct mm_pitch best = { .lag_samples = min_lag, .correlation = -1 };

	for (size_t lag = min_lag; lag <= max_lag; lag++) {
		size_t n = mm_pitch_window(nsamples, lag, sample_rate_hz);
		const int16_t *recent = x + nsamples - n;
		struct sums s = correlate(recent, recent - lag, n);
		float energy = sqrtf((float)s.energy_a * (float)s.energy_b);
		float correlation = energy > 0 ? (float)s.cross / energy : 0;

		if (correlation > best.correlation)
			best = (struct mm_pitch){ lag, correlation };
	}
	return best;
}

/* Bits to drop so that every sample fits SCALED_BITS and a sign. */
static int surplus_bits(const int16_t *x, size_t nsamples)
{
	int32_t all = 0;
	int bits = 0;

	for (size_t i = 0; i < nsamples; i++)
		all |= x[i] ^ (x[i] >> 15);
	while (all >> (SCALED_BITS + bits))
		bits++;
	return bits;
}

static size_t decimate(int16_t *out, const int16_t *x, size_t nsamples,
		       size_t factor)
{
	size_t kept = nsamples / factor;

	x += nsamples - kept * factor;
	for (size_t i = 0; i < kept; i++) {
		int32_t sum = 0;

		for (size_t j = 0; j < factor; j++)
			sum += x[i * factor + j];
		out[i] = (int16_t)(sum / (int32_t)factor);
	}
	return kept;
}

struct mm_pitch mm_pitch_find(const int16_t *x, size_t nsamples,
			      size_t min_lag, size_t max_lag,
			      uint32_t sample_rate_hz)
{
	size_t factor = sample_rate_hz / COARSE_HZ;
	int16_t fine[MAX_SPAN], coarse[MAX_SPAN];
	size_t ncoarse, first, last;
	int bits;

	if (nsamples > MAX_SPAN) {
		x += nsamples - MAX_SPAN;
		nsamples = MAX_SPAN;
	}
	bits = surplus_bits(x, nsamples);
	for (size_t i = 0; i < nsamples; i++)
		fine[i] = (int16_t)(x[i] >> bits);
	if (factor < 2)
		return search(fine, nsamples, min_lag, max_lag, sample_rate_hz);
	ncoarse = decimate(coarse, fine, nsamples, factor);
	first = search(coarse, ncoarse, min_lag / factor, max_lag / factor,
		       COARSE_HZ).lag_samples * factor;
	last = first + factor < max_lag ? first + factor : max_lag;
	first = first < min_lag + factor ? min_lag : first - factor;
	return search(fine, nsamples, first, last, sample_rate_hz);
}
