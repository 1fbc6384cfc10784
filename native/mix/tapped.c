/* tapped.c -- one member's two stems, for each tap on it. */
#include "mix/tapped.h"

#include <errno.h>

#include "mix/tap_feed.h"

int mm_tapped_add(struct mm_tapped *tapped, struct mm_tap *tap)
{
	if (tapped->count == MM_TAPPED_MAX)
		return -ENOSPC;
	tapped->taps[tapped->count++] = tap;
	return 0;
}

void mm_tapped_remove(struct mm_tapped *tapped, struct mm_tap *tap)
{
	for (size_t i = 0; i < tapped->count; i++) {
		if (tapped->taps[i] == tap) {
			tapped->taps[i] = tapped->taps[--tapped->count];
			return;
		}
	}
}

void mm_tapped_says(struct mm_tapped *tapped, uint32_t port_id,
		    const int16_t *pcm, uint32_t sample_rate_hz,
		    uint32_t ptime_ms, uint32_t skipped)
{
	for (size_t i = 0; i < tapped->count; i++) {
		mm_tap_follow(tapped->taps[i], sample_rate_hz, ptime_ms);
		mm_tap_begin(tapped->taps[i], skipped);
		mm_tap_stem(tapped->taps[i], port_id,
			    tapped->muted ? NULL : pcm);
	}
}

uint32_t mm_tapped_hears(struct mm_tapped *tapped, const int16_t *pcm)
{
	uint32_t overran = 0;

	for (size_t i = 0; i < tapped->count; i++) {
		mm_tap_stem(tapped->taps[i], MM_TAP_HEARD, pcm);
		overran += mm_tap_end(tapped->taps[i]);
	}
	return overran;
}
