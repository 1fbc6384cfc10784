/* suppressor.h -- noise suppression by RNNoise (librnnoise, found at run time).
 *
 *   frame -> 48 kHz -> RNNoise, 10 ms at a time -> the frame's rate
 *
 * A sixth of the frame is mixed with what RNNoise makes of it, at its delay:
 * noise falls by 15 dB at most, and speech that it takes for noise stays audible.
 *
 * RNNoise delays by 20 ms, and each resampler by 24 samples of the lower rate.
 * So that turning it on and off makes no gap, it runs MM_SUPPRESSOR_WARM_MS
 * before its output replaces the input, and either way the two are crossfaded.
 *
 *   passing --wanted--> warming --warm--> suppressing --not wanted--> passing
 */
#ifndef MM_SUPPRESSOR_H
#define MM_SUPPRESSOR_H

#include "engine/libraries.h"
#include "mm.h"

#define MM_SUPPRESSOR_WARM_MS 40
#define MM_SUPPRESSOR_TAIL_MS 60      /* processed after the last sound     */

struct mm_suppressor;

/* -ENOPKG without the library. */
int mm_suppressor_open(struct mm_suppressor **suppressor,
		       const struct mm_libraries *libraries);
void mm_suppressor_close(struct mm_suppressor *suppressor);
/* What comes next does not continue the last frames. */
void mm_suppressor_interrupt(struct mm_suppressor *suppressor);
/* Process a frame (NULL: silence); it is returned as it is, or suppressed in
 * `frame`, which may be the same memory. */
const int16_t *mm_suppressor_run(struct mm_suppressor *suppressor,
				 const int16_t *pcm, uint32_t sample_rate_hz,
				 uint32_t ptime_ms, bool wanted,
				 int16_t *frame);

#endif
