/* codec_ops.h -- the functions that a codec provides to codec.c. `state` is
 * the codec's own flat part of an encoder or decoder, aligned to
 * MM_CODEC_STATE_ALIGN. A codec without conceal gets the one of plc.h.
 */
#ifndef MM_CODEC_OPS_H
#define MM_CODEC_OPS_H

#include "codec/codec.h"

#define MM_CODEC_STATE_ALIGN 16

struct mm_codec_ops {
	size_t (*encoder_bytes)(const struct mm_codec_format *format,
				const struct mm_libraries *libraries);
	int (*encoder_init)(void *state, const struct mm_codec_format *format,
			    const struct mm_libraries *libraries);
	int (*encode)(void *state, const int16_t *pcm, size_t nsamples,
		      uint8_t *payload, size_t size);
	/* Encode at the least cost, or as configured again; NULL: no choice.  */
	void (*economise)(void *state, bool on);
	size_t (*decoder_bytes)(const struct mm_codec_format *format,
				const struct mm_libraries *libraries);
	int (*decoder_init)(void *state, const struct mm_codec_format *format,
			    const struct mm_libraries *libraries);
	int (*decode)(void *state, const uint8_t *payload, size_t size,
		      int16_t *pcm, size_t max_samples);
	int (*conceal)(void *state, int16_t *pcm, size_t nsamples);
	int (*recover)(void *state, const uint8_t *payload, size_t size,
		       int16_t *pcm, size_t nsamples);
	int (*payload_samples)(const struct mm_codec_format *format,
			       const uint8_t *payload, size_t size);
};

extern const struct mm_codec_ops mm_pcmu_ops;
extern const struct mm_codec_ops mm_pcma_ops;
extern const struct mm_codec_ops mm_g722_ops;
extern const struct mm_codec_ops mm_opus_ops;
extern const struct mm_codec_ops mm_l16_ops;

#endif
