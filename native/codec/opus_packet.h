/* opus_packet.h -- the properties of an Opus packet (RFC 6716 section 3), parsed
 * without libopus.
 */
#ifndef MM_OPUS_PACKET_H
#define MM_OPUS_PACKET_H

#include "mm.h"

/* Samples the packet decodes to at a rate; or -EBADMSG. */
int mm_opus_packet_samples(const uint8_t *packet, size_t size,
			   uint32_t sample_rate_hz);
/* True when it carries its predecessor again (LBRR, RFC 6716 4.2.4). */
bool mm_opus_packet_has_fec(const uint8_t *packet, size_t size);

/* The only frame of a packet: 20 ms of mono. */
struct mm_opus_frame {
	bool celt;                /* CELT alone                             */
	bool hybrid;
	size_t size;              /* less than 2: DTX                       */
	const uint8_t *bytes;     /* in the packet                          */
};
/* False for other packets. */
bool mm_opus_packet_single(const uint8_t *packet, size_t size,
			   struct mm_opus_frame *frame);

#endif
