/* range_decoder.h -- the range decoder of Opus (RFC 6716 section 4.1): as much
 * of it as reads the head of a frame.
 *
 * Bytes past the end read as 0, as the RFC has it, so that no input can read
 * out of bounds.
 */
#ifndef MM_RANGE_DECODER_H
#define MM_RANGE_DECODER_H

#include "mm.h"

struct mm_range_decoder {
	const uint8_t *bytes;
	size_t size;
	size_t at;                /* of the next byte                       */
	uint32_t value;           /* top of the range minus the code        */
	uint32_t range;
	uint32_t last;            /* byte of which a bit is left            */
	uint32_t bits;            /* consumed, the range's own included     */
};

void mm_range_init(struct mm_range_decoder *decoder, const uint8_t *bytes,
		   size_t size);
/* A bit that is 1 with a probability of 1 / 2^logp (4.1.3.2). */
bool mm_range_bit(struct mm_range_decoder *decoder, unsigned logp);
/* A symbol of an inverse cumulative table of 2^bits, which ends with 0
 * (4.1.3.3). */
unsigned mm_range_symbol(struct mm_range_decoder *decoder, const uint8_t *icdf,
			 unsigned bits);
/* A number below `total`, at most 256, all equally likely (4.1.5). */
unsigned mm_range_uniform(struct mm_range_decoder *decoder, unsigned total);
/* Raw bits (4.1.4): they are at the frame's end, and only counted. */
void mm_range_skip_raw(struct mm_range_decoder *decoder, unsigned bits);
/* A Laplace distribution: probability of 0 and decay, both of 2^15 (4.3.2.1). */
int mm_range_laplace(struct mm_range_decoder *decoder, unsigned zero,
		     unsigned decay);
/* Bits consumed so far, rounded up (4.1.6.1). */
uint32_t mm_range_used(const struct mm_range_decoder *decoder);

#endif
