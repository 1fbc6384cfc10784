/* resample.c -- polyphase FIR between 8, 16, 24, 32 and 48 kHz.
 *
 * Between the rates is a grid `up` times as dense as the input. Of a filter on
 * this grid an output sample uses only every up-th tap, because only there are
 * input samples: these taps are its phase. Output sample m is at grid point
 * m * down: phase m * down % up, newest input sample m * down / up.
 */
#include "dsp/resample.h"

#include <errno.h>
#include <string.h>

#include "dsp/clones.h"
#include "dsp/resample_tables.h"

#define BLOCK MM_RESAMPLE_BLOCK_TAPS

struct filter {
	uint16_t up;
	uint16_t down;
	uint16_t taps_per_phase;
	uint16_t shift;
	const int16_t *taps;
};

static const struct filter filters[] = {
	{ 1, 1, 0, 0, NULL },
	{ 2, 1, 48, 15, mm_resample_taps_2_1 },
	{ 3, 1, 48, 15, mm_resample_taps_3_1 },
	{ 4, 1, 48, 15, mm_resample_taps_4_1 },
	{ 6, 1, 48, 15, mm_resample_taps_6_1 },
	{ 1, 2, 96, 15, mm_resample_taps_1_2 },
	{ 1, 3, 144, 15, mm_resample_taps_1_3 },
	{ 1, 4, 192, 15, mm_resample_taps_1_4 },
	{ 1, 6, 288, 16, mm_resample_taps_1_6 },
	{ 3, 2, 48, 15, mm_resample_taps_3_2 },
	{ 2, 3, 72, 15, mm_resample_taps_2_3 },
	{ 4, 3, 48, 15, mm_resample_taps_4_3 },
	{ 3, 4, 72, 15, mm_resample_taps_3_4 },
};

bool mm_is_rate(uint32_t rate_hz)
{
	return rate_hz == 8000 || rate_hz == 16000 || rate_hz == 24000 ||
	       rate_hz == 32000 || rate_hz == 48000;
}

static const struct filter *find_filter(uint32_t from_hz, uint32_t to_hz)
{
	const struct filter *filter = filters;

	while (filter->up * from_hz != filter->down * to_hz)
		filter++;
	return filter;
}

int mm_resampler_init(struct mm_resampler *resampler, uint32_t from_hz,
		      uint32_t to_hz)
{
	const struct filter *filter;

	if (!mm_is_rate(from_hz) || !mm_is_rate(to_hz))
		return -EINVAL;
	filter = find_filter(from_hz, to_hz);
	*resampler = (struct mm_resampler){
		.from_hz = from_hz,
		.to_hz = to_hz,
		.up = filter->up,
		.down = filter->down,
		.taps_per_phase = filter->taps_per_phase,
		.shift = filter->shift,
		.taps = filter->taps,
	};
	return 0;
}

/* Blocks of a fixed length vectorise without a remainder. */
static inline int64_t dot(const int16_t *x, const int16_t *taps, size_t ntaps)
{
	int64_t sum = 0;

	for (size_t at = 0; at < ntaps; at += BLOCK) {
		int32_t block = 0;

		for (size_t i = 0; i < BLOCK; i++)
			block += x[at + i] * taps[at + i];
		sum += block;
	}
	return sum;
}

/* x is the oldest sample that the first output needs. */
MM_CLONES static void run(const struct mm_resampler *resampler,
			  const int16_t *restrict x, int16_t *restrict out,
			  size_t count)
{
	const size_t ntaps = resampler->taps_per_phase;
	const size_t whole = resampler->down / resampler->up;
	const size_t part = resampler->down % resampler->up;
	const int64_t half = (int64_t)1 << (resampler->shift - 1);
	size_t phase = 0;

	for (size_t i = 0; i < count; i++) {
		int64_t y = dot(x, resampler->taps + phase * ntaps, ntaps);
		size_t carry;

		y = (y + half) >> resampler->shift;
		y = y > INT16_MAX ? INT16_MAX : y;
		out[i] = (int16_t)(y < INT16_MIN ? INT16_MIN : y);
		phase += part;
		carry = phase >= resampler->up;
		phase -= carry * resampler->up;
		x += whole + carry;
	}
}

size_t mm_resample(struct mm_resampler *resampler, const int16_t *in,
		   size_t nsamples, int16_t *out)
{
	const size_t past = resampler->taps_per_phase;
	int16_t line[MM_RESAMPLE_MAX_HISTORY + MM_MAX_FRAME_SAMPLES];
	size_t written = 0;

	if (!resampler->taps) {
		memcpy(out, in, nsamples * sizeof(*in));
		return nsamples;
	}
	while (nsamples) {
		size_t n = nsamples < MM_MAX_FRAME_SAMPLES
				   ? nsamples
				   : MM_MAX_FRAME_SAMPLES;
		size_t count = n * resampler->up / resampler->down;

		memcpy(line, resampler->history, past * sizeof(*in));
		memcpy(line + past, in, n * sizeof(*in));
		run(resampler, line + 1, out + written, count);
		memcpy(resampler->history, line + n, past * sizeof(*in));
		in += n;
		nsamples -= n;
		written += count;
	}
	return written;
}

bool mm_resampler_ringing(const struct mm_resampler *resampler)
{
	int32_t any = 0;

	for (size_t i = 0; i < resampler->taps_per_phase; i++)
		any |= resampler->history[i];
	return any != 0;
}
