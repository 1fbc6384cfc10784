/* ring.h -- single-producer single-consumer ring of fixed-size elements.
 *
 *   producer: push, or reserve .. fill .. commit
 *   consumer: pop,  or front   .. read .. release
 *
 * Lock-free and wait-free. The indices are not reduced modulo the capacity and
 * wrap at 2^32, so that a full ring differs from an empty one. Each side writes
 * one index only, on its own cache line.
 */
#ifndef MM_RING_H
#define MM_RING_H

#include <stdalign.h>
#include <stdatomic.h>

#include "mm.h"

struct mm_ring {
	uint8_t *slots;
	size_t element_bytes;
	uint32_t capacity;               /* power of two                    */
	alignas(64) _Atomic uint32_t head;  /* next to read: the consumer's */
	alignas(64) _Atomic uint32_t tail;  /* next to write: the producer's */
};

/* -EINVAL unless capacity is a power of two; -ENOMEM. */
int mm_ring_init(struct mm_ring *ring, uint32_t capacity,
		 size_t element_bytes);
void mm_ring_free(struct mm_ring *ring);

/* The slot to fill, or NULL when the ring is full. */
void *mm_ring_reserve(struct mm_ring *ring);
void mm_ring_commit(struct mm_ring *ring);
bool mm_ring_push(struct mm_ring *ring, const void *element);
/* All of them, seen by the consumer at the same moment, or none. */
bool mm_ring_push_all(struct mm_ring *ring, const void *elements,
		      uint32_t count);

/* The oldest element, the consumer's until released; NULL when empty. */
void *mm_ring_front(struct mm_ring *ring);
void mm_ring_release(struct mm_ring *ring);
bool mm_ring_pop(struct mm_ring *ring, void *element);

/* Elements waiting; exact for either side at the moment of asking. */
uint32_t mm_ring_count(const struct mm_ring *ring);

#endif
