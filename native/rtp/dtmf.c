/* dtmf.c -- RFC 4733 telephone-event, both ways.
 *
 * All packets of an event carry the timestamp of its start and the duration so
 * far. So the timestamp, not the marker bit, separates digits, and any single
 * packet of an event is enough.
 *
 * Senders that break this rule: some advance the timestamp in the end packets,
 * or in every packet (runs_on); some never advance it between two presses
 * (restarts). A tone and the pause after it last 80 ms at least (Q.24), so a
 * timestamp that has advanced by less belongs to the same press.
 */
#include "rtp/dtmf.h"

#include <errno.h>
#include <string.h>

#define EVENT_PAYLOAD_BYTES 4u
#define END_BIT 0x80u
#define VOLUME_DBM0 10u               /* of the tones we send: -10 dBm0     */
#define LONGEST_SEGMENT 0xffffu       /* section 2.5.1.3                    */
#define END_PACKETS 3u                /* section 2.5.1.4                    */
#define LOST_END_US 120000
#define MS_PER_S 1000u
#define MIN_TONE_MS 40u               /* Q.24: shorter is no digit          */
#define PAUSE_MS 60u                  /* Q.24 asks for 40 or more           */
#define RUN_ON_MS 60u                 /* three packets of 20 ms, one press  */
/* A timestamp this much older than the last one is a late packet; beyond, or
 * so long after the last packet, the sender has started another clock, or plays
 * a recording of a digit. */
#define REORDER_WINDOW_S 5u
#define LATE_US 500000

static const char digits[] = "0123456789*#ABCD";

void mm_dtmf_rx_init(struct mm_dtmf_rx *rx, uint32_t clock_rate_hz)
{
	memset(rx, 0, sizeof(*rx));
	rx->clock_rate_hz = clock_rate_hz;
}

static int finish(struct mm_dtmf_rx *rx, struct mm_digit *digit)
{
	rx->active = false;
	digit->digit = digits[rx->event];
	digit->duration_ms = (uint32_t)((uint64_t)rx->duration * MS_PER_S /
					rx->clock_rate_hz);
	return 1;
}

static void start(struct mm_dtmf_rx *rx, uint32_t timestamp, uint8_t event)
{
	rx->timestamp = timestamp;
	rx->newest = timestamp;
	rx->event = event;
	rx->segments = 0;
	rx->duration = 0;
	rx->last_duration = 0;
	rx->active = true;
	rx->ended = false;
	rx->any = true;
}

/* Section 2.5.1.3: an event too long for 16 bits goes on in a segment whose
 * timestamp is where the last one ended. */
static bool continues(const struct mm_dtmf_rx *rx, uint32_t timestamp,
		      uint8_t event, bool marker)
{
	return rx->active && !rx->ended && !marker && event == rx->event &&
	       rx->duration - rx->segments == LONGEST_SEGMENT &&
	       timestamp == rx->timestamp + LONGEST_SEGMENT;
}

static bool is_stale(const struct mm_dtmf_rx *rx,
		     const struct mm_dtmf_packet *in)
{
	uint32_t age = rx->newest - in->timestamp;

	return rx->any && age > 0 &&
	       age < rx->clock_rate_hz * REORDER_WINDOW_S &&
	       in->at_us - rx->last_packet_us < LATE_US;
}

/* Whether a packet with a later timestamp belongs to the same press: after its
 * end only further end packets do. */
static bool runs_on(const struct mm_dtmf_rx *rx, const struct mm_dtmf_packet *in)
{
	uint32_t step = in->timestamp - rx->newest;

	return rx->any && in->event == rx->event && step > 0 &&
	       step <= rx->clock_rate_hz / MS_PER_S * RUN_ON_MS &&
	       in->at_us - rx->last_packet_us < LOST_END_US &&
	       (rx->ended ? in->end && in->duration >= rx->last_duration
			  : true);
}

/* Whether a packet with the timestamp of the last press starts another one. */
static bool restarts(const struct mm_dtmf_rx *rx,
		     const struct mm_dtmf_packet *in)
{
	if (in->event != rx->event)
		return true;
	return !rx->active && !in->end &&
	       in->duration < rx->last_duration &&
	       in->at_us - rx->last_packet_us >= LOST_END_US;
}

/* Adds to the press the duration that the packet states: since the start of
 * the press, or, where the timestamp runs on, since that timestamp. */
static void extend(struct mm_dtmf_rx *rx, const struct mm_dtmf_packet *in)
{
	uint32_t duration = rx->segments + in->duration;

	if (in->duration <= rx->last_duration && !rx->segments)
		duration = in->timestamp - rx->timestamp + in->duration;
	if (duration > rx->duration)
		rx->duration = duration;
	rx->last_duration = in->duration;
	rx->newest = in->timestamp;
	rx->last_packet_us = in->at_us;
}

int mm_dtmf_rx_packet(struct mm_dtmf_rx *rx, uint32_t timestamp, bool marker,
		      const uint8_t *payload, size_t size, int64_t now_us,
		      struct mm_digit *digit)
{
	struct mm_dtmf_packet in = { .timestamp = timestamp, .at_us = now_us };
	int finished = 0;

	if (size < EVENT_PAYLOAD_BYTES)
		return -EBADMSG;
	in.event = payload[0];
	in.end = payload[1] & END_BIT;
	in.duration = (uint32_t)(payload[2] << 8 | payload[3]);
	/* Flash hook and modem tones are not digits. */
	if (in.event >= sizeof(digits) - 1 || is_stale(rx, &in))
		return 0;
	if (continues(rx, timestamp, in.event, marker)) {
		rx->timestamp = timestamp;
		rx->segments = rx->duration;
	} else if (!rx->any || (timestamp != rx->newest ? !runs_on(rx, &in)
							: restarts(rx, &in))) {
		if (rx->active)
			finished = finish(rx, digit);
		start(rx, timestamp, in.event);
	} else if (!rx->active) {
		/* Its end, repeated. */
		rx->newest = timestamp;
		rx->last_packet_us = now_us;
		return 0;
	}
	extend(rx, &in);
	rx->ended = rx->ended || in.end;
	/* A packet can finish the previous digit and be the end of its own:
	 * poll returns the second. */
	if (rx->ended && !finished)
		finished = finish(rx, digit);
	return finished;
}

int mm_dtmf_rx_poll(struct mm_dtmf_rx *rx, int64_t now_us,
		    struct mm_digit *digit)
{
	if (!rx->active ||
	    (!rx->ended && now_us - rx->last_packet_us < LOST_END_US))
		return 0;
	return finish(rx, digit);
}

void mm_dtmf_tx_init(struct mm_dtmf_tx *tx, uint32_t clock_rate_hz,
		     uint32_t ptime_ms)
{
	memset(tx, 0, sizeof(*tx));
	tx->clock_rate_hz = clock_rate_hz;
	tx->ptime_ms = ptime_ms;
}

static const char *find_digit(char digit)
{
	if (digit >= 'a' && digit <= 'd')
		digit = (char)(digit - 'a' + 'A');
	return digit ? strchr(digits, digit) : NULL;
}

int mm_dtmf_tx_push(struct mm_dtmf_tx *tx, char digit, uint32_t duration_ms)
{
	const char *found = find_digit(digit);
	uint32_t longest_ms = (uint32_t)((uint64_t)LONGEST_SEGMENT * MS_PER_S /
					 tx->clock_rate_hz);
	struct mm_digit *last;

	if (!found)
		return -EINVAL;
	if (tx->count == MM_DTMF_TX_QUEUE)
		return -ENOSPC;
	last = &tx->queue[(tx->head + tx->count++) % MM_DTMF_TX_QUEUE];
	last->digit = *found;
	last->duration_ms = duration_ms < MIN_TONE_MS ? MIN_TONE_MS
			    : duration_ms > longest_ms ? longest_ms
						       : duration_ms;
	return 0;
}

int mm_dtmf_tx_tick(struct mm_dtmf_tx *tx, uint32_t now_timestamp,
		    uint8_t payload[4], bool *marker, uint32_t *timestamp)
{
	const struct mm_digit *digit = &tx->queue[tx->head];
	uint32_t duration;
	bool end;

	if (tx->pause_ms > 0) {
		tx->pause_ms -= tx->pause_ms < tx->ptime_ms ? tx->pause_ms
							    : tx->ptime_ms;
		return 0;
	}
	if (tx->count == 0)
		return 0;
	*marker = tx->elapsed_ms == 0;
	if (*marker) {
		tx->timestamp = now_timestamp;
		tx->ends_left = END_PACKETS;
	}
	if (tx->elapsed_ms < digit->duration_ms)
		tx->elapsed_ms += tx->ptime_ms;
	end = tx->elapsed_ms >= digit->duration_ms;
	duration = (uint32_t)((uint64_t)(end ? digit->duration_ms
					     : tx->elapsed_ms) *
			      tx->clock_rate_hz / MS_PER_S);
	payload[0] = (uint8_t)(find_digit(digit->digit) - digits);
	payload[1] = (uint8_t)((end ? END_BIT : 0u) | VOLUME_DBM0);
	payload[2] = (uint8_t)(duration >> 8);
	payload[3] = (uint8_t)duration;
	*timestamp = tx->timestamp;
	if (end && --tx->ends_left == 0) {
		tx->head = (tx->head + 1) % MM_DTMF_TX_QUEUE;
		tx->count--;
		tx->elapsed_ms = 0;
		tx->pause_ms = PAUSE_MS;
	}
	return EVENT_PAYLOAD_BYTES;
}
