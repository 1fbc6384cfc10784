/* tap.h -- a listener that does not speak: a recording, a transcript.
 *
 * A tap has its own fixed sample rate. Stems (each port's contribution after
 * gain, mute and gate) are resampled to it, and the mix is their 32-bit sum
 * through the limiter; stems are delayed by the limiter's look-ahead, so that
 * sum(stems) == mix to the sample wherever nothing exceeds full scale.
 * Records leave by a single-producer single-consumer ring; a full ring drops
 * the record and counts tap_overrun; `first_sample` shows every gap.
 */
#ifndef MM_TAP_H
#define MM_TAP_H

#include "mm.h"

#define MM_TAP_MIX 0                  /* port id of the mix in a record     */
#define MM_TAP_PLAYOUT 0xffffff00u    /* of a bridge's playouts: this + slot */
#define MM_TAP_HEARD 0xfffffeffu      /* what a tapped port hears           */

struct mm_tap_record {
	uint64_t first_sample;    /* on the tap's clock: 0 is its opening   */
	uint32_t port_id;         /* MM_TAP_MIX or the stem's port          */
	uint32_t nsamples;
	/* int16_t pcm[nsamples] follows                                    */
};

struct mm_tap;

/* Allocate off the tick. The ring has room for `seconds` of audio. */
int mm_tap_open(struct mm_tap **tap, uint32_t sample_rate_hz, bool stems,
		uint32_t seconds);
void mm_tap_close(struct mm_tap *tap);
/* Reader's side (one thread): copy the next record out: samples, 0 when there
 * is none, -ENOSPC when it does not fit `max`. */
int mm_tap_read(struct mm_tap *tap, struct mm_tap_record *record, int16_t *pcm,
		size_t max);
uint64_t mm_tap_overruns(const struct mm_tap *tap);
/* Samples that the tap's clock has counted (silence and skipped ticks as
 * well). */
uint64_t mm_tap_position(const struct mm_tap *tap);

#endif
