/* snapshot.h -- numbers that one thread keeps and another may read whole.
 *
 * A sequence lock: the writer never waits, the reader tries again when it met
 * a write. The owner counts in plain fields and publishes copies, so that
 * counting costs no atomics.
 */
#ifndef MM_SNAPSHOT_H
#define MM_SNAPSHOT_H

#include <stdatomic.h>

#include "engine/counters.h"
#include "mm.h"

struct mm_measures {              /* what is no counter                     */
	double jitter_ms;
	double round_trip_ms;     /* < 0: not known                         */
	double loss;              /* 0..1, of what should have come         */
	double remote_loss;       /* 0..1, in the peer's last report        */
	double delay_ms;          /* waiting in the jitter buffer           */
	double mos;
	double level_dbov;
	double talking;           /* 0 or 1                                 */
};

struct mm_readings {
	struct mm_counters counters;
	struct mm_measures measures;
};

#define MM_SNAPSHOT_WORDS (sizeof(struct mm_readings) / sizeof(uint64_t))

struct mm_snapshot {
	_Atomic uint32_t sequence;        /* odd: a write is under way      */
	_Atomic uint64_t words[MM_SNAPSHOT_WORDS];
};

void mm_snapshot_publish(struct mm_snapshot *snapshot,
			 const struct mm_readings *readings);
void mm_snapshot_read(struct mm_snapshot *snapshot,
		      struct mm_readings *readings);

/* The names of the counters, in the order of their fields. */
extern const char *const mm_counter_names[];
extern const size_t mm_counter_count;
void mm_counters_add(struct mm_counters *sum, const struct mm_counters *more);
uint64_t mm_counter_value(const struct mm_counters *counters, size_t index);

#endif
