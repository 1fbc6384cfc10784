/* jbuf.c -- fuzz: packets in any order and at any time. A record is time since
 * the last in ms, steps of sequence number and timestamp, size and flags.
 */
#include "rtp/jbuf.h"

#include <stdlib.h>

#define RECORD_BYTES 6
#define CLOCK_RATE_HZ 8000
#define TICK_US (MM_TICK_MS * 1000)

static void tick(struct mm_jbuf *jbuf, int64_t now_us)
{
	const struct mm_jbuf_packet *packet = NULL;
	enum mm_jbuf_verdict verdict = mm_jbuf_get(jbuf, now_us, &packet);

	if (verdict == MM_JBUF_PACKET &&
	    (!packet || packet->size > MM_JBUF_MAX_PAYLOAD_BYTES))
		abort();
	/* One packet longer than the cap is kept, or nothing would play. */
	if (jbuf->nqueued > MM_JBUF_SLOTS ||
	    (jbuf->nqueued > 1 &&
	     mm_jbuf_depth_ms(jbuf) > (float)jbuf->max_delay_ms))
		abort();
	(void)mm_jbuf_correction(jbuf, (float)(now_us % 40));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct mm_jbuf jbuf;
	static const uint8_t payload[UINT16_MAX];
	struct mm_jbuf_packet header = {.extended_sequence = 1 << 16};
	int64_t now_us = TICK_US, tick_us = TICK_US;

	mm_jbuf_init(&jbuf, CLOCK_RATE_HZ, MM_JBUF_MAX_DELAY_MS);
	for (; size >= RECORD_BYTES; bytes += RECORD_BYTES, size -= RECORD_BYTES) {
		for (now_us += bytes[0] * 1000; tick_us <= now_us;
		     tick_us += TICK_US)
			tick(&jbuf, tick_us);
		if (bytes[5] == UINT8_MAX)
			mm_jbuf_reset(&jbuf, CLOCK_RATE_HZ);
		header.extended_sequence += (uint32_t)(int8_t)bytes[1];
		header.timestamp += (uint32_t)(int8_t)bytes[2] * 80;
		header.ticks = bytes[3] * 8U;
		header.arrival_us = now_us;
		header.level_dbov = bytes[4];
		header.pauses = bytes[5] & 1;
		(void)mm_jbuf_put(&jbuf, &header, payload, bytes[4] * 6U);
	}
	return 0;
}
