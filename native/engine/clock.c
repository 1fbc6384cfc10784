/* clock.c -- the time of the tick, and a histogram of its lateness. */
#define _POSIX_C_SOURCE 200809L
#include "engine/clock.h"

#include <errno.h>
#include <time.h>

#define US_PER_S 1000000

int64_t mm_clock_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

int64_t mm_clock_thread_us(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (int64_t)used.tv_sec * US_PER_S + used.tv_nsec / 1000;
}

void mm_clock_sleep_until_us(int64_t deadline_us)
{
	struct timespec deadline = {
		.tv_sec = deadline_us / US_PER_S,
		.tv_nsec = (deadline_us % US_PER_S) * 1000,
	};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline,
			       NULL) == EINTR)
		;
}

void mm_lateness_note(struct mm_lateness *lateness, int64_t late_us)
{
	size_t bucket = 0;
	uint64_t count;

	if (late_us < 0)
		late_us = 0;
	for (int64_t rest = late_us >> 1;
	     rest && bucket < MM_LATENESS_BUCKETS - 1; rest >>= 1)
		bucket++;
	/* One writer: load and store are enough, and cheaper than an add. */
	count = atomic_load_explicit(&lateness->buckets[bucket],
				     memory_order_relaxed);
	atomic_store_explicit(&lateness->buckets[bucket], count + 1,
			      memory_order_relaxed);
	if (late_us > atomic_load_explicit(&lateness->max_us,
					   memory_order_relaxed))
		atomic_store_explicit(&lateness->max_us, late_us,
				      memory_order_relaxed);
}

static int64_t percentile_us(const uint64_t *buckets, uint64_t total,
			     uint64_t percent)
{
	uint64_t wanted = (total * percent + 99) / 100;
	uint64_t seen = 0;

	for (size_t bucket = 0; bucket < MM_LATENESS_BUCKETS; bucket++) {
		seen += buckets[bucket];
		if (seen && seen >= wanted)
			return (int64_t)2 << bucket;
	}
	return 0;
}

void mm_lateness_summarise(struct mm_lateness_summary *summary,
			   const struct mm_lateness *const *all, size_t count)
{
	uint64_t buckets[MM_LATENESS_BUCKETS] = { 0 };

	*summary = (struct mm_lateness_summary){ 0 };
	for (size_t i = 0; i < count; i++) {
		int64_t max_us = atomic_load_explicit(&all[i]->max_us,
						      memory_order_relaxed);

		if (max_us > summary->max_us)
			summary->max_us = max_us;
		for (size_t b = 0; b < MM_LATENESS_BUCKETS; b++) {
			uint64_t n = atomic_load_explicit(
				&all[i]->buckets[b], memory_order_relaxed);

			buckets[b] += n;
			summary->ticks += n;
		}
	}
	summary->p50_us = percentile_us(buckets, summary->ticks, 50);
	summary->p99_us = percentile_us(buckets, summary->ticks, 99);
}
