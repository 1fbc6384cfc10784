/* receiver.c -- fuzz: streams of packets, ticks in between. A record is time
 * since the last in ms, size of the packet (two octets), the packet. Every tick
 * is pulled or skipped, by turns that the stream itself chooses.
 *
 * MIXMINUS_OPUS_PATH names libopus; without it there is no Opus.
 */
#include "rtp/receiver.h"

#include <stdlib.h>

#define RECORD_BYTES 3
#define LEVEL_ID 1
#define TICK_US (MM_TICK_MS * 1000)

static const struct mm_receiver_config config = {
	.formats = {
		{ .id = MM_CODEC_PCMU, .clock_rate_hz = 8000,
		  .sample_rate_hz = 8000, .ptime_ms = MM_TICK_MS,
		  .payload_type = 0, .channels = 1 },
		{ .id = MM_CODEC_G722, .clock_rate_hz = 8000,
		  .sample_rate_hz = 16000, .ptime_ms = MM_TICK_MS,
		  .payload_type = 9, .channels = 1 },
		{ .id = MM_CODEC_OPUS, .clock_rate_hz = 48000,
		  .sample_rate_hz = 48000, .ptime_ms = MM_TICK_MS,
		  .payload_type = 111, .channels = 2 },
	},
	.nformats = 3,
	.dtmf_payload_type = 101,
	.dtmf_clock_rate_hz = 8000,
	.level_extension_id = LEVEL_ID,
	.ptime_ms = MM_TICK_MS,
	.max_delay_ms = MM_JBUF_MAX_DELAY_MS,
};

static struct mm_receiver *open_receiver(struct mm_counters *counters)
{
	static struct mm_libraries libraries;
	struct mm_receiver_config chosen = config;
	struct mm_receiver *receiver;

	if (!libraries.opus_handle)
		(void)mm_libraries_open(&libraries,
					getenv("MIXMINUS_OPUS_PATH"), NULL);
	if (!libraries.opus_handle)
		chosen.nformats--;
	if (mm_receiver_open(&receiver, &chosen, &libraries, counters) < 0)
		abort();
	return receiver;
}

static void tick(struct mm_receiver *receiver, int64_t now_us, bool pulls)
{
	struct mm_source *source = mm_receiver_source(receiver);
	const struct mm_jbuf *jbuf = mm_receiver_jbuf(receiver);
	struct mm_digit digit;

	while (mm_receiver_digit(receiver, now_us, &digit) > 0)
		;
	if (source->ops->peek(source, now_us) > MM_SILENCE_DBOV)
		abort();
	if (pulls)
		(void)source->ops->pull(source);
	else
		source->ops->skip(source);
	/* One packet longer than the cap is kept, or nothing would play. */
	if (jbuf->nqueued > 1 &&
	    mm_jbuf_depth_ms(jbuf) > (float)jbuf->max_delay_ms)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct mm_counters counters = {0};
	struct mm_receiver *receiver = open_receiver(&counters);
	int64_t now_us = TICK_US, tick_us = TICK_US;

	while (size >= RECORD_BYTES) {
		size_t packet_bytes = (size_t)(bytes[1] << 8 | bytes[2]);
		struct mm_rtp rtp;

		for (now_us += bytes[0] * 1000; tick_us <= now_us;
		     tick_us += TICK_US)
			tick(receiver, tick_us, bytes[0] & 1);
		bytes += RECORD_BYTES;
		size -= RECORD_BYTES;
		if (packet_bytes > size)
			packet_bytes = size;
		if (!mm_rtp_parse(&rtp, bytes, packet_bytes))
			(void)mm_receiver_packet(receiver, &rtp, packet_bytes,
						 now_us);
		bytes += packet_bytes;
		size -= packet_bytes;
	}
	for (int i = 0; i < 10; i++, tick_us += TICK_US)
		tick(receiver, tick_us, true);
	mm_receiver_close(receiver);
	return 0;
}
