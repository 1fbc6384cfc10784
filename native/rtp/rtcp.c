/* rtcp.c -- reading and writing compound RTCP, round trip, quality. */
#define _POSIX_C_SOURCE 200809L
#include "rtp/rtcp.h"

#include <errno.h>
#include <string.h>
#include <time.h>

enum packet_type {
	SENDER_REPORT = 200,
	RECEIVER_REPORT = 201,
	SOURCE_DESCRIPTION = 202,
	GOODBYE = 203,
};

#define VERSION_2 0x80u               /* no padding, count 0                */
#define HEADER_BYTES 4u
#define SSRC_BYTES 4u
#define SENDER_INFO_BYTES 20u
#define REPORT_BYTES 24u
#define SDES_CNAME 1u
#define MAX_CNAME_BYTES 255u
#define MAX_REPORTS 31u
#define WORD_BYTES 4u

#define NTP_UNIX_EPOCH_S 2208988800u  /* 1900 to 1970                       */
#define NS_PER_S 1000000000u
#define US_PER_S 1000000

static uint32_t read32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
	       (uint32_t)bytes[2] << 8 | bytes[3];
}

static uint8_t *write32(uint8_t *bytes, uint32_t value)
{
	bytes[0] = (uint8_t)(value >> 24);
	bytes[1] = (uint8_t)(value >> 16);
	bytes[2] = (uint8_t)(value >> 8);
	bytes[3] = (uint8_t)value;
	return bytes + 4;
}

/* Header of one packet of a compound: count or 0, type, length in words - 1. */
static uint8_t *write_header(uint8_t *bytes, size_t count, uint8_t type,
			     size_t size)
{
	return write32(bytes, (uint32_t)((VERSION_2 | count) << 24 |
					 (size_t)type << 16 |
					 (size / WORD_BYTES - 1)));
}

static int32_t sign_extend_24(uint32_t value)
{
	return (int32_t)(value << 8) >> 8;
}

static void parse_report(struct mm_rtcp *rtcp, const uint8_t *block)
{
	struct mm_rtcp_report *report;

	if (rtcp->nreports == MAX_REPORTS)
		return;
	report = &rtcp->reports[rtcp->nreports++];
	report->ssrc = read32(block);
	report->fraction_lost = block[4];
	report->cumulative_lost = sign_extend_24(read32(block + 4));
	report->extended_highest_sequence = read32(block + 8);
	report->jitter = read32(block + 12);
	report->last_sr = read32(block + 16);
	report->delay_since_last_sr = read32(block + 20);
}

/* SR and RR: `body` begins at the sender's SSRC. */
static int parse_reports(struct mm_rtcp *rtcp, bool sender_report,
			 size_t count, const uint8_t *body, size_t size)
{
	size_t fixed = SSRC_BYTES + (sender_report ? SENDER_INFO_BYTES : 0);

	if (size < fixed + count * REPORT_BYTES)
		return -EBADMSG;
	if (sender_report) {
		rtcp->has_sender_info = true;
		rtcp->sender.ntp = (uint64_t)read32(body + 4) << 32 |
				   read32(body + 8);
		rtcp->sender.rtp_timestamp = read32(body + 12);
		rtcp->sender.packets = read32(body + 16);
		rtcp->sender.octets = read32(body + 20);
	}
	for (size_t i = 0; i < count; i++)
		parse_report(rtcp, body + fixed + i * REPORT_BYTES);
	return 0;
}

static int parse_goodbye(struct mm_rtcp *rtcp, size_t count,
			 const uint8_t *body, size_t size)
{
	if (size < count * SSRC_BYTES)
		return -EBADMSG;
	for (size_t i = 0; i < count; i++)
		if (read32(body + i * SSRC_BYTES) == rtcp->sender_ssrc)
			rtcp->bye = true;
	return 0;
}

/* One packet of the compound; returns its bytes or -EBADMSG. */
static int parse_one(struct mm_rtcp *rtcp, const uint8_t *packet, size_t left)
{
	size_t size, body, count = packet[0] & 0x1f;
	int rc = 0;

	if (packet[0] >> 6 != VERSION_2 >> 6)
		return -EBADMSG;
	size = ((size_t)(packet[2] << 8 | packet[3]) + 1) * WORD_BYTES;
	if (size > left)
		return -EBADMSG;
	body = size - HEADER_BYTES;
	if (packet[0] & 0x20) {
		size_t padding = packet[size - 1];

		/* Section 6.4.1: only the last packet, whole words. */
		if (size != left || padding == 0 || padding > body ||
		    padding % WORD_BYTES != 0)
			return -EBADMSG;
		body -= padding;
	}
	if (packet[1] == SENDER_REPORT || packet[1] == RECEIVER_REPORT)
		rc = parse_reports(rtcp, packet[1] == SENDER_REPORT, count,
				   packet + HEADER_BYTES, body);
	else if (packet[1] == GOODBYE)
		rc = parse_goodbye(rtcp, count, packet + HEADER_BYTES, body);
	return rc < 0 ? rc : (int)size;
}

int mm_rtcp_parse(struct mm_rtcp *rtcp, const uint8_t *packet, size_t size)
{
	memset(rtcp, 0, sizeof(*rtcp));
	/* A.2 wants a report first; RFC 5506 allows any packet, and some send
	 * that without asking. Each has its sender's SSRC at this place. */
	if (size < HEADER_BYTES + SSRC_BYTES || size % WORD_BYTES != 0 ||
	    !mm_rtp_is_rtcp(packet, size))
		return -EBADMSG;
	rtcp->sender_ssrc = read32(packet + HEADER_BYTES);
	for (size_t at = 0; at < size;) {
		int used = parse_one(rtcp, packet + at, size - at);

		if (used < 0)
			return used;
		at += (size_t)used;
	}
	return 0;
}

static uint8_t *write_report(uint8_t *bytes,
			     const struct mm_rtcp_report *report)
{
	bytes = write32(bytes, report->ssrc);
	bytes = write32(bytes,
			(uint32_t)report->fraction_lost << 24 |
				((uint32_t)report->cumulative_lost & 0xffffff));
	bytes = write32(bytes, report->extended_highest_sequence);
	bytes = write32(bytes, report->jitter);
	bytes = write32(bytes, report->last_sr);
	return write32(bytes, report->delay_since_last_sr);
}

static uint8_t *write_sender(uint8_t *bytes,
			     const struct mm_rtcp_sender_info *sender)
{
	bytes = write32(bytes, (uint32_t)(sender->ntp >> 32));
	bytes = write32(bytes, (uint32_t)sender->ntp);
	bytes = write32(bytes, sender->rtp_timestamp);
	bytes = write32(bytes, sender->packets);
	return write32(bytes, sender->octets);
}

int mm_rtcp_write(uint8_t *packet, size_t size, uint32_t ssrc,
		  const struct mm_rtcp_sender_info *sender,
		  const struct mm_rtcp_report *report, const char *cname)
{
	size_t cname_bytes = strnlen(cname, MAX_CNAME_BYTES);
	size_t report_size = HEADER_BYTES + SSRC_BYTES +
			     (sender ? SENDER_INFO_BYTES : 0) +
			     (report ? REPORT_BYTES : 0);
	/* The item list ends with one to four zeros: section 6.5. */
	size_t item_size = (2 + cname_bytes) / WORD_BYTES * WORD_BYTES +
			   WORD_BYTES;
	size_t sdes_size = HEADER_BYTES + SSRC_BYTES + item_size;
	uint8_t *at = packet;

	if (size < report_size + sdes_size)
		return -ENOSPC;
	at = write_header(at, report ? 1 : 0,
			  sender ? SENDER_REPORT : RECEIVER_REPORT,
			  report_size);
	at = write32(at, ssrc);
	if (sender)
		at = write_sender(at, sender);
	if (report)
		at = write_report(at, report);
	at = write_header(at, 1, SOURCE_DESCRIPTION, sdes_size);
	at = write32(at, ssrc);
	memset(at, 0, item_size);
	at[0] = SDES_CNAME;
	at[1] = (uint8_t)cname_bytes;
	memcpy(at + 2, cname, cname_bytes);
	return (int)(report_size + sdes_size);
}

int mm_rtcp_write_bye(uint8_t *packet, size_t size, uint32_t ssrc)
{
	const size_t report_size = HEADER_BYTES + SSRC_BYTES;
	const size_t bye_size = HEADER_BYTES + SSRC_BYTES;
	uint8_t *at = packet;

	if (size < report_size + bye_size)
		return -ENOSPC;
	at = write_header(at, 0, RECEIVER_REPORT, report_size);
	at = write32(at, ssrc);
	at = write_header(at, 1, GOODBYE, bye_size);
	write32(at, ssrc);
	return (int)(report_size + bye_size);
}

void mm_rtcp_report_of(struct mm_rtcp_report *report,
		       struct mm_rtp_source *source)
{
	const int32_t most = 0x7fffff, least = -0x800000;
	uint32_t expected = source->started && source->probation == 0
				    ? source->max_sequence -
					      source->base_sequence + 1
				    : 0;
	uint32_t expected_interval = expected - source->expected_prior;
	uint32_t received_interval = source->received - source->received_prior;
	int32_t lost = (int32_t)(expected - source->received);
	int32_t lost_interval = (int32_t)(expected_interval -
					  received_interval);

	source->expected_prior = expected;
	source->received_prior = source->received;
	report->ssrc = source->ssrc;
	report->cumulative_lost = lost > most ? most
				  : lost < least ? least : lost;
	report->fraction_lost = 0;
	if (expected_interval > 0 && lost_interval > 0)
		report->fraction_lost =
			(uint8_t)(((uint64_t)lost_interval << 8) /
				  ((uint64_t)expected_interval + 1));
	report->extended_highest_sequence = source->max_sequence;
	report->jitter = (uint32_t)source->jitter;
}

int64_t mm_rtcp_round_trip_us(const struct mm_rtcp_report *report,
			      uint64_t now_ntp)
{
	int32_t delay;

	if (report->last_sr == 0)
		return -1;
	delay = (int32_t)((uint32_t)(now_ntp >> 16) - report->last_sr -
			  report->delay_since_last_sr);
	if (delay < 0)
		return -1;
	return ((int64_t)delay * US_PER_S) >> 16;
}

uint64_t mm_ntp_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return ((uint64_t)now.tv_sec + NTP_UNIX_EPOCH_S) << 32 |
	       ((uint64_t)now.tv_nsec << 32) / NS_PER_S;
}

/* G.107 with every impairment but delay and loss at its default, and G.107.1
 * (R from 0 to 129) for wideband. Bpl is that of G.711 with Appendix I
 * concealment (G.113 table I.3), which approximates that of every codec
 * here. */
float mm_mos(float loss, float delay_ms, bool wideband)
{
	const float narrowband_r = 93.2f, wideband_r = 129.0f;
	const float wideband_scale = 1.29f;
	const float worst_ie = 95.0f, robustness_bpl = 25.1f;
	const float knee_ms = 177.3f;
	float loss_percent = loss < 0 ? 0 : loss > 1 ? 100 : loss * 100;
	float r = wideband ? wideband_r : narrowband_r;

	r -= worst_ie * loss_percent / (loss_percent + robustness_bpl);
	if (delay_ms > 0)
		r -= 0.024f * delay_ms;
	if (delay_ms > knee_ms)
		r -= 0.11f * (delay_ms - knee_ms);
	if (wideband)
		r /= wideband_scale;
	if (r <= 0)
		return 1.0f;
	if (r >= 100)
		return 4.5f;
	/* The cubic of annex B falls just below 1 for r below 6.5. */
	r = 1 + 0.035f * r + r * (r - 60) * (100 - r) * 7e-6f;
	return r < 1.0f ? 1.0f : r;
}
