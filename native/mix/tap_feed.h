/* tap_feed.h -- the bridge's side of a tap, once a tick:
 *
 *   begin -> stem for each contribution -> end
 */
#ifndef MM_TAP_FEED_H
#define MM_TAP_FEED_H

#include "mix/tap.h"

/* The bridge's rate is another from here on; then, for each contribution that
 * was heard in the last tick, its last frame at the new rate. */
void mm_tap_switch(struct mm_tap *tap, uint32_t sample_rate_hz,
		   uint32_t ptime_ms);
/* The rate of a bridge, which may differ from that of the previous one. */
void mm_tap_follow(struct mm_tap *tap, uint32_t sample_rate_hz,
		   uint32_t ptime_ms);
void mm_tap_warm(struct mm_tap *tap, uint32_t port_id, const int16_t *pcm);

/* `skipped` ticks were not run before this one. */
void mm_tap_begin(struct mm_tap *tap, uint32_t skipped);
/* One contribution of this tick; NULL is silence. */
void mm_tap_stem(struct mm_tap *tap, uint32_t port_id, const int16_t *pcm);
/* Make the mix and write the records; returns how many the full ring
 * dropped. */
uint32_t mm_tap_end(struct mm_tap *tap);

#endif
