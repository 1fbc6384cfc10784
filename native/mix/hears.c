/* hears.c -- the table of exceptions and its arithmetic. */
#include "mix/hears.h"

#include <errno.h>

#include "mix/mix.h"

static struct mm_hears_cell *find(struct mm_hears *hears,
				  const struct mm_member *listener,
				  const struct mm_member *speaker)
{
	for (size_t i = 0; i < hears->count; i++) {
		struct mm_hears_cell *cell = &hears->cells[i];

		if (cell->listener == listener && cell->speaker == speaker)
			return cell;
	}
	return NULL;
}

int mm_hears_set(struct mm_hears *hears, const struct mm_member *listener,
		 const struct mm_member *speaker, int32_t gain_q8, bool heard)
{
	struct mm_hears_cell *cell = find(hears, listener, speaker);

	if (gain_q8 < 0 || gain_q8 > MM_HEARS_MAX_GAIN_Q8)
		return -EINVAL;
	if (!cell) {
		if (gain_q8 == MM_GAIN_UNITY_Q8)
			return 0;
		if (hears->count == MM_HEARS_MAX)
			return -ENOSPC;
		cell = &hears->cells[hears->count++];
		cell->listener = listener;
		cell->speaker = speaker;
		cell->from_q8 = MM_GAIN_UNITY_Q8;
	}
	cell->to_q8 = gain_q8;
	if (!heard)
		cell->from_q8 = gain_q8;
	return 0;
}

bool mm_hears_excepts(const struct mm_hears *hears,
		      const struct mm_member *speaker)
{
	for (size_t i = 0; i < hears->count; i++)
		if (hears->cells[i].speaker == speaker)
			return true;
	return false;
}

void mm_hears_forget(struct mm_hears *hears, const struct mm_member *member)
{
	size_t kept = 0;

	for (size_t i = 0; i < hears->count; i++) {
		if (hears->cells[i].listener != member &&
		    hears->cells[i].speaker != member)
			hears->cells[kept++] = hears->cells[i];
	}
	hears->count = kept;
}

void mm_hears_advance(struct mm_hears *hears)
{
	size_t kept = 0;

	for (size_t i = 0; i < hears->count; i++) {
		struct mm_hears_cell *cell = &hears->cells[i];

		cell->from_q8 = cell->to_q8;
		if (cell->to_q8 != MM_GAIN_UNITY_Q8)
			hears->cells[kept++] = *cell;
	}
	hears->count = kept;
}

/* As mm_gain_ramp: Q8 gains, ramped in steps of 2^-24, applied as Q16. */
struct glide {
	int64_t gain;
	int64_t step;
};

static struct glide glide_over(size_t nsamples, int32_t from_q8, int32_t to_q8)
{
	return (struct glide){
		.gain = (int64_t)from_q8 * (1 << 24),
		.step = ((int64_t)to_q8 - from_q8) * (1 << 24) /
			(int64_t)nsamples,
	};
}

static int32_t glide_next(struct glide *glide, int32_t x)
{
	glide->gain += glide->step;
	return (int32_t)((x * (glide->gain >> 16) + (1 << 15)) >> 16);
}

void mm_hears_apply(const struct mm_hears_cell *cell, int32_t *mix,
		    const int16_t *pcm, size_t nsamples)
{
	struct glide glide = glide_over(nsamples, cell->from_q8, cell->to_q8);

	for (size_t i = 0; i < nsamples; i++)
		mix[i] += glide_next(&glide, pcm[i]) - pcm[i];
}

void mm_hears_fade(int32_t *mix, size_t nsamples, int32_t from_q8,
		   int32_t to_q8)
{
	struct glide glide = glide_over(nsamples, from_q8, to_q8);

	for (size_t i = 0; i < nsamples; i++)
		mix[i] = glide_next(&glide, mix[i]);
}
