/* kernels.c -- loops around the engine's kernels, so that what is measured is
 * not the way into C. `times` frames of 20 ms each.
 */
#include <string.h>

#include "codec/codec.h"
#include "rtp/jbuf.h"
#include "dsp/limiter.h"
#include "mix/mix.h"
#include "dsp/resample.h"

#define TICK_US (MM_TICK_MS * 1000)

/* Everybody talks, everybody hears all others: out[i] = sum - frames[i]. */
void kernels_mix(const int16_t *frames, size_t ports, size_t nsamples,
		 int16_t *out)
{
	int32_t sum[MM_MAX_FRAME_SAMPLES] = { 0 };
	int32_t mix[MM_MAX_FRAME_SAMPLES];

	for (size_t i = 0; i < ports; i++)
		mm_mix_add(sum, frames + i * nsamples, nsamples);
	for (size_t i = 0; i < ports; i++) {
		mm_mix_minus(mix, sum, frames + i * nsamples, nsamples);
		mm_mix_saturate(out + i * nsamples, mix, nsamples);
	}
}

void kernels_copy(int16_t *out, const int16_t *in, size_t nsamples)
{
	memcpy(out, in, nsamples * sizeof(*in));
}

void kernels_resample(struct mm_resampler *resampler, const int16_t *in,
		      size_t nsamples, int16_t *out, size_t times)
{
	for (size_t i = 0; i < times; i++)
		mm_resample(resampler, in, nsamples, out);
}

void kernels_limit(struct mm_limiter *limiter, const int32_t *in,
		   int16_t *out, size_t nsamples, size_t times)
{
	for (size_t i = 0; i < times; i++)
		mm_limiter_run(limiter, in, out, nsamples);
}

int kernels_encode(struct mm_encoder *encoder, const int16_t *pcm,
		   size_t nsamples, uint8_t *payload, size_t times)
{
	int bytes = 0;

	for (size_t i = 0; i < times; i++)
		bytes = mm_encoder_encode(encoder, pcm + i * nsamples, nsamples,
					  payload, MM_MAX_PAYLOAD_BYTES);
	return bytes;
}

void kernels_decode(struct mm_decoder *decoder, const uint8_t *payload,
		    size_t bytes, int16_t *pcm, size_t times)
{
	for (size_t i = 0; i < times; i++)
		mm_decoder_decode(decoder, payload, bytes, pcm,
				  MM_MAX_PACKET_SAMPLES);
}

/* One packet of G.711 in and one out every tick. Returns how many were
 * played, of `times`. */
size_t kernels_jitter(struct mm_jbuf *jbuf, uint32_t first, size_t times)
{
	static const uint8_t payload[160];
	const struct mm_jbuf_packet *played;
	size_t count = 0;

	for (uint32_t i = first; i < first + times; i++) {
		const struct mm_jbuf_packet header = {
			.extended_sequence = i,
			.timestamp = i * sizeof(payload),
			.ticks = sizeof(payload),
			.arrival_us = (int64_t)i * TICK_US,
		};

		mm_jbuf_put(jbuf, &header, payload, sizeof(payload));
		count += mm_jbuf_get(jbuf, (int64_t)i * TICK_US + 1000,
				     &played) == MM_JBUF_PACKET;
	}
	return count;
}
