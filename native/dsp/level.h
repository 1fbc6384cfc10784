/* level.h -- audio level (RFC 6464) and talk spurts (VAD with hangover). */
#ifndef MM_LEVEL_H
#define MM_LEVEL_H

#include "mm.h"

#define MM_SPURT_THRESHOLD_DBOV 45    /* voiced when louder than -45 dBov   */
#define MM_SPURT_ONSET_FRAMES 2       /* this many voiced frames start one  */
#define MM_SPURT_HANGOVER_MS 400

/* RMS level of a frame: 0 (full scale) .. 127 (silence), -dBov. */
uint8_t mm_level_dbov(const int16_t *pcm, size_t nsamples);

/* Latches talking until the hangover has passed without voice; the threshold
 * rises over a measured noise floor so that a noisy line is not "talking". */
struct mm_spurt {
	uint32_t frame_ms;
	uint32_t voiced_frames;
	uint32_t hangover_ms;     /* remaining                              */
	float noise_dbov;
	bool talking;
};

void mm_spurt_init(struct mm_spurt *spurt, uint32_t frame_ms);
/* Process one frame's level; true when `talking` has just changed. */
bool mm_spurt_observe(struct mm_spurt *spurt, uint8_t level_dbov);

#endif
