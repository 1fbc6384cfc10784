/* leveller.h -- brings a talker to a common loudness, slowly.
 *
 *   frame -> loudness (BS.1770-5) of the last ten seconds of its speech
 *         -> gain that is missing to MM_LEVELLER_TARGET_LUFS, within bounds
 *         -> approached by at most MM_LEVELLER_*_DB_PER_S, while it talks
 *
 * Only speech is measured, and only speech moves the gain: the talk spurt must
 * last (level.h), and the loudness must have risen and fallen as syllables do.
 * A fan, a hum or a tone does neither, however loud; between words the gain is
 * held. And no gain is so large that the noise of the line, the quietest that
 * was heard in five to ten seconds, becomes louder than
 * MM_LEVELLER_NOISE_LUFS.
 */
#ifndef MM_LEVELLER_H
#define MM_LEVELLER_H

#include "dsp/loudness.h"
#include "mm.h"

#define MM_LEVELLER_TARGET_LUFS (-23.0f) /* EBU R 128                       */
#define MM_LEVELLER_MAX_DB 20.0f      /* up and down                        */
#define MM_LEVELLER_UP_DB_PER_S 3.0f
#define MM_LEVELLER_DOWN_DB_PER_S 6.0f
#define MM_LEVELLER_NOISE_LUFS (-50.0f)
#define MM_LEVELLER_MIN_BLOCKS 10     /* a second of speech                 */

/* Flat. */
struct mm_leveller {
	struct mm_loudness loudness;
	struct mm_loudness_gate speech;
	float gain_db;
	float wanted_db;                  /* as of the last step            */
	int32_t gain_q8;                  /* the same                       */
	uint32_t nsteps;                  /* of the current five seconds    */
	float quietest_lufs[2];           /* of these, and of those before  */
	float extreme_lufs;               /* since the last rise or fall    */
	bool risen;                       /* it was a rise                  */
	uint32_t rises;                   /* a bit a step, the newest is 1  */
};

void mm_leveller_init(struct mm_leveller *leveller, uint32_t sample_rate_hz);
/* What comes next does not continue the last frames. */
void mm_leveller_interrupt(struct mm_leveller *leveller);
/* Process a frame (NULL: silence); `gain_q8` is then what to apply to it.
 * `talking`: within a talk spurt. */
void mm_leveller_run(struct mm_leveller *leveller, const int16_t *pcm,
		     uint32_t sample_rate_hz, uint32_t ptime_ms, bool talking);

#endif
