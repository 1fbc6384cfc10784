/* forward.h -- takes a bridge's contributions elsewhere, once a tick:
 *
 *   begin -> carry for each contribution -> end
 *
 * A contribution is what one seat or playout adds to the sum: after gain, mute
 * and gate, and before any limiter.
 */
#ifndef MM_FORWARD_H
#define MM_FORWARD_H

#include "mm.h"

#define MM_BRIDGE_MAX_FORWARDS 16

struct mm_forward;

struct mm_forward_ops {
	/* `skipped` ticks were not run before this one. */
	void (*begin)(struct mm_forward *forward, uint32_t sample_rate_hz,
		      uint32_t skipped);
	/* A frame at that rate; NULL is silence. */
	void (*carry)(struct mm_forward *forward, uint32_t port_id,
		      const int16_t *pcm);
	void (*end)(struct mm_forward *forward);
};

struct mm_forward {
	const struct mm_forward_ops *ops;
};

#endif
