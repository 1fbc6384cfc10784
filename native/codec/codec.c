/* codec.c -- one interface for all codecs.
 *
 * An encoder or decoder is one flat block:
 *
 *   | header | state of the codec | mm_plc, if the codec has no PLC |
 */
#include "codec/codec.h"

#include <errno.h>
#include <string.h>

#include "codec/codec_ops.h"
#include "dsp/plc.h"

#define PREFETCHED_BYTES 128          /* with the head of a PLC after it    */

struct mm_encoder {
	const struct mm_codec_ops *ops;
	bool economises;
	size_t bytes;             /* of the whole allocation                */
	_Alignas(MM_CODEC_STATE_ALIGN) uint8_t state[];
};

struct mm_decoder {
	const struct mm_codec_ops *ops;
	size_t plc_offset;        /* in state; unused when ops conceal      */
	_Alignas(MM_CODEC_STATE_ALIGN) uint8_t state[];
};

static const struct mm_codec_ops *const codecs[] = {
	[MM_CODEC_PCMU] = &mm_pcmu_ops,
	[MM_CODEC_PCMA] = &mm_pcma_ops,
	[MM_CODEC_G722] = &mm_g722_ops,
	[MM_CODEC_OPUS] = &mm_opus_ops,
	[MM_CODEC_L16] = &mm_l16_ops,
};

static const struct mm_codec_ops *ops_of(const struct mm_codec_format *format)
{
	return codecs[format->id];
}

static size_t aligned(size_t bytes)
{
	return (bytes + MM_CODEC_STATE_ALIGN - 1) &
	       ~(size_t)(MM_CODEC_STATE_ALIGN - 1);
}

bool mm_codec_same_encoding(const struct mm_codec_format *a,
			    const struct mm_codec_format *b)
{
	if (a->id != b->id || a->sample_rate_hz != b->sample_rate_hz ||
	    a->ptime_ms != b->ptime_ms)
		return false;
	if (a->id != MM_CODEC_OPUS)
		return true;
	return a->bitrate_bps == b->bitrate_bps && a->channels == b->channels &&
	       a->complexity == b->complexity && a->fec == b->fec &&
	       a->loss_percent == b->loss_percent;
}

size_t mm_encoder_size(const struct mm_codec_format *format,
		       const struct mm_libraries *libraries)
{
	return sizeof(struct mm_encoder) +
	       aligned(ops_of(format)->encoder_bytes(format, libraries));
}

int mm_encoder_init(struct mm_encoder *encoder,
		    const struct mm_codec_format *format,
		    const struct mm_libraries *libraries)
{
	encoder->ops = ops_of(format);
	encoder->economises = false;
	encoder->bytes = mm_encoder_size(format, libraries);
	return encoder->ops->encoder_init(encoder->state, format, libraries);
}

int mm_encoder_encode(struct mm_encoder *encoder, const int16_t *pcm,
		      size_t nsamples, uint8_t *payload, size_t size)
{
	return encoder->ops->encode(encoder->state, pcm, nsamples, payload,
				    size);
}

void mm_encoder_economise(struct mm_encoder *encoder, bool on)
{
	if (encoder->economises == on)
		return;
	encoder->economises = on;
	if (encoder->ops->economise)
		encoder->ops->economise(encoder->state, on);
}

void mm_encoder_fork(struct mm_encoder *to, const struct mm_encoder *from)
{
	memcpy(to, from, from->bytes);
}

static struct mm_plc *plc_of(struct mm_decoder *decoder)
{
	return (struct mm_plc *)(void *)(decoder->state + decoder->plc_offset);
}

size_t mm_decoder_size(const struct mm_codec_format *format,
		       const struct mm_libraries *libraries)
{
	const struct mm_codec_ops *ops = ops_of(format);

	return sizeof(struct mm_decoder) +
	       aligned(ops->decoder_bytes(format, libraries)) +
	       (ops->conceal ? 0 : sizeof(struct mm_plc));
}

int mm_decoder_init(struct mm_decoder *decoder,
		    const struct mm_codec_format *format,
		    const struct mm_libraries *libraries)
{
	const struct mm_codec_ops *ops = ops_of(format);

	decoder->ops = ops;
	decoder->plc_offset = aligned(ops->decoder_bytes(format, libraries));
	if (!ops->conceal)
		mm_plc_init(plc_of(decoder), format->sample_rate_hz);
	return ops->decoder_init(decoder->state, format, libraries);
}

void mm_decoder_prefetch(const struct mm_decoder *decoder)
{
	mm_prefetch(decoder, PREFETCHED_BYTES);
}

int mm_decoder_decode(struct mm_decoder *decoder, const uint8_t *payload,
		      size_t size, int16_t *pcm, size_t max_samples)
{
	const struct mm_codec_ops *ops = decoder->ops;
	int nsamples;

	if (!size)
		return -EBADMSG;
	nsamples = ops->decode(decoder->state, payload, size, pcm,
			       max_samples);
	if (nsamples > 0 && !ops->conceal)
		mm_plc_good(plc_of(decoder), pcm, (size_t)nsamples);
	return nsamples;
}

int mm_decoder_conceal(struct mm_decoder *decoder, int16_t *pcm,
		       size_t nsamples)
{
	if (decoder->ops->conceal)
		return decoder->ops->conceal(decoder->state, pcm, nsamples);
	mm_plc_conceal(plc_of(decoder), pcm, nsamples);
	return (int)nsamples;
}

int mm_decoder_recover(struct mm_decoder *decoder, const uint8_t *payload,
		       size_t size, int16_t *pcm, size_t nsamples)
{
	if (!decoder->ops->recover)
		return -ENOENT;
	return decoder->ops->recover(decoder->state, payload, size, pcm,
				     nsamples);
}

int mm_codec_payload_samples(const struct mm_codec_format *format,
			     const uint8_t *payload, size_t size)
{
	if (!size)
		return -EBADMSG;
	return ops_of(format)->payload_samples(format, payload, size);
}
