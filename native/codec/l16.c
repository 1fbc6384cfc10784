/* l16.c -- PCM unchanged: host order, any rate, for ports without a
 * network. */
#include <errno.h>
#include <string.h>

#include "codec/codec_ops.h"

static size_t no_bytes(const struct mm_codec_format *format,
		       const struct mm_libraries *libraries)
{
	return 0;
}

static int nothing_to_init(void *state, const struct mm_codec_format *format,
			   const struct mm_libraries *libraries)
{
	return 0;
}

static int encode(void *state, const int16_t *pcm, size_t nsamples,
		  uint8_t *payload, size_t size)
{
	size_t bytes = nsamples * sizeof(*pcm);

	if (bytes > size)
		return -ENOSPC;
	memcpy(payload, pcm, bytes);
	return (int)bytes;
}

static int payload_samples(const struct mm_codec_format *format,
			   const uint8_t *payload, size_t size)
{
	if (size % sizeof(int16_t))
		return -EBADMSG;
	return (int)(size / sizeof(int16_t));
}

static int decode(void *state, const uint8_t *payload, size_t size,
		  int16_t *pcm, size_t max_samples)
{
	if (size % sizeof(*pcm))
		return -EBADMSG;
	if (size / sizeof(*pcm) > max_samples)
		return -ENOSPC;
	memcpy(pcm, payload, size);
	return (int)(size / sizeof(*pcm));
}

const struct mm_codec_ops mm_l16_ops = {
	.encoder_bytes = no_bytes,
	.encoder_init = nothing_to_init,
	.encode = encode,
	.decoder_bytes = no_bytes,
	.decoder_init = nothing_to_init,
	.decode = decode,
	.payload_samples = payload_samples,
};
