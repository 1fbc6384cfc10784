/* plc.h -- packet-loss concealment for codecs that have none of their own
 * (after G.711 Appendix I: repeat the last pitch periods, fade, overlap-add
 * into the next received frame).
 */
#ifndef MM_PLC_H
#define MM_PLC_H

#include "mm.h"

#define MM_PLC_HISTORY_MS 60
#define MM_PLC_MAX_HISTORY (48 * MM_PLC_HISTORY_MS)

/* Flat, so that a decoder's state is one block. */
struct mm_plc {
	uint32_t sample_rate_hz;
	size_t pitch_samples;     /* of the sound before the gap            */
	size_t overlap_samples;   /* a quarter of it: length of overlaps    */
	size_t lost_samples;      /* concealed so far in this gap           */
	size_t history_len;
	size_t oldest;            /* in history, a ring while none is lost  */
	int16_t history[MM_PLC_MAX_HISTORY];
};

void mm_plc_init(struct mm_plc *plc, uint32_t sample_rate_hz);
/* Process a received frame: remember it, and smooth its start after a gap (in
 * place). */
void mm_plc_good(struct mm_plc *plc, int16_t *pcm, size_t nsamples);
/* Conceal a frame: continues the pitch, fades to silence after 60 ms. */
void mm_plc_conceal(struct mm_plc *plc, int16_t *pcm, size_t nsamples);

#endif
