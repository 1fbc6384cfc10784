/* mix_class.c -- limiter and lanes of a shared class. */
#include "mix/mix_class.h"

#include <string.h>

static const uint32_t lane_rates_hz[MM_LANES] = {8000, 16000, 24000, 32000,
						 48000};

static size_t lane_index(uint32_t sample_rate_hz)
{
	size_t index = 0;

	while (index < MM_LANES - 1 && lane_rates_hz[index] != sample_rate_hz)
		index++;
	return index;
}

int mm_lane_init(struct mm_lane *lane, uint32_t from_hz, uint32_t to_hz)
{
	memset(lane->tail, 0, sizeof(lane->tail));
	lane->splice = false;
	return mm_resampler_init(&lane->resampler, from_hz, to_hz);
}

void mm_lane_switch(struct mm_lane *lane, uint32_t from_hz,
		    const int16_t *last, size_t nsamples)
{
	int16_t discarded[MM_MAX_FRAME_SAMPLES];

	mm_resampler_init(&lane->resampler, from_hz, lane->resampler.to_hz);
	mm_resample(&lane->resampler, last, nsamples, discarded);
	lane->splice = true;
}

/* The old signal is continued by its mirror image, which joins its last sample
 * without a step, and fades out while the new one fades in. */
static void crossfade(int16_t *pcm, const int16_t *tail, size_t nsamples)
{
	int32_t whole = (int32_t)nsamples + 1;

	for (size_t i = 0; i < nsamples; i++) {
		int32_t in = (int32_t)i + 1;
		int32_t mixed = tail[nsamples - 1 - i] * (whole - in) +
				pcm[i] * in;

		pcm[i] = (int16_t)(mixed / whole);
	}
}

size_t mm_lane_run(struct mm_lane *lane, const int16_t *in, size_t nsamples,
		   int16_t *out)
{
	size_t made = mm_resample(&lane->resampler, in, nsamples, out);
	size_t tail = lane->resampler.to_hz / 400; /* 2.5 ms */

	if (lane->splice)
		crossfade(out, lane->tail, tail);
	lane->splice = false;
	memcpy(lane->tail, out + made - tail, tail * sizeof(*out));
	return made;
}

int mm_mix_class_init(struct mm_mix_class *mix_class, uint32_t sample_rate_hz,
		      size_t nsamples)
{
	memset(mix_class, 0, sizeof(*mix_class));
	mm_limiter_init(&mix_class->limiter, sample_rate_hz);
	mix_class->nsamples = nsamples;
	for (size_t i = 0; i < MM_LANES; i++) {
		int rc = mm_lane_init(&mix_class->lanes[i].lane,
				      sample_rate_hz, lane_rates_hz[i]);

		if (rc < 0)
			return rc;
	}
	return 0;
}

void mm_mix_class_switch(struct mm_mix_class *mix_class,
			 uint32_t sample_rate_hz, const int32_t *last,
			 size_t nsamples, uint64_t tick)
{
	int16_t *pcm = mix_class->pcm[(tick - 1) % 2];

	mm_limiter_init(&mix_class->limiter, sample_rate_hz);
	mm_limiter_run(&mix_class->limiter, last, pcm, nsamples);
	mix_class->nsamples = nsamples;
	for (size_t i = 0; i < MM_LANES; i++)
		mm_lane_switch(&mix_class->lanes[i].lane, sample_rate_hz, pcm,
			       nsamples);
}

void mm_mix_class_run(struct mm_mix_class *mix_class, const int32_t *sum,
		      uint64_t tick)
{
	mm_limiter_run(&mix_class->limiter, sum, mix_class->pcm[tick % 2],
		       mix_class->nsamples);
}

/* A filter's history is shorter than a frame, so running the last frame
 * through a new lane leaves it in the state of one that ran all the time. */
static void lane_prime(struct mm_lane *lane, const int16_t *last,
		       size_t nsamples)
{
	mm_lane_switch(lane, lane->resampler.from_hz, last, nsamples);
	lane->splice = false;
}

const int16_t *mm_mix_class_pcm(struct mm_mix_class *mix_class,
				uint32_t sample_rate_hz, uint64_t tick)
{
	size_t index = lane_index(sample_rate_hz);
	struct mm_lane *lane = &mix_class->lanes[index].lane;
	int16_t *pcm = mix_class->lanes[index].pcm;
	uint64_t ran_tick = mix_class->lanes[index].ran_tick;

	if (ran_tick == tick)
		return pcm;
	if (ran_tick + 1 != tick)
		lane_prime(lane, mix_class->pcm[(tick - 1) % 2],
			   mix_class->nsamples);
	mm_lane_run(lane, mix_class->pcm[tick % 2], mix_class->nsamples, pcm);
	mix_class->lanes[index].ran_tick = tick;
	return pcm;
}

void mm_mix_class_fork(const struct mm_mix_class *mix_class,
		       uint32_t sample_rate_hz, uint64_t tick,
		       struct mm_limiter *limiter, struct mm_lane *lane)
{
	size_t index = lane_index(sample_rate_hz);

	*limiter = mix_class->limiter;
	*lane = mix_class->lanes[index].lane;
	if (mix_class->lanes[index].ran_tick + 1 != tick)
		lane_prime(lane, mix_class->pcm[(tick - 1) % 2],
			   mix_class->nsamples);
}
