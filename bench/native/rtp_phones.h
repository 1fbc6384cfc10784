/* rtp_phones.h -- what the phones say: tracks of packets, encoded before. */
#ifndef RTP_PHONES_H
#define RTP_PHONES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTP_MAX_TRACKS 64
#define RTP_MAX_HEAD (12 + 8)
#define RTP_NO_LEVEL 0xff

struct rtp_packet {
	uint16_t size;
	uint8_t level;             /* RFC 6464, or RTP_NO_LEVEL: no extension */
	bool marked;               /* a marker begins with its first sample   */
	uint8_t *bytes;
};

struct rtp_track {
	uint8_t payload_type;
	uint32_t step;             /* of the RTP timestamp, a packet          */
	uint32_t npackets;
	bool marked;               /* one of its packets is                   */
	struct rtp_packet *packets;
};

/* Read the file of tracks, big endian: number of tracks (16 bits); each has
 * its payload type (8), step (32) and number of packets (16); a packet its
 * size (16), level (8), whether it is marked (8), and its bytes. 0 or -errno. */
int rtp_read_tracks(struct rtp_track tracks[RTP_MAX_TRACKS], const char *path);

/* Write an RTP header (RFC 3550 section 5.1), with the level under extension
 * id 1 if the packet has one; return its size. */
size_t rtp_write_head(uint8_t head[RTP_MAX_HEAD], const struct rtp_track *track,
		      const struct rtp_packet *packet, uint16_t sequence_number,
		      uint32_t tick, uint32_t ssrc);

#endif
