/* mm.h -- what every file of the engine shares.
 *
 * Results are 0 (or a count) or -errno. Directions are seen from the bridge:
 * rx comes from a participant, tx goes to one. Time is microseconds of
 * CLOCK_MONOTONIC unless a name says otherwise. Inside the engine audio is
 * mono, 16 bits, host order; only an encoder may turn it into two channels.
 */
#ifndef MM_H
#define MM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MM_TICK_MS 20                 /* default; 10 by setting             */
#define MM_MAX_SAMPLE_RATE_HZ 48000
#define MM_MAX_FRAME_SAMPLES 960      /* 20 ms at 48 kHz                    */
#define MM_MAX_PACKET_SAMPLES 5760    /* 120 ms at 48 kHz: Opus' longest    */
#define MM_MAX_PAYLOAD_BYTES 1500
#define MM_MAX_DATAGRAM_BYTES 2048
#define MM_SILENCE_DBOV 127           /* RFC 6464: -127 dBov is digital 0   */

/* 20 (or 10) ms worth of samples at a rate. */
static inline size_t mm_frame_samples(uint32_t sample_rate_hz, uint32_t ptime_ms)
{
	return (size_t)sample_rate_hz / 1000u * ptime_ms;
}

#define MM_CACHE_LINE_BYTES 64

/* Prefetch memory that will be needed soon. With a thousand participants, the
 * state of each is out of the cache when it is processed; prefetched a little
 * ahead, it arrives while the one before is processed. */
static inline void mm_prefetch(const void *memory, size_t bytes)
{
	const char *at = memory;

	for (size_t i = 0; at && i < bytes; i += MM_CACHE_LINE_BYTES)
		__builtin_prefetch(at + i, 1);
}

#endif
