/* timescale.c -- one pitch period more or less, by overlap-add.
 *
 * At a lag where the sound repeats itself, x[from ..] and x[from + lag ..] are
 * nearly the same. Fading from the first into the second leaves the period
 * between them out; fading from the second back into the first plays it twice.
 *
 *   shorten   |-------- first fades out
 *                  second fades in -------------|
 *   lengthen  |----------- second fades out
 *                  first fades in, period again, |----------|
 */
#include "dsp/timescale.h"

#include <string.h>

#include "dsp/level.h"
#include "dsp/pitch.h"

#define MIN_LAG_HALF_MS 5             /* 2.5 ms */
#define MAX_LAG_MS MM_PITCH_MAX_LAG_MS
#define SPAN_MS (MM_PITCH_WINDOW_MS + MM_PITCH_MAX_LAG_MS)
#define MIN_SAMPLES_MS 20
/* NetEQ requires as much before it changes speech. */
#define MIN_CORRELATION 0.9f
/* Below -50 dBov an overlap is inaudible. */
#define QUIET_DBOV 50

struct seam {
	size_t from;              /* where the first similar stretch begins */
	size_t lag;               /* from the first to the second; 0: none  */
	size_t overlap;
};

/* Search for two similar stretches at the start of pcm; the overlap is within
 * the span, whose first and last samples stay unchanged. */
static struct seam find_seam(const int16_t *pcm, size_t nsamples,
			     uint32_t sample_rate_hz)
{
	size_t span = mm_frame_samples(sample_rate_hz, SPAN_MS);
	size_t min_lag = mm_frame_samples(sample_rate_hz, MIN_LAG_HALF_MS) / 2;
	size_t max_lag = mm_frame_samples(sample_rate_hz, MAX_LAG_MS);
	struct mm_pitch pitch;
	size_t window;

	if (nsamples < mm_frame_samples(sample_rate_hz, MIN_SAMPLES_MS))
		return (struct seam){ 0 };
	span = nsamples < span ? nsamples : span;
	/* At least a third of the span must be compared. */
	max_lag = span * 2 / 3 < max_lag ? span * 2 / 3 : max_lag;
	pitch = mm_pitch_find(pcm, span, min_lag, max_lag, sample_rate_hz);
	if (pitch.correlation < MIN_CORRELATION &&
	    mm_level_dbov(pcm, span) < QUIET_DBOV)
		return (struct seam){ 0 };
	window = mm_pitch_window(span, pitch.lag_samples, sample_rate_hz);
	return (struct seam){
		.from = span - window - pitch.lag_samples,
		.lag = pitch.lag_samples,
		.overlap = window < pitch.lag_samples ? window
						      : pitch.lag_samples,
	};
}

/* out = from -> to; out may be either. */
static void fade(int16_t *out, const int16_t *from, const int16_t *to,
		 size_t nsamples)
{
	for (size_t i = 0; i < nsamples; i++) {
		int32_t difference = to[i] - from[i];

		out[i] = (int16_t)(from[i] + difference * (int32_t)(i + 1) /
						     (int32_t)(nsamples + 1));
	}
}

size_t mm_timescale_shorten(int16_t *pcm, size_t nsamples,
			    uint32_t sample_rate_hz)
{
	struct seam seam = find_seam(pcm, nsamples, sample_rate_hz);
	int16_t *first = pcm + seam.from;
	size_t rest = nsamples - seam.from - seam.lag;

	if (!seam.lag)
		return nsamples;
	fade(first, first, first + seam.lag, seam.overlap);
	memmove(first + seam.overlap, first + seam.lag + seam.overlap,
		(rest - seam.overlap) * sizeof(*pcm));
	return nsamples - seam.lag;
}

size_t mm_timescale_lengthen(int16_t *pcm, size_t nsamples, size_t max_samples,
			     uint32_t sample_rate_hz)
{
	struct seam seam = find_seam(pcm, nsamples, sample_rate_hz);
	int16_t *first = pcm + seam.from;
	int16_t *second = first + seam.lag;
	int16_t twins[MM_MAX_SAMPLE_RATE_HZ / 1000 * MAX_LAG_MS];

	if (!seam.lag || nsamples + seam.lag > max_samples)
		return nsamples;
	fade(twins, second, first, seam.overlap);
	memmove(second + seam.overlap, first + seam.overlap,
		(nsamples - seam.from - seam.overlap) * sizeof(*pcm));
	memcpy(second, twins, seam.overlap * sizeof(*pcm));
	return nsamples + seam.lag;
}
