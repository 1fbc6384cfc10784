/* rtp.c -- RTP headers, header extensions, and source validation. */
#include "rtp/rtp.h"

#include <errno.h>
#include <string.h>

#define RTP_VERSION 2u
#define WORD_BYTES 4u

/* RFC 8285 section 4.2 and 4.3: which form the extension's profile names. */
#define ONE_BYTE_PROFILE 0xbedeu
#define TWO_BYTE_PROFILE 0x1000u
#define TWO_BYTE_PROFILE_MASK 0xfff0u
#define ONE_BYTE_STOP_ID 15u

/* RFC 3550 A.1: a step up to MAX_DROPOUT is loss, one back to MAX_MISORDER is
 * reordering; anything else is another stream until a second packet agrees. */
#define SEQUENCE_MODULUS 0x10000u
#define MAX_DROPOUT 3000u
#define MAX_MISORDER 100u
#define NO_BAD_SEQUENCE (SEQUENCE_MODULUS + 1u)

/* RFC 3550 section 6.4.1: the gain of the jitter estimator. */
#define JITTER_GAIN (1.0 / 16.0)
#define US_PER_S 1000000

static uint16_t read16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint32_t read32(const uint8_t *bytes)
{
	return (uint32_t)read16(bytes) << 16 | read16(bytes + 2);
}

static void write32(uint8_t *bytes, uint32_t value)
{
	bytes[0] = (uint8_t)(value >> 24);
	bytes[1] = (uint8_t)(value >> 16);
	bytes[2] = (uint8_t)(value >> 8);
	bytes[3] = (uint8_t)value;
}

static int parse_extension(struct mm_rtp *rtp, const uint8_t *bytes,
			   size_t size)
{
	if (size < WORD_BYTES)
		return -EBADMSG;
	rtp->extension_profile = read16(bytes);
	rtp->extension_bytes = (size_t)read16(bytes + 2) * WORD_BYTES;
	rtp->extension = bytes + WORD_BYTES;
	return rtp->extension_bytes > size - WORD_BYTES ? -EBADMSG : 0;
}

int mm_rtp_parse(struct mm_rtp *rtp, const uint8_t *packet, size_t size)
{
	size_t header;

	memset(rtp, 0, sizeof(*rtp));
	if (size < MM_RTP_HEADER_BYTES || packet[0] >> 6 != RTP_VERSION)
		return -EBADMSG;
	header = MM_RTP_HEADER_BYTES + (packet[0] & 0x0fu) * WORD_BYTES;
	if (size < header)
		return -EBADMSG;
	rtp->marker = packet[1] >> 7;
	rtp->payload_type = packet[1] & 0x7f;
	rtp->sequence_number = read16(packet + 2);
	rtp->timestamp = read32(packet + 4);
	rtp->ssrc = read32(packet + 8);
	if (packet[0] & 0x10) {
		if (parse_extension(rtp, packet + header, size - header) < 0)
			return -EBADMSG;
		header += WORD_BYTES + rtp->extension_bytes;
	}
	rtp->payload = packet + header;
	rtp->payload_bytes = size - header;
	if (packet[0] & 0x20) {
		/* The last octet counts itself, so a padding length of 0 is
		 * invalid. */
		size_t padding = packet[size - 1];

		if (padding == 0 || padding > rtp->payload_bytes)
			return -EBADMSG;
		rtp->payload_bytes -= padding;
	}
	return 0;
}

size_t mm_rtp_write(uint8_t *packet, const struct mm_rtp *rtp)
{
	packet[0] = RTP_VERSION << 6;
	packet[1] = (uint8_t)(rtp->marker << 7 | (rtp->payload_type & 0x7f));
	packet[2] = (uint8_t)(rtp->sequence_number >> 8);
	packet[3] = (uint8_t)rtp->sequence_number;
	write32(packet + 4, rtp->timestamp);
	write32(packet + 8, rtp->ssrc);
	return MM_RTP_HEADER_BYTES;
}

/* The element `id` of a one-byte (`two_byte` false) or two-byte body. */
static const uint8_t *find_element(const struct mm_rtp *rtp, uint8_t id,
				   bool two_byte, size_t *element_bytes)
{
	const uint8_t *body = rtp->extension;
	size_t at = 0;

	while (at < rtp->extension_bytes) {
		uint8_t element_id = two_byte ? body[at] : body[at] >> 4;
		size_t header = two_byte ? 2 : 1;

		if (body[at] == 0) {            /* padding between elements */
			at++;
			continue;
		}
		/* RFC 8285 section 4.2: both end a one-byte body early. */
		if (!two_byte &&
		    (element_id == 0 || element_id == ONE_BYTE_STOP_ID))
			return NULL;
		if (at + header > rtp->extension_bytes)
			return NULL;
		*element_bytes = two_byte ? body[at + 1]
					  : (body[at] & 0x0fu) + 1u;
		at += header;
		if (*element_bytes > rtp->extension_bytes - at)
			return NULL;
		if (element_id == id)
			return body + at;
		at += *element_bytes;
	}
	return NULL;
}

int mm_rtp_audio_level(const struct mm_rtp *rtp, uint8_t id, bool *voiced)
{
	bool two_byte = (rtp->extension_profile & TWO_BYTE_PROFILE_MASK) ==
			TWO_BYTE_PROFILE;
	const uint8_t *element;
	size_t element_bytes = 0;

	if (!rtp->extension || id == 0 ||
	    (!two_byte && rtp->extension_profile != ONE_BYTE_PROFILE))
		return -ENOENT;
	element = find_element(rtp, id, two_byte, &element_bytes);
	if (!element || element_bytes == 0)
		return -ENOENT;
	if (voiced)
		*voiced = element[0] >> 7;
	return element[0] & 0x7f;
}

bool mm_rtp_is_rtcp(const uint8_t *packet, size_t size)
{
	return size >= 2 && packet[1] >= 192 && packet[1] <= 223;
}


void mm_rtp_source_init(struct mm_rtp_source *source, uint32_t ssrc,
			uint32_t clock_rate_hz)
{
	memset(source, 0, sizeof(*source));
	source->ssrc = ssrc;
	source->clock_rate_hz = clock_rate_hz;
	source->bad_sequence = NO_BAD_SEQUENCE;
}

void mm_rtp_source_probation(struct mm_rtp_source *source)
{
	source->probation = MM_RTP_MIN_SEQUENTIAL;
}

/* A.1 init_seq, but the extended number never decreases: a restart is a large
 * step forward. */
static void begin(struct mm_rtp_source *source, uint32_t extended)
{
	source->base_sequence = extended;
	source->max_sequence = extended;
	source->bad_sequence = NO_BAD_SEQUENCE;
	source->received = 0;
	source->received_prior = 0;
	source->expected_prior = 0;
	source->jitter = 0;
	source->measured = false;
}

void mm_rtp_source_measure(struct mm_rtp_source *source, uint32_t timestamp,
			   int64_t arrival_us)
{
	int64_t arrival = arrival_us / US_PER_S * source->clock_rate_hz +
			  arrival_us % US_PER_S * source->clock_rate_hz /
				  US_PER_S;
	uint32_t transit = (uint32_t)arrival - timestamp;
	double change = (int32_t)(transit - source->last_transit);

	if (source->measured)
		source->jitter += ((change < 0 ? -change : change) -
				   source->jitter) * JITTER_GAIN;
	source->last_transit = transit;
	source->measured = true;
}

/* A.1 for the first packets. The RFC waits for two in sequence; we accept a first
 * packet immediately, because its address, and with SRTP its key, were verified,
 * and a phone must not lose its first 20 ms. Only a source on probation (another
 * SSRC on a live stream) must send two. */
static int admit(struct mm_rtp_source *source, uint16_t sequence_number)
{
	bool next = source->started &&
		    sequence_number == (uint16_t)(source->max_sequence + 1);

	source->started = true;
	source->max_sequence = sequence_number;
	if (source->probation == 0) {
		begin(source, sequence_number);
		return 0;
	}
	source->probation = next ? source->probation - 1
				 : MM_RTP_MIN_SEQUENTIAL - 1;
	if (source->probation > 0)
		return -EAGAIN;
	begin(source, sequence_number);
	return 0;
}

/* A.1 for all later packets. */
static int follow(struct mm_rtp_source *source, uint16_t sequence_number,
		  uint32_t *extended)
{
	uint16_t step = (uint16_t)(sequence_number -
				   (uint16_t)source->max_sequence);

	*extended = source->max_sequence + step;
	if (step < MAX_DROPOUT) {
		source->max_sequence = *extended;
	} else if (step <= SEQUENCE_MODULUS - MAX_MISORDER) {
		if (sequence_number != source->bad_sequence) {
			source->bad_sequence =
				(sequence_number + 1u) % SEQUENCE_MODULUS;
			return -EAGAIN;
		}
		begin(source, *extended);
	} else {
		*extended -= SEQUENCE_MODULUS;
	}
	return 0;
}

int mm_rtp_source_update(struct mm_rtp_source *source, uint16_t sequence_number,
			 uint32_t *extended)
{
	int rc;

	if (!source->started || source->probation > 0) {
		rc = admit(source, sequence_number);
		*extended = sequence_number;
	} else {
		rc = follow(source, sequence_number, extended);
	}
	if (rc == 0)
		source->received++;
	return rc;
}
