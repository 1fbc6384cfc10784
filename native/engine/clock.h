/* clock.h -- the time of the tick, and a histogram of its lateness. */
#ifndef MM_CLOCK_H
#define MM_CLOCK_H

#include <stdatomic.h>

#include "mm.h"

int64_t mm_clock_now_us(void);
/* CPU time of the calling thread. */
int64_t mm_clock_thread_us(void);
/* Sleep until an absolute time, also across signals. */
void mm_clock_sleep_until_us(int64_t deadline_us);

/* Lateness in buckets of powers of two: bucket b holds [2^b, 2^(b+1)) us, the
 * first also 0, the last everything above. One writer, any reader. */
#define MM_LATENESS_BUCKETS 24

struct mm_lateness {
	_Atomic uint64_t buckets[MM_LATENESS_BUCKETS];
	_Atomic int64_t max_us;
};

void mm_lateness_note(struct mm_lateness *lateness, int64_t late_us);

struct mm_lateness_summary {
	int64_t p50_us;           /* upper bound of the bucket it falls in  */
	int64_t p99_us;
	int64_t max_us;
	uint64_t ticks;
};

/* Summarise several histograms as one. */
void mm_lateness_summarise(struct mm_lateness_summary *summary,
			   const struct mm_lateness *const *all, size_t count);

#endif
