/* opus_packet.c -- the properties of an Opus packet. */
#include "codec/opus_packet.h"

#include <errno.h>

#define MAX_PACKET_MS 120
#define PACKETS_PER_S 400             /* the unit of frame sizes is 2.5 ms  */
#define TOC_STEREO 0x04
#define TOC_COUNT 0x03
#define FIRST_HYBRID_CONFIG 12
#define FIRST_CELT_CONFIG 16
#define SILK_FRAME_UNITS 8            /* a SILK frame has at most 20 ms     */
#define SINGLE_FRAME_UNITS 8          /* 20 ms                              */

/* The frame's length in units of 2.5 ms, by configuration (table 2). */
static unsigned frame_units(uint8_t toc)
{
	static const uint8_t silk[4] = { 4, 8, 16, 24 };
	unsigned config = toc >> 3;

	if (config < FIRST_HYBRID_CONFIG)
		return silk[config & 3];
	if (config < FIRST_CELT_CONFIG)
		return config & 1 ? 8 : 4;
	return 1u << (config & 3);
}

int mm_opus_packet_samples(const uint8_t *packet, size_t size,
			   uint32_t sample_rate_hz)
{
	unsigned count, units;

	if (!size)
		return -EBADMSG;
	count = packet[0] & TOC_COUNT;
	if (count == 3) {
		if (size < 2)
			return -EBADMSG;
		count = packet[1] & 0x3f;
	} else {
		count = count ? 2 : 1;
	}
	units = count * frame_units(packet[0]);
	if (!units || units > MAX_PACKET_MS * PACKETS_PER_S / 1000)
		return -EBADMSG;
	return (int)(units * (sample_rate_hz / PACKETS_PER_S));
}

/* Bytes that a frame length occupies (section 3.2.1). */
static size_t length_bytes(const uint8_t *length)
{
	return *length >= 252 ? 2 : 1;
}

/* The first frame of a packet of code 3 (section 3.2.5): after the count, the
 * padding's length, and all frames' lengths but the last one's. */
static size_t first_of_many(const uint8_t *packet, size_t size,
			    size_t *padding_bytes)
{
	unsigned count = packet[1];
	size_t at = 2;
	size_t padding = 0;

	if (count & 0x40) {
		while (at < size && packet[at] == 255) {
			padding += 254;
			at++;
		}
		padding += at < size ? packet[at] : 0;
		at++;
	}
	if (count & 0x80) {
		if (at < size && !packet[at] && (count & 0x3f) > 1)
			return size;
		for (unsigned i = 1; i < (count & 0x3f) && at < size; i++)
			at += length_bytes(packet + at);
	}
	*padding_bytes = padding;
	return at + padding < size ? at : size;
}

/* Where the first frame begins; `size` or more when it is empty. */
static size_t first_frame(const uint8_t *packet, size_t size)
{
	unsigned code = packet[0] & TOC_COUNT;
	size_t padding;

	if (code < 2 || size < 2)
		return 1;
	if (code == 2)
		return packet[1] ? 1 + length_bytes(packet + 1) : size;
	return first_of_many(packet, size, &padding);
}

bool mm_opus_packet_has_fec(const uint8_t *packet, size_t size)
{
	unsigned frames, flags;
	size_t at;

	if (!size || packet[0] >> 3 >= FIRST_CELT_CONFIG)
		return false;
	at = first_frame(packet, size);
	if (at >= size)
		return false;
	/* Each channel: one VAD bit a SILK frame, then its LBRR bit. */
	frames = frame_units(packet[0]) / SILK_FRAME_UNITS;
	frames = frames ? frames : 1;
	flags = 1u << (7 - frames);
	if (packet[0] & TOC_STEREO)
		flags |= 1u << (6 - 2 * frames);
	return packet[at] & flags;
}

bool mm_opus_packet_single(const uint8_t *packet, size_t size,
			   struct mm_opus_frame *frame)
{
	size_t at = 1, padding = 0;

	if (!size || packet[0] & TOC_STEREO ||
	    frame_units(packet[0]) != SINGLE_FRAME_UNITS)
		return false;
	if ((packet[0] & TOC_COUNT) == TOC_COUNT) {
		if (size < 2 || (packet[1] & 0x3f) != 1)
			return false;
		at = first_of_many(packet, size, &padding);
	} else if (packet[0] & TOC_COUNT) {
		return false;
	}
	*frame = (struct mm_opus_frame){
		.celt = packet[0] >> 3 >= FIRST_CELT_CONFIG,
		.hybrid = packet[0] >> 3 >= FIRST_HYBRID_CONFIG &&
			  packet[0] >> 3 < FIRST_CELT_CONFIG,
		.size = size - at - (at < size ? padding : 0),
		.bytes = packet + at,
	};
	return true;
}
