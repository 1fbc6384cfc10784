/* suppressor.c -- RNNoise on frames of any rate. */
#include "dsp/suppressor.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/resample.h"

#define RNNOISE_HZ 48000
#define RNNOISE_SAMPLES 480           /* 10 ms                              */
#define RNNOISE_DELAY_FRAMES 2        /* 20 ms                              */
#define KEPT 0.178f                   /* of the input: noise falls by 15 dB */
#define FADES_PER_SECOND 400          /* 2.5 ms, as in bridge_rx.c          */

enum state { PASSING, WARMING, SUPPRESSING };

struct mm_suppressor {
	const struct mm_libraries *libraries;
	enum state state;
	uint32_t sample_rate_hz;          /* 0: nothing was processed       */
	uint32_t warm_ms;                 /* processed in this state        */
	uint32_t silent_ms;               /* of input                       */
	struct mm_resampler up;
	struct mm_resampler down;
	int16_t wide[MM_MAX_FRAME_SAMPLES]; /* at 48 kHz                    */
	int16_t out[MM_MAX_FRAME_SAMPLES];
	/* Input whose output RNNoise has not returned yet. */
	float late[RNNOISE_DELAY_FRAMES][RNNOISE_SAMPLES];
	uint32_t latest;
	_Alignas(64) uint8_t rnnoise[];   /* struct DenoiseState            */
};

static const int16_t silence[MM_MAX_FRAME_SAMPLES];

int mm_suppressor_open(struct mm_suppressor **suppressor,
		       const struct mm_libraries *libraries)
{
	struct mm_suppressor *opened;
	size_t size;

	if (!libraries->rnnoise_init ||
	    libraries->rnnoise_get_frame_size() != RNNOISE_SAMPLES)
		return -ENOPKG;
	size = sizeof(*opened) + (size_t)libraries->rnnoise_get_size();
	opened = aligned_alloc(64, (size + 63) / 64 * 64);
	if (!opened)
		return -ENOMEM;
	memset(opened, 0, size);
	opened->libraries = libraries;
	if (libraries->rnnoise_init(opened->rnnoise, NULL) < 0) {
		free(opened);
		return -ENOPKG;
	}
	*suppressor = opened;
	return 0;
}

void mm_suppressor_close(struct mm_suppressor *suppressor)
{
	free(suppressor);
}

void mm_suppressor_interrupt(struct mm_suppressor *suppressor)
{
	suppressor->state = PASSING;
	suppressor->sample_rate_hz = 0;
}

static void follow_rate(struct mm_suppressor *suppressor,
			uint32_t sample_rate_hz)
{
	if (suppressor->sample_rate_hz == sample_rate_hz)
		return;
	/* A rate of mm_is_rate: neither fails. */
	mm_resampler_init(&suppressor->up, sample_rate_hz, RNNOISE_HZ);
	mm_resampler_init(&suppressor->down, RNNOISE_HZ, sample_rate_hz);
	suppressor->sample_rate_hz = sample_rate_hz;
	suppressor->state = PASSING;
}

/* RNNoise's samples have the range of 16 bits. Speech that it takes for noise
 * stays audible, since a part of the input is mixed with its output. */
static void suppress(struct mm_suppressor *suppressor, int16_t *pcm)
{
	float in[RNNOISE_SAMPLES], out[RNNOISE_SAMPLES];
	float *late = suppressor->late[suppressor->latest];

	for (size_t i = 0; i < RNNOISE_SAMPLES; i++)
		in[i] = pcm[i];
	suppressor->libraries->rnnoise_process_frame(suppressor->rnnoise, out,
						     in);
	for (size_t i = 0; i < RNNOISE_SAMPLES; i++) {
		float mixed = out[i] + KEPT * (late[i] - out[i]);

		pcm[i] = (int16_t)lrintf(
			fmaxf(fminf(mixed, INT16_MAX), INT16_MIN));
	}
	memcpy(late, in, sizeof(in));
	suppressor->latest = (suppressor->latest + 1) % RNNOISE_DELAY_FRAMES;
}

static void process(struct mm_suppressor *suppressor, const int16_t *pcm,
		    size_t nsamples)
{
	size_t wide = mm_resample(&suppressor->up, pcm, nsamples,
				  suppressor->wide);

	for (size_t at = 0; at < wide; at += RNNOISE_SAMPLES)
		suppress(suppressor, suppressor->wide + at);
	mm_resample(&suppressor->down, suppressor->wide, wide,
		    suppressor->out);
}

/* out begins as `from` and ends as `to`; it may be either. */
static void crossfade(const int16_t *from, const int16_t *to, size_t nsamples,
		      size_t faded, int16_t *out)
{
	for (size_t i = 0; i < nsamples; i++) {
		int32_t share = i < faded ? (int32_t)i : (int32_t)faded;
		int32_t rest = (int32_t)faded - share;

		out[i] = (int16_t)((from[i] * rest + to[i] * share) /
				   (int32_t)faded);
	}
}

/* The frame has been processed: what is heard of it? */
static const int16_t *advance(struct mm_suppressor *suppressor,
			      const int16_t *pcm, size_t nsamples,
			      uint32_t ptime_ms, bool wanted, int16_t *frame)
{
	size_t faded = suppressor->sample_rate_hz / FADES_PER_SECOND;

	if (suppressor->state == SUPPRESSING && wanted) {
		memcpy(frame, suppressor->out, nsamples * sizeof(*frame));
		return frame;
	}
	if (!wanted) {
		bool heard = suppressor->state == SUPPRESSING;

		suppressor->state = PASSING;
		if (!heard)
			return pcm;
		crossfade(suppressor->out, pcm, nsamples, faded, frame);
		return frame;
	}
	suppressor->warm_ms = suppressor->state == PASSING
				      ? ptime_ms
				      : suppressor->warm_ms + ptime_ms;
	suppressor->state = WARMING;
	if (suppressor->warm_ms <= MM_SUPPRESSOR_WARM_MS)
		return pcm;
	suppressor->state = SUPPRESSING;
	crossfade(pcm, suppressor->out, nsamples, faded, frame);
	return frame;
}

const int16_t *mm_suppressor_run(struct mm_suppressor *suppressor,
				 const int16_t *pcm, uint32_t sample_rate_hz,
				 uint32_t ptime_ms, bool wanted,
				 int16_t *frame)
{
	size_t nsamples = mm_frame_samples(sample_rate_hz, ptime_ms);

	follow_rate(suppressor, sample_rate_hz);
	suppressor->silent_ms = pcm ? 0 : suppressor->silent_ms + ptime_ms;
	if (suppressor->state == PASSING && (!pcm || !wanted))
		return pcm;
	if (suppressor->silent_ms > MM_SUPPRESSOR_TAIL_MS)
		return NULL;
	if (!pcm)
		pcm = silence;
	process(suppressor, pcm, nsamples);
	return advance(suppressor, pcm, nsamples, ptime_ms, wanted, frame);
}
