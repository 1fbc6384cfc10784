/* leveller.c -- slow gain towards a common loudness. */
#include "dsp/leveller.h"

#include <math.h>

#define UNITY_Q8 256
#define MS_PER_S 1000.0f

/* Syllables come three to eight times a second, and words with pauses between
 * them: steps of 100 ms differ by more than this several times in three
 * seconds. Those of a steady noise differ by 1 dB. */
#define RISE_LU 6.0f
#define RISE_STEPS 30
#define SPEECH_RISES 2

#define QUIETEST_STEPS 50             /* five seconds                       */
#define RISE_WINDOW ((1u << RISE_STEPS) - 1u)

void mm_leveller_init(struct mm_leveller *leveller, uint32_t sample_rate_hz)
{
	*leveller = (struct mm_leveller){
		.gain_q8 = UNITY_Q8,
		.extreme_lufs = MM_LOUDNESS_FLOOR_LUFS,
	};
	mm_loudness_init(&leveller->loudness, sample_rate_hz);
}

void mm_leveller_interrupt(struct mm_leveller *leveller)
{
	mm_loudness_interrupt(&leveller->loudness);
}

static void note_quietest(struct mm_leveller *leveller, float lufs)
{
	float *quietest = leveller->quietest_lufs;

	if (++leveller->nsteps == QUIETEST_STEPS) {
		leveller->nsteps = 0;
		quietest[1] = quietest[0];
		quietest[0] = 0.0f;
	}
	quietest[0] = fminf(quietest[0], lufs);
}

static void note_rise(struct mm_leveller *leveller, float lufs)
{
	bool turned = leveller->risen ?
			      lufs < leveller->extreme_lufs - RISE_LU :
			      lufs > leveller->extreme_lufs + RISE_LU;

	leveller->rises <<= 1;
	if (turned) {
		leveller->risen = !leveller->risen;
		leveller->rises |= leveller->risen;
		leveller->extreme_lufs = lufs;
	} else {
		leveller->extreme_lufs =
			leveller->risen ? fmaxf(leveller->extreme_lufs, lufs) :
					  fminf(leveller->extreme_lufs, lufs);
	}
}

static bool like_speech(const struct mm_leveller *leveller)
{
	return __builtin_popcount(leveller->rises & RISE_WINDOW) >=
	       SPEECH_RISES;
}

static float wanted_db(const struct mm_leveller *leveller)
{
	float most = MM_LEVELLER_NOISE_LUFS - fminf(leveller->quietest_lufs[0],
						    leveller->quietest_lufs[1]);
	float missing = MM_LEVELLER_TARGET_LUFS -
			mm_loudness_gate_lufs(&leveller->speech);

	most = fminf(fmaxf(most, 0.0f), MM_LEVELLER_MAX_DB);
	return fmaxf(fminf(missing, most), -MM_LEVELLER_MAX_DB);
}

static void approach(struct mm_leveller *leveller, uint32_t ptime_ms)
{
	float seconds = (float)ptime_ms / MS_PER_S;
	float change = leveller->wanted_db - leveller->gain_db;

	if (change == 0.0f)
		return;
	change = fminf(change, MM_LEVELLER_UP_DB_PER_S * seconds);
	change = fmaxf(change, -MM_LEVELLER_DOWN_DB_PER_S * seconds);
	leveller->gain_db += change;
	leveller->gain_q8 = (int32_t)lroundf(
		UNITY_Q8 * powf(10.0f, leveller->gain_db / 20.0f));
}

void mm_leveller_run(struct mm_leveller *leveller, const int16_t *pcm,
		     uint32_t sample_rate_hz, uint32_t ptime_ms, bool talking)
{
	struct mm_loudness *loudness = &leveller->loudness;
	float block;

	if (loudness->sample_rate_hz != sample_rate_hz)
		mm_loudness_init(loudness, sample_rate_hz);
	if (mm_loudness_run(loudness, pcm,
			    mm_frame_samples(sample_rate_hz, ptime_ms))) {
		float lufs = mm_loudness_lufs(loudness->steps[0]);

		note_quietest(leveller, lufs);
		note_rise(leveller, lufs);
		if (talking && like_speech(leveller)) {
			if (mm_loudness_block(loudness, &block))
				mm_loudness_gate_add(&leveller->speech, block);
			leveller->wanted_db = wanted_db(leveller);
		}
	}
	if (talking && like_speech(leveller) &&
	    leveller->speech.nblocks >= MM_LEVELLER_MIN_BLOCKS)
		approach(leveller, ptime_ms);
}
