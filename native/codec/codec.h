/* codec.h -- one interface for all codecs: PCM mono in, payload out, and back.
 *
 * Encoder states are flat: `mm_encoder_fork` is one memcpy, so that a bridge can
 * share an encoder among all members that hear the same (shared_encoder.h).
 * Memory for a state is allocated off the tick with the size that `*_size`
 * returns; init, encode, decode and conceal never allocate.
 */
#ifndef MM_CODEC_H
#define MM_CODEC_H

#include "engine/libraries.h"
#include "mm.h"

enum mm_codec_id {
	MM_CODEC_PCMU,
	MM_CODEC_PCMA,
	MM_CODEC_G722,
	MM_CODEC_OPUS,
	MM_CODEC_L16,         /* host-order PCM: ports without a network    */
};

struct mm_codec_format {
	enum mm_codec_id id;
	uint32_t clock_rate_hz;   /* of RTP timestamps: 8000 for G.722      */
	uint32_t sample_rate_hz;  /* of PCM on our side of the codec        */
	uint32_t ptime_ms;        /* audio in one packet we send            */
	uint32_t bitrate_bps;     /* Opus only; 0 is the codec's default    */
	uint8_t payload_type;
	uint8_t channels;         /* on the wire: 1, or 2 for stereo Opus   */
	uint8_t complexity;       /* Opus only, 0..10                       */
	uint8_t loss_percent;     /* Opus only: what in-band FEC expects    */
	bool fec;                 /* Opus only: send in-band FEC            */
};

/* The same audio on the wire (except the payload type): may share an encoder. */
bool mm_codec_same_encoding(const struct mm_codec_format *a,
			    const struct mm_codec_format *b);

struct mm_encoder;
struct mm_decoder;

size_t mm_encoder_size(const struct mm_codec_format *format,
		       const struct mm_libraries *libraries);
/* -ENOSYS when the format needs a library that was not found. */
int mm_encoder_init(struct mm_encoder *encoder,
		    const struct mm_codec_format *format,
		    const struct mm_libraries *libraries);
/* Encode one frame (tick) of mono PCM; returns payload bytes or -errno. */
int mm_encoder_encode(struct mm_encoder *encoder, const int16_t *pcm,
		      size_t nsamples, uint8_t *payload, size_t size);
/* From the next frame on encode at the least cost, or as configured again. */
void mm_encoder_economise(struct mm_encoder *encoder, bool on);
/* Make `to` a copy of `from`; both have the same format. */
void mm_encoder_fork(struct mm_encoder *to, const struct mm_encoder *from);

size_t mm_decoder_size(const struct mm_codec_format *format,
		       const struct mm_libraries *libraries);
int mm_decoder_init(struct mm_decoder *decoder,
		    const struct mm_codec_format *format,
		    const struct mm_libraries *libraries);
/* Decode one payload to mono PCM; returns samples or -errno (-EBADMSG). */
int mm_decoder_decode(struct mm_decoder *decoder, const uint8_t *payload,
		      size_t size, int16_t *pcm, size_t max_samples);
/* A decoder will decode soon. */
void mm_decoder_prefetch(const struct mm_decoder *decoder);
/* Conceal `nsamples` of a lost packet (Opus: by libopus; others: plc.h). */
int mm_decoder_conceal(struct mm_decoder *decoder, int16_t *pcm,
		       size_t nsamples);
/* Recover the packet before `payload` from its in-band FEC (Opus only);
 * -ENOENT when it carries none. */
int mm_decoder_recover(struct mm_decoder *decoder, const uint8_t *payload,
		       size_t size, int16_t *pcm, size_t nsamples);
/* Samples that `payload` would decode to, without decoding; or -EBADMSG. */
int mm_codec_payload_samples(const struct mm_codec_format *format,
			     const uint8_t *payload, size_t size);

#endif
