/* g711.c -- mu-law and A-law (ITU-T G.711), without tables.
 *
 * Both laws divide a magnitude into segments that double in width, each with
 * sixteen steps, as do the exponent and the first four bits of the mantissa of
 * an IEEE float. So a code word is converted from and to the bits of a float,
 * branch-free and eight samples at a time.
 *
 *   float bits  | exponent | m m m m | ...        segment 0 begins at 2^7
 *   code word       s s s    m m m m              = (bits >> 19) - BIAS
 */
#include <errno.h>
#include <string.h>

#include "codec/codec_ops.h"
#include "dsp/clones.h"

#define RATE_HZ 8000
#define CODE_SHIFT 19                 /* float mantissa bits below the code */
#define CODE_BIAS ((127 + 7) << 4)    /* code word 0 is the float 2^7       */
#define HALF_STEP (1 << (CODE_SHIFT - 1))
#define SIGN 0x80
#define CODE 0x7f
#define PCMU_BIAS 132                 /* makes all mu-law segments double   */
#define PCMU_CLIP 32635
#define PCMA_INVERT 0x55              /* even bits are inverted on the wire */
#define PCMA_SEGMENT_0 256            /* below, A-law is linear             */

static inline int32_t code_of(int32_t magnitude)
{
	float f = (float)magnitude;
	int32_t bits;

	memcpy(&bits, &f, sizeof(bits));
	return (bits >> CODE_SHIFT) - CODE_BIAS;
}

/* The middle of the interval of a code word. */
static inline int32_t magnitude_of(int32_t code)
{
	int32_t bits = ((code + CODE_BIAS) << CODE_SHIFT) | HALF_STEP;
	float f;

	memcpy(&f, &bits, sizeof(f));
	return (int32_t)f;
}

MM_CLONES static void encode_pcmu(const int16_t *restrict pcm,
				  uint8_t *restrict payload, size_t nsamples)
{
	for (size_t i = 0; i < nsamples; i++) {
		int32_t x = pcm[i];
		int32_t magnitude = x < 0 ? -x : x;
		int32_t sign = x < 0 ? SIGN : 0;

		magnitude = magnitude > PCMU_CLIP ? PCMU_CLIP : magnitude;
		payload[i] = (uint8_t)~(sign | code_of(magnitude + PCMU_BIAS));
	}
}

MM_CLONES static void encode_pcma(const int16_t *restrict pcm,
				  uint8_t *restrict payload, size_t nsamples)
{
	for (size_t i = 0; i < nsamples; i++) {
		int32_t x = pcm[i];
		int32_t magnitude = x < 0 ? ~x : x;
		int32_t sign = x < 0 ? 0 : SIGN;
		int32_t linear = magnitude >> 4;
		int32_t code = code_of(magnitude);

		code = magnitude < PCMA_SEGMENT_0 ? linear : code;
		payload[i] = (uint8_t)((sign | code) ^ PCMA_INVERT);
	}
}

MM_CLONES static void decode_pcmu(const uint8_t *restrict payload,
				  int16_t *restrict pcm, size_t nsamples)
{
	for (size_t i = 0; i < nsamples; i++) {
		int32_t word = ~payload[i];
		int32_t magnitude = magnitude_of(word & CODE) - PCMU_BIAS;

		pcm[i] = (int16_t)(word & SIGN ? -magnitude : magnitude);
	}
}

MM_CLONES static void decode_pcma(const uint8_t *restrict payload,
				  int16_t *restrict pcm, size_t nsamples)
{
	for (size_t i = 0; i < nsamples; i++) {
		int32_t word = payload[i] ^ PCMA_INVERT;
		int32_t code = word & CODE;
		int32_t magnitude = magnitude_of(code);

		magnitude = code < 16 ? (code << 4) + 8 : magnitude;
		pcm[i] = (int16_t)(word & SIGN ? magnitude : -magnitude);
	}
}

static size_t no_bytes(const struct mm_codec_format *format,
		       const struct mm_libraries *libraries)
{
	return 0;
}

static int check_rate(void *state, const struct mm_codec_format *format,
		      const struct mm_libraries *libraries)
{
	return format->sample_rate_hz == RATE_HZ ? 0 : -EINVAL;
}

static int pcmu_encode(void *state, const int16_t *pcm, size_t nsamples,
		       uint8_t *payload, size_t size)
{
	if (nsamples > size)
		return -ENOSPC;
	encode_pcmu(pcm, payload, nsamples);
	return (int)nsamples;
}

static int pcma_encode(void *state, const int16_t *pcm, size_t nsamples,
		       uint8_t *payload, size_t size)
{
	if (nsamples > size)
		return -ENOSPC;
	encode_pcma(pcm, payload, nsamples);
	return (int)nsamples;
}

static int pcmu_decode(void *state, const uint8_t *payload, size_t size,
		       int16_t *pcm, size_t max_samples)
{
	if (size > max_samples)
		return -ENOSPC;
	decode_pcmu(payload, pcm, size);
	return (int)size;
}

static int pcma_decode(void *state, const uint8_t *payload, size_t size,
		       int16_t *pcm, size_t max_samples)
{
	if (size > max_samples)
		return -ENOSPC;
	decode_pcma(payload, pcm, size);
	return (int)size;
}

static int payload_samples(const struct mm_codec_format *format,
			   const uint8_t *payload, size_t size)
{
	return (int)size;
}

const struct mm_codec_ops mm_pcmu_ops = {
	.encoder_bytes = no_bytes,
	.encoder_init = check_rate,
	.encode = pcmu_encode,
	.decoder_bytes = no_bytes,
	.decoder_init = check_rate,
	.decode = pcmu_decode,
	.payload_samples = payload_samples,
};

const struct mm_codec_ops mm_pcma_ops = {
	.encoder_bytes = no_bytes,
	.encoder_init = check_rate,
	.encode = pcma_encode,
	.decoder_bytes = no_bytes,
	.decoder_init = check_rate,
	.decode = pcma_decode,
	.payload_samples = payload_samples,
};
