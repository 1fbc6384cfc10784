/* tapped.h -- taps on one member: what it says, and what it hears, wherever it is.
 *
 *   says (before gain and gate, silence while muted) --> stem of its port   \
 *   hears (its mix, limited)                         --> MM_TAP_HEARD stem  --> sum
 *
 * A tap of a bridge has a stem for each member that is heard there; this one
 * stays with a port in the lobby and on every bridge. Its clock also runs while
 * the port is on no bridge.
 */
#ifndef MM_TAPPED_H
#define MM_TAPPED_H

#include "mix/tap.h"

/* A recording, a transcript, and five each of streams and forks of a call. */
#define MM_TAPPED_MAX 12

struct mm_tapped {
	struct mm_tap *taps[MM_TAPPED_MAX];
	size_t count;
	bool muted;                       /* other than by the lobby        */
};

int mm_tapped_add(struct mm_tapped *tapped, struct mm_tap *tap);
void mm_tapped_remove(struct mm_tapped *tapped, struct mm_tap *tap);

/* Once a tick, in this order; NULL is silence, frames are at this rate. */
void mm_tapped_says(struct mm_tapped *tapped, uint32_t port_id,
		    const int16_t *pcm, uint32_t sample_rate_hz,
		    uint32_t ptime_ms, uint32_t skipped);
/* How many records the full rings dropped. */
uint32_t mm_tapped_hears(struct mm_tapped *tapped, const int16_t *pcm);

#endif
