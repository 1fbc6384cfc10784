/* ring.c -- single-producer single-consumer ring.
 *
 * The producer publishes an element by storing `tail` with release; the
 * consumer that reads it with acquire sees the complete element. In the same way
 * `head` returns the slot to the producer.
 */
#include "engine/ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint8_t *slot(const struct mm_ring *ring, uint32_t index)
{
	return ring->slots + (index & (ring->capacity - 1)) *
				     ring->element_bytes;
}

int mm_ring_init(struct mm_ring *ring, uint32_t capacity, size_t element_bytes)
{
	if (!capacity || (capacity & (capacity - 1)) || !element_bytes)
		return -EINVAL;
	ring->slots = calloc(capacity, element_bytes);
	if (!ring->slots)
		return -ENOMEM;
	ring->element_bytes = element_bytes;
	ring->capacity = capacity;
	atomic_init(&ring->head, 0);
	atomic_init(&ring->tail, 0);
	return 0;
}

void mm_ring_free(struct mm_ring *ring)
{
	free(ring->slots);
	ring->slots = NULL;
}

void *mm_ring_reserve(struct mm_ring *ring)
{
	uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	uint32_t head = atomic_load_explicit(&ring->head, memory_order_acquire);

	if (tail - head == ring->capacity)
		return NULL;
	return slot(ring, tail);
}

void mm_ring_commit(struct mm_ring *ring)
{
	uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

	atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
}

bool mm_ring_push(struct mm_ring *ring, const void *element)
{
	void *place = mm_ring_reserve(ring);

	if (!place)
		return false;
	memcpy(place, element, ring->element_bytes);
	mm_ring_commit(ring);
	return true;
}

bool mm_ring_push_all(struct mm_ring *ring, const void *elements,
		      uint32_t count)
{
	uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	uint32_t head = atomic_load_explicit(&ring->head, memory_order_acquire);

	if (ring->capacity - (tail - head) < count)
		return false;
	for (uint32_t i = 0; i < count; i++)
		memcpy(slot(ring, tail + i),
		       (const uint8_t *)elements + i * ring->element_bytes,
		       ring->element_bytes);
	atomic_store_explicit(&ring->tail, tail + count, memory_order_release);
	return true;
}

void *mm_ring_front(struct mm_ring *ring)
{
	uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
	uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);

	return head == tail ? NULL : slot(ring, head);
}

void mm_ring_release(struct mm_ring *ring)
{
	uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);

	atomic_store_explicit(&ring->head, head + 1, memory_order_release);
}

bool mm_ring_pop(struct mm_ring *ring, void *element)
{
	const void *front = mm_ring_front(ring);

	if (!front)
		return false;
	memcpy(element, front, ring->element_bytes);
	mm_ring_release(ring);
	return true;
}

uint32_t mm_ring_count(const struct mm_ring *ring)
{
	return atomic_load_explicit(&ring->tail, memory_order_acquire) -
	       atomic_load_explicit(&ring->head, memory_order_acquire);
}
