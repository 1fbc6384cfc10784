/* dtmf.c -- fuzz: event packets in any order. A record is marker and size (one
 * octet), time since the last in units of 4 ms, timestamp (two octets), payload.
 */
#include "rtp/dtmf.h"

#include <stdlib.h>
#include <string.h>

#define RECORD_BYTES 4
#define CLOCK_RATE_HZ 8000

static void check(int rc, const struct mm_digit *digit)
{
	if (rc > 0 && !strchr("0123456789*#ABCD", digit->digit))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct mm_dtmf_rx rx;
	struct mm_digit digit = {.digit = '0'};
	int64_t now_us = 0;

	mm_dtmf_rx_init(&rx, CLOCK_RATE_HZ);
	while (size >= RECORD_BYTES) {
		size_t payload_bytes = bytes[0] & 7;
		uint32_t timestamp = (uint32_t)bytes[2] << 24 |
				     (uint32_t)bytes[3] << 4;

		now_us += bytes[1] * 4000;
		if (payload_bytes > size - RECORD_BYTES)
			return 0;
		check(mm_dtmf_rx_packet(&rx, timestamp, bytes[0] >> 7,
					bytes + RECORD_BYTES, payload_bytes,
					now_us, &digit),
		      &digit);
		check(mm_dtmf_rx_poll(&rx, now_us, &digit), &digit);
		bytes += RECORD_BYTES + payload_bytes;
		size -= RECORD_BYTES + payload_bytes;
	}
	return 0;
}
