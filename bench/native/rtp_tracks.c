/* rtp_tracks.c -- tracks of packets, read from a file; RTP headers. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "rtp_phones.h"

static uint32_t number(FILE *file, size_t bytes)
{
	uint32_t value = 0;

	while (bytes--)
		value = value << 8 | (uint32_t)getc(file);
	return value;
}

static int read_packet(struct rtp_packet *packet, FILE *file)
{
	packet->size = (uint16_t)number(file, 2);
	packet->level = (uint8_t)number(file, 1);
	packet->marked = number(file, 1);
	packet->bytes = malloc(packet->size);
	if (!packet->bytes)
		return -ENOMEM;
	return fread(packet->bytes, 1, packet->size, file) == packet->size ? 0 : -EINVAL;
}

static int read_track(struct rtp_track *track, FILE *file)
{
	int err = 0;

	track->payload_type = (uint8_t)number(file, 1);
	track->step = number(file, 4);
	track->npackets = number(file, 2);
	track->packets = calloc(track->npackets, sizeof(*track->packets));
	if (!track->packets)
		return -ENOMEM;
	for (size_t i = 0; i < track->npackets && !err; i++) {
		err = read_packet(&track->packets[i], file);
		track->marked |= track->packets[i].marked;
	}
	return err;
}

int rtp_read_tracks(struct rtp_track tracks[RTP_MAX_TRACKS], const char *path)
{
	FILE *file = fopen(path, "rb");
	int err = 0;

	if (!file)
		return -errno;
	size_t count = number(file, 2);

	if (count > RTP_MAX_TRACKS)
		err = -E2BIG;
	for (size_t i = 0; i < count && !err; i++)
		err = read_track(&tracks[i], file);
	fclose(file);
	return err;
}

static void put(uint8_t *out, uint32_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		out[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
}

size_t rtp_write_head(uint8_t head[RTP_MAX_HEAD], const struct rtp_track *track,
		      const struct rtp_packet *packet, uint16_t sequence_number,
		      uint32_t tick, uint32_t ssrc)
{
	bool extended = packet->level != RTP_NO_LEVEL;

	head[0] = extended ? 0x90 : 0x80;
	head[1] = track->payload_type;
	put(head + 2, sequence_number, 2);
	put(head + 4, tick * track->step, 4);
	put(head + 8, ssrc, 4);
	if (!extended)
		return 12;
	/* One-byte headers, one word (RFC 8285 section 4.2). */
	put(head + 12, 0xBEDE0001, 4);
	put(head + 16, 0x10u << 24 | (uint32_t)packet->level << 16, 4);
	return 20;
}
