/* playout.h -- a source of audio that does not listen: a prompt, music.
 *
 * Python writes PCM at the playout's rate into a single-producer
 * single-consumer ring; the bridge takes one frame a tick. An empty ring is
 * silence, counted as playout_underrun unless the playout is `finished`.
 */
#ifndef MM_PLAYOUT_H
#define MM_PLAYOUT_H

#include "mix/source.h"
#include "mm.h"

struct mm_playout;

int mm_playout_open(struct mm_playout **playout, uint32_t sample_rate_hz,
		    uint32_t ptime_ms, uint32_t seconds);
void mm_playout_close(struct mm_playout *playout);
struct mm_source *mm_playout_source(struct mm_playout *playout);
/* Writer's side: samples written (less than nsamples when the ring is
 * full). */
size_t mm_playout_write(struct mm_playout *playout, const int16_t *pcm,
			size_t nsamples);
/* Writer's side: drop what waits, at the next tick; what is written after it is
 * played. */
void mm_playout_clear(struct mm_playout *playout);
/* No more samples follow. */
void mm_playout_finish(struct mm_playout *playout);
/* Finished, and all samples were played. */
bool mm_playout_done(const struct mm_playout *playout);
/* Samples waiting. */
size_t mm_playout_pending(const struct mm_playout *playout);

#endif
