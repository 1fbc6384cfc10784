/* timescale.h -- make a stretch of speech one pitch period shorter or longer
 * without a click (overlap-add at the best match, as NetEQ does), so that a
 * playout delay can be corrected and a drifting clock followed.
 */
#ifndef MM_TIMESCALE_H
#define MM_TIMESCALE_H

#include "mm.h"

/* Both work in place on at least 20 ms and return the new sample count, equal
 * to nsamples when nothing fits (not periodic enough and not quiet). */
size_t mm_timescale_shorten(int16_t *pcm, size_t nsamples,
			    uint32_t sample_rate_hz);
/* `pcm` has room for `max_samples`. */
size_t mm_timescale_lengthen(int16_t *pcm, size_t nsamples, size_t max_samples,
			     uint32_t sample_rate_hz);

#endif
