/* opus_loudness.h -- how loud an Opus packet is, read from its head without
 * decoding it.
 *
 *   SILK, hybrid   voice activity (RFC 6716 4.2.3) and the gains of the
 *                  subframes (4.2.7.4)
 *   CELT           the silence flag, the post-filter, which a voice switches
 *                  on (4.3.7.1), and the coarse energies of the bands (4.3.2.1),
 *                  which are predicted from the frame before
 *
 * The unit is dB without a reference: the same sound is some 10 dB off between
 * modes and bit rates, so readings are compared with others of their stream.
 * Only mono packets of one 20 ms frame are read, which is what phones send.
 */
#ifndef MM_OPUS_LOUDNESS_H
#define MM_OPUS_LOUDNESS_H

#include "mm.h"

#define MM_OPUS_BANDS 21
#define MM_OPUS_NOTHING_DB (-200.0f)

enum mm_opus_mode { MM_OPUS_SILK, MM_OPUS_HYBRID, MM_OPUS_CELT };

struct mm_opus_reading {
	enum mm_opus_mode mode;
	bool active;              /* voice, or what may be one               */
	bool settled;             /* CELT: the prediction has forgotten its
				   * start; others: true                    */
	bool silent;              /* CELT: digital silence                  */
	float db;                 /* NOTHING: silent, or DTX                */
};

/* What predicts the next CELT frame. */
struct mm_opus_loudness {
	float bands[MM_OPUS_BANDS];       /* log2 of amplitude, less the mean */
	uint32_t nframes;                 /* read since the start             */
};

/* The stream's begin, or a lost packet. */
void mm_opus_loudness_restart(struct mm_opus_loudness *loudness);
/* False when the packet's head does not say; the next then starts anew. */
bool mm_opus_loudness_read(struct mm_opus_loudness *loudness,
			   const uint8_t *packet, size_t size,
			   struct mm_opus_reading *reading);

#endif
