/* rings.c -- races: two threads at each structure that passes data between threads,
 * under ThreadSanitizer; what arrives is what was sent, in order.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "engine/clock.h"
#include "engine/ring.h"
#include "engine/snapshot.h"
#include "io/byte_ring.h"

#define ELEMENTS 200000u
#define GROUP 3u

struct pair {
	struct mm_ring ring;
	struct mm_byte_ring bytes;
	struct mm_snapshot snapshot;
	struct mm_lateness lateness;
	_Atomic bool ended;
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void *write_ring(void *argument)
{
	struct pair *pair = argument;

	for (uint64_t i = 0; i < ELEMENTS; i += GROUP) {
		uint64_t group[GROUP] = { i, i + 1, i + 2 };

		while (!mm_ring_push_all(&pair->ring, group, GROUP))
			sched_yield();
	}
	return NULL;
}

static void read_ring(struct pair *pair)
{
	uint64_t value;

	for (uint64_t i = 0; i < ELEMENTS; i++) {
		while (!mm_ring_pop(&pair->ring, &value))
			sched_yield();
		must(value == i);
	}
}

static void *write_bytes(void *argument)
{
	struct pair *pair = argument;

	for (uint32_t i = 0; i < ELEMENTS; i++) {
		while (pair->bytes.capacity_bytes -
		       mm_byte_ring_pending(&pair->bytes) < sizeof(i))
			sched_yield();
		mm_byte_ring_put(&pair->bytes, 0, &i, sizeof(i));
		mm_byte_ring_publish(&pair->bytes, sizeof(i));
	}
	return NULL;
}

static void read_bytes(struct pair *pair)
{
	uint32_t value;

	for (uint32_t i = 0; i < ELEMENTS; i++) {
		while (mm_byte_ring_pending(&pair->bytes) < sizeof(value))
			sched_yield();
		mm_byte_ring_look(&pair->bytes, 0, &value, sizeof(value));
		mm_byte_ring_release(&pair->bytes, sizeof(value));
		must(value == i);
	}
}

static void *write_snapshot(void *argument)
{
	struct pair *pair = argument;
	struct mm_readings readings = { 0 };

	for (uint64_t i = 0; i < ELEMENTS; i++) {
		readings.counters.rtp_received = i;
		readings.counters.ticks = i;
		mm_snapshot_publish(&pair->snapshot, &readings);
		mm_lateness_note(&pair->lateness, (int64_t)i);
	}
	atomic_store(&pair->ended, true);
	return NULL;
}

static void read_snapshot(struct pair *pair)
{
	const struct mm_lateness *all = &pair->lateness;
	struct mm_lateness_summary summary;
	struct mm_readings readings;

	while (!atomic_load(&pair->ended)) {
		mm_snapshot_read(&pair->snapshot, &readings);
		/* Never half of the one and half of the next. */
		must(readings.counters.rtp_received == readings.counters.ticks);
		mm_lateness_summarise(&summary, &all, 1);
	}
}

static void run(struct pair *pair, void *(*writes)(void *),
		void (*reads)(struct pair *))
{
	pthread_t thread;

	must(!pthread_create(&thread, NULL, writes, pair));
	reads(pair);
	pthread_join(thread, NULL);
}

int main(void)
{
	static struct pair pair;

	must(!mm_ring_init(&pair.ring, 64, sizeof(uint64_t)));
	must(!mm_byte_ring_init(&pair.bytes, 4 * 13 + 2));
	run(&pair, write_ring, read_ring);
	run(&pair, write_bytes, read_bytes);
	run(&pair, write_snapshot, read_snapshot);
	mm_ring_free(&pair.ring);
	mm_byte_ring_free(&pair.bytes);
	return 0;
}
