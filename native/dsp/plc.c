/* plc.c -- packet-loss concealment after ITU-T G.711 Appendix I.
 *
 * A gap is filled with the last pitch period before it, repeated; after 10 ms
 * with the last two, after 20 ms with the last three, so that a long gap does
 * not buzz. Periods overlap by a quarter period. From 10 ms on the sound fades,
 * and at 60 ms it is silent.
 *
 * Unlike the Appendix nothing is delayed: where the Appendix overlaps the last
 * received samples with the first concealed ones, here a ramp smooths the step
 * between them. A concealed sample depends only on the history and on its
 * distance from the start of the gap, so it can be computed again when the gap
 * ends and the history is updated.
 */
#include "dsp/plc.h"

#include <string.h>

#include "dsp/pitch.h"

#define MIN_PITCH_MS 5
#define MAX_PITCH_MS 15
#define MAX_PERIODS 3
#define STAGE_MS 10                   /* one period more after so long      */
#define SILENT_AFTER_MS 60
#define MAX_OVERLAP_MS 10             /* back into real speech              */

static size_t samples(const struct mm_plc *plc, uint32_t ms)
{
	return mm_frame_samples(plc->sample_rate_hz, ms);
}

void mm_plc_init(struct mm_plc *plc, uint32_t sample_rate_hz)
{
	memset(plc, 0, sizeof(*plc));
	plc->sample_rate_hz = sample_rate_hz;
	plc->history_len = samples(plc, MM_PLC_HISTORY_MS);
}

/* x -> y while `step` goes from 0 to `steps`. */
static int32_t blend(int32_t x, int32_t y, size_t step, size_t steps)
{
	return x + (y - x) * (int32_t)step / (int32_t)steps;
}

/* Sample `at` of the last `periods` periods, repeated: the end of a round
 * fades into what came before its beginning. The history is in order. */
static int32_t repeated(const struct mm_plc *plc, size_t periods, size_t at)
{
	const int16_t *end = plc->history + plc->history_len;
	size_t length = periods * plc->pitch_samples;
	size_t before_end = length - at % length;
	int32_t x = *(end - before_end);

	if (before_end > plc->overlap_samples)
		return x;
	return blend(*(end - before_end - length), x, before_end,
		     plc->overlap_samples + 1);
}

/* The step from the last received sample to the first concealed one. */
static int32_t first_step(const struct mm_plc *plc)
{
	const int16_t *last = plc->history + plc->history_len - 1;

	return *last - *(last - plc->pitch_samples);
}

/* Sample `at` of the gap. */
static int16_t invented(const struct mm_plc *plc, size_t at)
{
	size_t stage_samples = samples(plc, STAGE_MS);
	size_t silent_at = samples(plc, SILENT_AFTER_MS);
	size_t stage = at / stage_samples;
	size_t into = at % stage_samples;
	size_t periods = stage < MAX_PERIODS ? stage + 1 : MAX_PERIODS;
	int32_t x;

	if (at >= silent_at)
		return 0;
	x = repeated(plc, periods, at);
	if (into < plc->overlap_samples && stage == 0)
		x += blend(first_step(plc), 0, into, plc->overlap_samples);
	else if (into < plc->overlap_samples && stage < MAX_PERIODS)
		x = blend(repeated(plc, periods - 1, at), x, into,
			  plc->overlap_samples);
	if (stage > 0)
		x = blend(x, 0, at - stage_samples, silent_at - stage_samples);
	x = x > INT16_MAX ? INT16_MAX : x;
	return (int16_t)(x < INT16_MIN ? INT16_MIN : x);
}

/* Over the oldest samples: to keep them in order would move all for each frame. */
static void remember(struct mm_plc *plc, const int16_t *pcm, size_t nsamples)
{
	size_t before_end = plc->history_len - plc->oldest;

	if (nsamples > plc->history_len) {
		pcm += nsamples - plc->history_len;
		nsamples = plc->history_len;
	}
	if (nsamples < before_end) {
		memcpy(plc->history + plc->oldest, pcm,
		       nsamples * sizeof(*pcm));
		plc->oldest += nsamples;
		return;
	}
	memcpy(plc->history + plc->oldest, pcm, before_end * sizeof(*pcm));
	plc->oldest = nsamples - before_end;
	memcpy(plc->history, pcm + before_end, plc->oldest * sizeof(*pcm));
}

static void put_in_order(struct mm_plc *plc)
{
	int16_t begin[MM_PLC_MAX_HISTORY];
	size_t after = plc->history_len - plc->oldest;

	memcpy(begin, plc->history, plc->oldest * sizeof(*begin));
	memmove(plc->history, plc->history + plc->oldest,
		after * sizeof(*begin));
	memcpy(plc->history + after, begin, plc->oldest * sizeof(*begin));
	plc->oldest = 0;
}

static void begin_gap(struct mm_plc *plc)
{
	size_t span = samples(plc, MM_PITCH_WINDOW_MS + MAX_PITCH_MS);
	const int16_t *end = plc->history + plc->history_len;

	put_in_order(plc);
	plc->pitch_samples = mm_pitch_find(end - span, span,
					   samples(plc, MIN_PITCH_MS),
					   samples(plc, MAX_PITCH_MS),
					   plc->sample_rate_hz).lag_samples;
	plc->overlap_samples = plc->pitch_samples / 4;
}

/* Appendix I: the longer the gap, the longer the overlap, up to 10 ms. */
static size_t way_back(const struct mm_plc *plc)
{
	size_t longest = samples(plc, MAX_OVERLAP_MS);
	size_t stage_samples = samples(plc, STAGE_MS);
	size_t overlap = plc->overlap_samples;

	if (plc->lost_samples > stage_samples)
		overlap += (plc->lost_samples - stage_samples) * 2 / 5;
	return overlap < longest ? overlap : longest;
}

static void end_gap(struct mm_plc *plc, int16_t *pcm, size_t nsamples)
{
	int16_t filled[MM_PLC_MAX_HISTORY];
	size_t lost = plc->lost_samples;
	size_t first = lost > plc->history_len ? lost - plc->history_len : 0;
	size_t overlap = way_back(plc);

	overlap = overlap < nsamples ? overlap : nsamples;
	for (size_t i = 0; i < overlap; i++)
		pcm[i] = (int16_t)blend(invented(plc, lost + i), pcm[i], i + 1,
					overlap + 1);
	for (size_t at = first; at < lost; at++)
		filled[at - first] = invented(plc, at);
	remember(plc, filled, lost - first);
	plc->lost_samples = 0;
}

void mm_plc_good(struct mm_plc *plc, int16_t *pcm, size_t nsamples)
{
	if (plc->lost_samples)
		end_gap(plc, pcm, nsamples);
	remember(plc, pcm, nsamples);
}

void mm_plc_conceal(struct mm_plc *plc, int16_t *pcm, size_t nsamples)
{
	if (!plc->lost_samples)
		begin_gap(plc);
	for (size_t i = 0; i < nsamples; i++)
		pcm[i] = invented(plc, plc->lost_samples + i);
	plc->lost_samples += nsamples;
}
