/* generator.c -- many phones in one process.
 * generator LEGS TALKERS PAYLOADS PAYLOAD_TYPE STEP [SRTP_LIBRARY KEY]
 *
 * Whenever stdin has a line, each leg sends one packet, reads what it got, and
 * the number of packets received so far by all is printed. PAYLOADS is a file
 * of length-prefixed (16 bits, big endian) payloads: the first is silence, the
 * others are a talker's speech, played in a loop. STEP is the timestamp step.
 * Every packet carries its RFC 6464 level under extension id 1. With a KEY
 * (hex: master key and salt) the packets are SRTP, AES_CM_128_HMAC_SHA1_80, the
 * same key both ways.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rtp/rtp.h"
#include "rtp/srtp.h"
#include "traffic.h"

#define MAX_PAYLOADS 512

struct payload {
	size_t size;
	uint8_t bytes[MM_MAX_PAYLOAD_BYTES];
};

static struct traffic_leg legs[TRAFFIC_MAX_LEGS];
static struct mm_srtp srtp[TRAFFIC_MAX_LEGS];
static struct payload payloads[MAX_PAYLOADS];
static size_t npayloads;
static struct mm_datagram in[MM_UDP_BATCH];
static uint64_t received;
static bool encrypted;
static uint8_t payload_type;
static uint32_t step;

static int read_payloads(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t head[2];

	if (!file)
		return -1;
	while (npayloads < MAX_PAYLOADS && fread(head, 1, 2, file) == 2) {
		struct payload *p = &payloads[npayloads++];

		p->size = (size_t)(head[0] << 8 | head[1]);
		if (p->size > sizeof(p->bytes) ||
		    fread(p->bytes, 1, p->size, file) != p->size)
			return -1;
	}
	fclose(file);
	return npayloads > 1 ? 0 : -1;
}

static size_t build(uint8_t *packet, size_t leg, uint32_t number, bool talks)
{
	const struct payload *p =
		&payloads[talks ? 1 + number % (npayloads - 1) : 0];
	const struct mm_rtp header = {
		.payload_type = payload_type,
		.sequence_number = (uint16_t)number,
		.timestamp = number * step,
		.ssrc = (uint32_t)leg + 1000,
	};
	const uint8_t extension[8] = {
		0xBE, 0xDE, 0, 1, 0x10, talks ? 0x80 | 12 : 127, 0, 0,
	};
	size_t size = mm_rtp_write(packet, &header);

	packet[0] |= 0x10;
	memcpy(packet + size, extension, sizeof(extension));
	size += sizeof(extension);
	memcpy(packet + size, p->bytes, p->size);
	return size + p->size;
}

static void send_one(size_t leg, uint32_t number, bool talks)
{
	uint8_t packet[MM_MAX_DATAGRAM_BYTES];
	size_t size = build(packet, leg, number, talks);

	if (encrypted) {
		int protected_size = mm_srtp_protect(&srtp[leg], packet, size);

		if (protected_size < 0)
			return;
		size = (size_t)protected_size;
	}
	mm_udp_send(legs[leg].fd, &legs[leg].to, packet, size);
}

static void receive(size_t leg)
{
	int count = mm_udp_receive(legs[leg].fd, in, MM_UDP_BATCH);

	for (int i = 0; i < count; i++)
		received += !mm_rtp_is_rtcp(in[i].bytes, in[i].size);
}

static void run(size_t count, size_t talkers)
{
	for (uint32_t number = 1; traffic_is_asked(); number++) {
		for (size_t leg = 0; leg < count; leg++) {
			send_one(leg, number, leg < talkers);
			receive(leg);
		}
		traffic_answer((double)received);
	}
}

static int open_srtp(size_t count, const char *library, const char *hex)
{
	static struct mm_libraries libraries;
	struct mm_srtp_key key = {0};
	size_t bytes = strlen(hex) / 2;
	int err = mm_libraries_open(&libraries, NULL, library);

	for (size_t i = 0; i < bytes && i < sizeof(key.bytes); i++)
		sscanf(hex + 2 * i, "%2hhx", &key.bytes[i]);
	for (size_t i = 0; i < count && !err; i++)
		err = mm_srtp_open(&srtp[i], &libraries,
				   MM_SRTP_AES_CM_128_HMAC_SHA1_80, &key, &key,
				   bytes);
	encrypted = true;
	return err;
}

int main(int argc, char **argv)
{
	if (argc != 6 && argc != 8)
		return 2;
	size_t count = strtoul(argv[1], NULL, 10);
	size_t talkers = strtoul(argv[2], NULL, 10);

	payload_type = (uint8_t)strtoul(argv[4], NULL, 10);
	step = (uint32_t)strtoul(argv[5], NULL, 10);
	if (count > TRAFFIC_MAX_LEGS || read_payloads(argv[3]))
		return 2;
	if (argc == 8 && open_srtp(count, argv[6], argv[7]))
		return 1;
	if (traffic_open(legs, count) || traffic_read_targets(legs, count))
		return 1;
	run(count, talkers);
	return 0;
}
