/* snapshot.c -- the sequence lock, and the counters as a table. */
#include "engine/snapshot.h"

#include <string.h>

_Static_assert(sizeof(struct mm_readings) % sizeof(uint64_t) == 0,
	       "readings are copied by words");

const char *const mm_counter_names[] = {
#define MM_COUNTER_NAME(name) #name,
	MM_COUNTERS(MM_COUNTER_NAME)
#undef MM_COUNTER_NAME
};

const size_t mm_counter_count =
	sizeof(mm_counter_names) / sizeof(mm_counter_names[0]);

void mm_snapshot_publish(struct mm_snapshot *snapshot,
			 const struct mm_readings *readings)
{
	uint32_t sequence = atomic_load_explicit(&snapshot->sequence,
						 memory_order_relaxed);
	uint64_t words[MM_SNAPSHOT_WORDS];

	memcpy(words, readings, sizeof(words));
	atomic_store_explicit(&snapshot->sequence, sequence + 1,
			      memory_order_relaxed);
	/* No word may be visible before the odd number: release each. */
	for (size_t i = 0; i < MM_SNAPSHOT_WORDS; i++)
		atomic_store_explicit(&snapshot->words[i], words[i],
				      memory_order_release);
	atomic_store_explicit(&snapshot->sequence, sequence + 2,
			      memory_order_release);
}

void mm_snapshot_read(struct mm_snapshot *snapshot,
		      struct mm_readings *readings)
{
	uint64_t words[MM_SNAPSHOT_WORDS];
	uint32_t before, after;

	do {
		before = atomic_load_explicit(&snapshot->sequence,
					      memory_order_acquire);
		for (size_t i = 0; i < MM_SNAPSHOT_WORDS; i++)
			words[i] = atomic_load_explicit(&snapshot->words[i],
							memory_order_acquire);
		after = atomic_load_explicit(&snapshot->sequence,
					     memory_order_relaxed);
	} while (before != after || (before & 1));
	memcpy(readings, words, sizeof(words));
}

uint64_t mm_counter_value(const struct mm_counters *counters, size_t index)
{
	uint64_t value;

	memcpy(&value, (const uint8_t *)counters + index * sizeof(value),
	       sizeof(value));
	return value;
}

void mm_counters_add(struct mm_counters *sum, const struct mm_counters *more)
{
#define MM_COUNTER_ADD(name) sum->name += more->name;
	MM_COUNTERS(MM_COUNTER_ADD)
#undef MM_COUNTER_ADD
}
