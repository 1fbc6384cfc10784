/* source.h -- a source of audio for a bridge: a participant's receiver, a
 * playout, a test. The bridge reads every level first, and takes samples only
 * from the sources that will be heard.
 *
 *   each tick, exactly once per source:   peek  ->  pull  or  skip
 */
#ifndef MM_SOURCE_H
#define MM_SOURCE_H

#include "mm.h"

struct mm_source;

struct mm_source_ops {
	/* Level of this tick's frame, -dBov 0..127; decodes only if it must
	 * (a client's RFC 6464 level saves the decode). */
	uint8_t (*peek)(struct mm_source *source, int64_t now_us);
	/* This tick's frame: frame_samples of mono PCM at sample_rate_hz, the
	 * source's own memory, valid until the next peek; NULL is silence. */
	const int16_t *(*pull)(struct mm_source *source);
	/* This tick's frame is not heard. */
	void (*skip)(struct mm_source *source);
	/* Will be peeked at soon: prefetch what that needs; may be NULL. */
	void (*prepare)(const struct mm_source *source);
};

struct mm_source {
	const struct mm_source_ops *ops;
	uint32_t sample_rate_hz;
};

#endif
