/* opus.c -- Opus (RFC 6716, RFC 7587) by libopus.
 *
 * The encoder is set up for speech (VOIP): it uses the SILK and hybrid modes at
 * the bit rates of a conference, and only these carry in-band FEC. DTX stays
 * off: packets are also sent in silence, which keeps NAT bindings and media
 * timeouts alive. libopus keeps no pointers into its states, so a state can be
 * copied.
 */
#include <errno.h>
#include <string.h>

#include "codec/codec_ops.h"
#include "codec/opus_packet.h"

/* From opus_defines.h: libopus is loaded at run time, not linked. */
#define OPUS_APPLICATION_VOIP 2048
#define OPUS_SET_BITRATE 4002
#define OPUS_SET_COMPLEXITY 4010
#define OPUS_SET_INBAND_FEC 4012
#define OPUS_SET_PACKET_LOSS_PERC 4014
#define OPUS_SET_DTX 4016
#define OPUS_SET_LSB_DEPTH 4036
#define OPUS_BUFFER_TOO_SMALL (-2)
#define OPUS_INVALID_PACKET (-4)

/* RFC 7587 section 3.1.1: 28-40 kbit/s for fullband speech. */
#define DEFAULT_BITRATE_BPS 32000
#define PCM_BITS 16

struct opus_encoder {
	int (*ctl)(void *st, int request, ...);
	int32_t (*encode)(void *st, const int16_t *pcm, int frame_size,
			  unsigned char *data, int32_t max_bytes);
	int channels;
	int32_t complexity;               /* as configured                  */
	_Alignas(MM_CODEC_STATE_ALIGN) uint8_t st[];
};

struct opus_decoder {
	int (*decode)(void *st, const unsigned char *data, int32_t len,
		      int16_t *pcm, int frame_size, int decode_fec);
	_Alignas(MM_CODEC_STATE_ALIGN) uint8_t st[];
};

static int error_of(int opus_error)
{
	switch (opus_error) {
	case OPUS_BUFFER_TOO_SMALL:
		return -ENOSPC;
	case OPUS_INVALID_PACKET:
		return -EBADMSG;
	default:
		return -EINVAL;
	}
}

static size_t encoder_bytes(const struct mm_codec_format *format,
			    const struct mm_libraries *libraries)
{
	int bytes = 0;

	if (libraries && libraries->opus_handle)
		bytes = libraries->opus_encoder_get_size(format->channels);
	return sizeof(struct opus_encoder) + (size_t)bytes;
}

static int configure(struct opus_encoder *encoder,
		     const struct mm_codec_format *format)
{
	const int32_t settings[][2] = {
		{ OPUS_SET_BITRATE, format->bitrate_bps
					    ? (int32_t)format->bitrate_bps
					    : DEFAULT_BITRATE_BPS },
		{ OPUS_SET_COMPLEXITY, format->complexity },
		{ OPUS_SET_INBAND_FEC, format->fec },
		{ OPUS_SET_PACKET_LOSS_PERC, format->loss_percent },
		{ OPUS_SET_DTX, 0 },
		{ OPUS_SET_LSB_DEPTH, PCM_BITS },
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (encoder->ctl(encoder->st, settings[i][0], settings[i][1]))
			return -EINVAL;
	return 0;
}

static int encoder_init(void *state, const struct mm_codec_format *format,
			const struct mm_libraries *libraries)
{
	struct opus_encoder *encoder = state;

	if (!libraries || !libraries->opus_handle)
		return -ENOSYS;
	if (format->channels != 1 && format->channels != 2)
		return -EINVAL;
	encoder->ctl = libraries->opus_encoder_ctl;
	encoder->encode = libraries->opus_encode;
	encoder->channels = format->channels;
	encoder->complexity = format->complexity;
	if (libraries->opus_encoder_init(encoder->st,
					 (int32_t)format->sample_rate_hz,
					 format->channels,
					 OPUS_APPLICATION_VOIP))
		return -EINVAL;
	return configure(encoder, format);
}

static int encode(void *state, const int16_t *pcm, size_t nsamples,
		  uint8_t *payload, size_t size)
{
	struct opus_encoder *encoder = state;
	int16_t stereo[2 * MM_MAX_PACKET_SAMPLES];
	int bytes;

	if (nsamples > MM_MAX_PACKET_SAMPLES)
		return -EINVAL;
	if (encoder->channels == 2) {
		for (size_t i = 0; i < nsamples; i++)
			stereo[2 * i] = stereo[2 * i + 1] = pcm[i];
		pcm = stereo;
	}
	bytes = encoder->encode(encoder->st, pcm, (int)nsamples, payload,
				(int32_t)size);
	return bytes < 0 ? error_of(bytes) : bytes;
}

static void economise(void *state, bool on)
{
	struct opus_encoder *encoder = state;

	encoder->ctl(encoder->st, OPUS_SET_COMPLEXITY,
		     on ? 0 : encoder->complexity);
}

/* One channel whatever the wire has: libopus downmixes stereo. */
static size_t decoder_bytes(const struct mm_codec_format *format,
			    const struct mm_libraries *libraries)
{
	int bytes = 0;

	if (libraries && libraries->opus_handle)
		bytes = libraries->opus_decoder_get_size(1);
	return sizeof(struct opus_decoder) + (size_t)bytes;
}

static int decoder_init(void *state, const struct mm_codec_format *format,
			const struct mm_libraries *libraries)
{
	struct opus_decoder *decoder = state;

	if (!libraries || !libraries->opus_handle)
		return -ENOSYS;
	decoder->decode = libraries->opus_decode;
	if (libraries->opus_decoder_init(decoder->st,
					 (int32_t)format->sample_rate_hz, 1))
		return -EINVAL;
	return 0;
}

static int decode(void *state, const uint8_t *payload, size_t size,
		  int16_t *pcm, size_t max_samples)
{
	struct opus_decoder *decoder = state;
	int nsamples = decoder->decode(decoder->st, payload, (int32_t)size,
				       pcm, (int)max_samples, 0);

	return nsamples < 0 ? error_of(nsamples) : nsamples;
}

static int conceal(void *state, int16_t *pcm, size_t nsamples)
{
	struct opus_decoder *decoder = state;
	int got = decoder->decode(decoder->st, NULL, 0, pcm, (int)nsamples, 0);

	return got < 0 ? error_of(got) : got;
}

/* Without LBRR libopus would conceal and return success. */
static int recover(void *state, const uint8_t *payload, size_t size,
		   int16_t *pcm, size_t nsamples)
{
	struct opus_decoder *decoder = state;
	int got;

	if (!mm_opus_packet_has_fec(payload, size))
		return -ENOENT;
	got = decoder->decode(decoder->st, payload, (int32_t)size, pcm,
			      (int)nsamples, 1);
	return got < 0 ? error_of(got) : got;
}

static int payload_samples(const struct mm_codec_format *format,
			   const uint8_t *payload, size_t size)
{
	return mm_opus_packet_samples(payload, size, format->sample_rate_hz);
}

const struct mm_codec_ops mm_opus_ops = {
	.encoder_bytes = encoder_bytes,
	.encoder_init = encoder_init,
	.encode = encode,
	.economise = economise,
	.decoder_bytes = decoder_bytes,
	.decoder_init = decoder_init,
	.decode = decode,
	.conceal = conceal,
	.recover = recover,
	.payload_samples = payload_samples,
};
