/* level.c -- audio level and talk spurts.
 *
 * 0 dBov is the RMS of a full-scale square wave (RFC 6465, appendix A), so a
 * full-scale sine reads 3.
 */
#include "dsp/level.h"

#include <math.h>

#include "dsp/clones.h"

#define FULL_SCALE 32767.0

/* The measured noise floor stays within this window. Its loud end keeps a
 * steady loud sound (music, a tone) talking for ever: only a quiet hum is
 * adapted to. Its quiet end makes a line that leaves digital silence adapt
 * soon. */
#define NOISE_LOUDEST_DBOV 40.0f
#define NOISE_QUIETEST_DBOV 70.0f
/* Speech must exceed the noise by so much. */
#define NOISE_MARGIN_DB 8.0f
/* Pauses between words lower the floor immediately; speech raises it so slowly
 * that a sentence hardly changes it. */
#define NOISE_FALL 0.25f
#define NOISE_RISE_DB_PER_MS 0.003f

MM_CLONES static int64_t energy(const int16_t *pcm, size_t nsamples)
{
	int64_t sum = 0;

	for (size_t i = 0; i < nsamples; i++)
		sum += (int32_t)pcm[i] * pcm[i];
	return sum;
}

uint8_t mm_level_dbov(const int16_t *pcm, size_t nsamples)
{
	int64_t sum = energy(pcm, nsamples);
	double mean, level;

	if (!sum)
		return MM_SILENCE_DBOV;
	mean = (double)sum / (double)nsamples / (FULL_SCALE * FULL_SCALE);
	level = -10.0 * log10(mean) + 0.5;
	if (level < 0.0)
		return 0;
	return level < MM_SILENCE_DBOV ? (uint8_t)level : MM_SILENCE_DBOV;
}

void mm_spurt_init(struct mm_spurt *spurt, uint32_t frame_ms)
{
	*spurt = (struct mm_spurt){
		.frame_ms = frame_ms,
		.noise_dbov = NOISE_QUIETEST_DBOV,
	};
}

static void follow_noise(struct mm_spurt *spurt, float level_dbov)
{
	float rise = NOISE_RISE_DB_PER_MS * (float)spurt->frame_ms;
	float below = level_dbov - spurt->noise_dbov;

	spurt->noise_dbov += below > 0.0f ? below * NOISE_FALL
					  : fmaxf(below, -rise);
	spurt->noise_dbov = fminf(spurt->noise_dbov, NOISE_QUIETEST_DBOV);
	spurt->noise_dbov = fmaxf(spurt->noise_dbov, NOISE_LOUDEST_DBOV);
}

bool mm_spurt_observe(struct mm_spurt *spurt, uint8_t level_dbov)
{
	float threshold_dbov = fminf(MM_SPURT_THRESHOLD_DBOV,
				     spurt->noise_dbov - NOISE_MARGIN_DB);
	bool voiced = (float)level_dbov < threshold_dbov;
	bool was_talking = spurt->talking;

	follow_noise(spurt, level_dbov);
	if (voiced) {
		spurt->voiced_frames++;
		if (spurt->voiced_frames >= MM_SPURT_ONSET_FRAMES)
			spurt->talking = true;
		if (spurt->talking)
			spurt->hangover_ms = MM_SPURT_HANGOVER_MS;
	} else {
		spurt->voiced_frames = 0;
		spurt->hangover_ms -= spurt->hangover_ms < spurt->frame_ms
					      ? spurt->hangover_ms
					      : spurt->frame_ms;
		spurt->talking = spurt->talking && spurt->hangover_ms > 0;
	}
	return spurt->talking != was_talking;
}
