/* dtmf.h -- RFC 4733 telephone-event: digits with their durations. */
#ifndef MM_DTMF_H
#define MM_DTMF_H

#include "mm.h"

/* Receiving: tolerant of missing marker bits and of lost end packets. */
struct mm_dtmf_rx {
	uint32_t clock_rate_hz;
	uint32_t timestamp;       /* of the event being held                */
	uint32_t newest;          /* timestamp of its newest packet         */
	uint32_t duration;        /* clock ticks so far                     */
	uint32_t last_duration;   /* ... as its newest packet states        */
	uint32_t segments;        /* ... of which in ended segments         */
	int64_t last_packet_us;
	uint8_t event;            /* 0..15                                  */
	bool active;
	bool ended;               /* its end was seen, not yet returned     */
	bool any;                 /* a timestamp has been seen              */
};

/* One telephone-event packet, decoded. */
struct mm_dtmf_packet {
	uint32_t timestamp;
	uint32_t duration;        /* clock ticks                            */
	int64_t at_us;
	uint8_t event;
	bool end;
};

struct mm_digit {
	char digit;               /* 0-9 * # A-D                            */
	uint32_t duration_ms;
};

void mm_dtmf_rx_init(struct mm_dtmf_rx *rx, uint32_t clock_rate_hz);
/* One telephone-event packet: 1 and the finished digit, 0 when none is
 * finished, -EBADMSG. A digit is reported when it ends. */
int mm_dtmf_rx_packet(struct mm_dtmf_rx *rx, uint32_t timestamp, bool marker,
		      const uint8_t *payload, size_t size, int64_t now_us,
		      struct mm_digit *digit);
/* Call every tick: ends an event whose end was lost (no packet for 120 ms). */
int mm_dtmf_rx_poll(struct mm_dtmf_rx *rx, int64_t now_us,
		    struct mm_digit *digit);

/* Sending: a queue of digits turned into packets, three end packets each. */
#define MM_DTMF_TX_QUEUE 32
struct mm_dtmf_tx {
	uint32_t clock_rate_hz;
	uint32_t ptime_ms;
	struct mm_digit queue[MM_DTMF_TX_QUEUE];
	uint32_t head, count;
	uint32_t elapsed_ms;
	uint32_t pause_ms;        /* silence left between digits            */
	uint8_t ends_left;
	uint32_t timestamp;
};

void mm_dtmf_tx_init(struct mm_dtmf_tx *tx, uint32_t clock_rate_hz,
		     uint32_t ptime_ms);
/* -ENOSPC when full, -EINVAL for a character that is no digit. Durations are
 * clamped to what receivers accept: 40 ms to 65535 clock ticks. */
int mm_dtmf_tx_push(struct mm_dtmf_tx *tx, char digit, uint32_t duration_ms);
/* Payload for this tick: bytes (4), or 0 when audio may be sent. Sets the
 * marker and the timestamp the packet must carry. */
int mm_dtmf_tx_tick(struct mm_dtmf_tx *tx, uint32_t now_timestamp,
		    uint8_t payload[4], bool *marker, uint32_t *timestamp);

#endif
