/* plc.h -- packet-loss concealment for codecs that bring none of their own
 * (after G.711 Appendix I: repeat the last pitch periods, fade, overlap-add
 * back into real speech).
 */
#ifndef MM_PLC_H
#define MM_PLC_H

#include "mm.h"

#define MM_PLC_HISTORY_MS 60
#define MM_PLC_MAX_HISTORY (48 * MM_PLC_HISTORY_MS)

struct mm_plc {
	uint32_t sample_rate_hz;
	size_t pitch_samples;
	size_t phase;             /* where in the repeated period we are    */
	size_t lost_samples;      /* concealed so far in this gap           */
	size_t history_len;
	int16_t history[MM_PLC_MAX_HISTORY];
	/* Owner (dsp) may add private fields; the struct must stay flat.   */
};

void mm_plc_init(struct mm_plc *plc, uint32_t sample_rate_hz);
/* A real frame: remember it, and smooth its start after a gap (in place). */
void mm_plc_good(struct mm_plc *plc, int16_t *pcm, size_t nsamples);
/* Invent a frame: continues the pitch, fades to silence after 60 ms. */
void mm_plc_conceal(struct mm_plc *plc, int16_t *pcm, size_t nsamples);

#endif
