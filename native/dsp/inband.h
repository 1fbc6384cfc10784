/* inband.h -- DTMF as tones in the audio (ITU-T Q.23, Q.24), for phones and
 * gateways that send no telephone-event.
 */
#ifndef MM_INBAND_H
#define MM_INBAND_H

#include "mm.h"
#include "rtp/dtmf.h"

/* 12.75 ms: the shortest that separates tones 73 Hz apart, see inband.c. */
#define MM_INBAND_WINDOW_US 12750
#define MM_INBAND_MAX_WINDOW 612      /* at 48 kHz                          */

struct mm_inband {
	uint32_t sample_rate_hz;
	uint32_t window;                  /* samples; half of it overlaps   */
	uint32_t filled;
	char candidate;                   /* of the last window; 0: none    */
	uint8_t hits;                     /* windows in a row, up to HITS   */
	char digit;                       /* that sounds; 0: none           */
	uint8_t misses;                   /* windows since it was heard     */
	uint32_t windows;                 /* that it has sounded for        */
	float coefficients[8];            /* of Goertzel, rows then columns */
	float harmonics[8];               /* of twice the frequencies       */
	float phases[2];                  /* of the candidate's tones       */
	int16_t samples[MM_INBAND_MAX_WINDOW];
};

void mm_inband_init(struct mm_inband *inband, uint32_t sample_rate_hz);
/* Process the next samples, NULL is silence: 1 and the digit that has ended,
 * or 0. More than 40 ms at once may hide a second one. */
int mm_inband_listen(struct mm_inband *inband, const int16_t *pcm,
		     size_t nsamples, struct mm_digit *digit);
/* Whether a digit sounds, or may have begun. */
bool mm_inband_sounds(const struct mm_inband *inband);

#endif
