/* range_decoder.c -- the range decoder of Opus (RFC 6716 section 4.1). */
#include "codec/range_decoder.h"

#define CODE_BITS 32
#define TOP (1u << 31)
#define BOTTOM (1u << 23)
#define LAPLACE_TOTAL_BITS 15
#define LAPLACE_TOTAL (1u << LAPLACE_TOTAL_BITS)
#define LAPLACE_MINIMUM 1u            /* probability of an improbable value  */
#define LAPLACE_GUARANTEED 16u        /* values of each sign that have it    */

static uint32_t next_byte(struct mm_range_decoder *decoder)
{
	return decoder->at < decoder->size ? decoder->bytes[decoder->at++] : 0;
}

static void normalize(struct mm_range_decoder *decoder)
{
	while (decoder->range <= BOTTOM) {
		uint32_t symbol = decoder->last;

		decoder->bits += 8;
		decoder->range <<= 8;
		decoder->last = next_byte(decoder);
		symbol = (symbol << 8 | decoder->last) >> 1;
		decoder->value = ((decoder->value << 8) + (0xff & ~symbol)) &
				 (TOP - 1);
	}
}

void mm_range_init(struct mm_range_decoder *decoder, const uint8_t *bytes,
		   size_t size)
{
	*decoder = (struct mm_range_decoder){
		.bytes = bytes, .size = size, .range = 128,
		.bits = CODE_BITS + 1 - 24,
	};
	decoder->last = next_byte(decoder);
	decoder->value = 127 - (decoder->last >> 1);
	normalize(decoder);
}

bool mm_range_bit(struct mm_range_decoder *decoder, unsigned logp)
{
	uint32_t part = decoder->range >> logp;
	bool one = decoder->value < part;

	if (!one)
		decoder->value -= part;
	decoder->range = one ? part : decoder->range - part;
	normalize(decoder);
	return one;
}

unsigned mm_range_symbol(struct mm_range_decoder *decoder, const uint8_t *icdf,
			 unsigned bits)
{
	uint32_t unit = decoder->range >> bits;
	uint32_t above, below = decoder->range;
	unsigned symbol = 0;

	for (;; symbol++) {
		above = below;
		below = unit * icdf[symbol];
		if (decoder->value >= below)
			break;
	}
	decoder->value -= below;
	decoder->range = above - below;
	normalize(decoder);
	return symbol;
}

/* Where in `total` the code is; `unit` is what one of it takes. */
static uint32_t position(const struct mm_range_decoder *decoder, uint32_t unit,
			 uint32_t total)
{
	uint32_t below_top = decoder->value / unit + 1;

	return total - (below_top < total ? below_top : total);
}

static void consume(struct mm_range_decoder *decoder, uint32_t unit,
		    uint32_t from, uint32_t to, uint32_t total)
{
	uint32_t skipped = unit * (total - to);

	decoder->value -= skipped;
	decoder->range = from > 0 ? unit * (to - from)
				  : decoder->range - skipped;
	normalize(decoder);
}

unsigned mm_range_uniform(struct mm_range_decoder *decoder, unsigned total)
{
	uint32_t unit = decoder->range / total;
	uint32_t at = position(decoder, unit, total);

	consume(decoder, unit, at, at + 1, total);
	return at;
}

void mm_range_skip_raw(struct mm_range_decoder *decoder, unsigned bits)
{
	decoder->bits += bits;
}

int mm_range_laplace(struct mm_range_decoder *decoder, unsigned zero,
		     unsigned decay)
{
	uint32_t unit = decoder->range >> LAPLACE_TOTAL_BITS;
	uint32_t at = position(decoder, unit, LAPLACE_TOTAL);
	uint32_t width = zero, from = 0, to;
	int magnitude = 0;

	if (at >= zero) {
		magnitude = 1;
		from = zero;
		width = LAPLACE_TOTAL -
			LAPLACE_MINIMUM * 2 * LAPLACE_GUARANTEED - zero;
		width = (width * (16384 - decay) >> 15) + LAPLACE_MINIMUM;
		while (width > LAPLACE_MINIMUM && at >= from + 2 * width) {
			from += 2 * width;
			width = (2 * (width - LAPLACE_MINIMUM) * decay >> 15) +
				LAPLACE_MINIMUM;
			magnitude++;
		}
		if (width <= LAPLACE_MINIMUM) {
			uint32_t more = (at - from) / 2;

			magnitude += (int)more;
			from += 2 * more;
		}
		if (at < from + width)
			magnitude = -magnitude;
		else
			from += width;
	}
	to = from + width < LAPLACE_TOTAL ? from + width : LAPLACE_TOTAL;
	consume(decoder, unit, from, to, LAPLACE_TOTAL);
	return magnitude;
}

uint32_t mm_range_used(const struct mm_range_decoder *decoder)
{
	return decoder->bits -
	       (CODE_BITS - (uint32_t)__builtin_clz(decoder->range));
}
