/* byte_ring.c -- copies that may wrap around the end. */
#include "io/byte_ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int mm_byte_ring_init(struct mm_byte_ring *ring, size_t capacity_bytes)
{
	if (capacity_bytes == 0)
		return -EINVAL;
	ring->bytes = malloc(capacity_bytes);
	if (!ring->bytes)
		return -ENOMEM;
	ring->capacity_bytes = capacity_bytes;
	atomic_init(&ring->written, 0);
	atomic_init(&ring->taken, 0);
	return 0;
}

void mm_byte_ring_free(struct mm_byte_ring *ring)
{
	free(ring->bytes);
	ring->bytes = NULL;
}

size_t mm_byte_ring_pending(const struct mm_byte_ring *ring)
{
	/* In this order the difference is never negative. */
	uint64_t taken =
		atomic_load_explicit(&ring->taken, memory_order_acquire);
	uint64_t written =
		atomic_load_explicit(&ring->written, memory_order_acquire);

	return (size_t)(written - taken);
}

/* Bytes from `start` to the end of the ring, at most `size`. */
static size_t unwrapped(const struct mm_byte_ring *ring, size_t start,
			size_t size)
{
	size_t first = ring->capacity_bytes - start;

	return first < size ? first : size;
}

void mm_byte_ring_put(struct mm_byte_ring *ring, size_t offset,
		      const void *bytes, size_t size)
{
	uint64_t at =
		atomic_load_explicit(&ring->written, memory_order_relaxed);
	size_t start = (size_t)((at + offset) % ring->capacity_bytes);
	size_t first = unwrapped(ring, start, size);

	memcpy(ring->bytes + start, bytes, first);
	memcpy(ring->bytes, (const uint8_t *)bytes + first, size - first);
}

void mm_byte_ring_publish(struct mm_byte_ring *ring, size_t size)
{
	atomic_fetch_add_explicit(&ring->written, size, memory_order_release);
}

void mm_byte_ring_look(const struct mm_byte_ring *ring, size_t offset,
		       void *bytes, size_t size)
{
	uint64_t at = atomic_load_explicit(&ring->taken, memory_order_relaxed);
	size_t start = (size_t)((at + offset) % ring->capacity_bytes);
	size_t first = unwrapped(ring, start, size);

	memcpy(bytes, ring->bytes + start, first);
	memcpy((uint8_t *)bytes + first, ring->bytes, size - first);
}

void mm_byte_ring_release(struct mm_byte_ring *ring, size_t size)
{
	atomic_fetch_add_explicit(&ring->taken, size, memory_order_release);
}
