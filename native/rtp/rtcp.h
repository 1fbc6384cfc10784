/* rtcp.h -- RTCP sender and receiver reports (RFC 3550 section 6). */
#ifndef MM_RTCP_H
#define MM_RTCP_H

#include "mm.h"
#include "rtp/rtp.h"

struct mm_rtcp_report {           /* one report block, about one SSRC       */
	uint32_t ssrc;
	uint8_t fraction_lost;    /* /256                                   */
	int32_t cumulative_lost;
	uint32_t extended_highest_sequence;
	uint32_t jitter;          /* clock ticks                            */
	uint32_t last_sr;         /* middle 32 bits of the NTP time         */
	uint32_t delay_since_last_sr; /* 1/65536 s                          */
};

struct mm_rtcp_sender_info {
	uint64_t ntp;
	uint32_t rtp_timestamp;
	uint32_t packets;
	uint32_t octets;
};

/* The contents of a compound packet. */
struct mm_rtcp {
	uint32_t sender_ssrc;
	bool has_sender_info;
	struct mm_rtcp_sender_info sender;
	struct mm_rtcp_report reports[31];
	size_t nreports;
	bool bye;
};

/* 0, or -EBADMSG when the lengths of the packets do not fit the datagram
 * (RFC 3550 A.2); any packet may be the first (RFC 5506). */
int mm_rtcp_parse(struct mm_rtcp *rtcp, const uint8_t *packet, size_t size);
/* Write SR (or RR when `sender` is NULL), one report block (when `report` is
 * not NULL), and SDES with the CNAME; returns bytes or -ENOSPC. */
int mm_rtcp_write(uint8_t *packet, size_t size, uint32_t ssrc,
		  const struct mm_rtcp_sender_info *sender,
		  const struct mm_rtcp_report *report, const char *cname);
/* A whole compound: an empty RR and the BYE; returns bytes or -ENOSPC. */
int mm_rtcp_write_bye(uint8_t *packet, size_t size, uint32_t ssrc);

/* The report block about a source, and start a new interval (A.3). Leaves
 * last_sr and delay_since_last_sr to the caller. */
void mm_rtcp_report_of(struct mm_rtcp_report *report,
		       struct mm_rtp_source *source);
/* Round trip from a report about us: RFC 3550 figure 2; <0 if unknown. */
int64_t mm_rtcp_round_trip_us(const struct mm_rtcp_report *report,
			      uint64_t now_ntp);
/* Wall clock in NTP 32.32 form. */
uint64_t mm_ntp_now(void);
/* Mean opinion score estimate of loss (0..1), one-way delay and codec
 * (G.107 E-model, reduced), 1.0 .. 4.5. */
float mm_mos(float loss, float delay_ms, bool wideband);

#endif
