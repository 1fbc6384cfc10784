/* byte_ring.h -- bytes from one thread to another, without a lock.
 *
 * One writer, one reader. Positions run freely and are taken modulo the
 * capacity on access; each side publishes its own by a release that the other
 * acquires.
 */
#ifndef MM_BYTE_RING_H
#define MM_BYTE_RING_H

#include <stdatomic.h>

#include "mm.h"

struct mm_byte_ring {
	size_t capacity_bytes;
	_Atomic uint64_t written;
	_Atomic uint64_t taken;
	uint8_t *bytes;
};

/* Off the tick; -ENOMEM, or -EINVAL for no capacity. */
int mm_byte_ring_init(struct mm_byte_ring *ring, size_t capacity_bytes);
void mm_byte_ring_free(struct mm_byte_ring *ring);
/* Bytes waiting; the other side may be changing it. */
size_t mm_byte_ring_pending(const struct mm_byte_ring *ring);

/* Writer: put bytes at `offset` behind what was published, then publish. The
 * caller has seen that they fit. */
void mm_byte_ring_put(struct mm_byte_ring *ring, size_t offset,
		      const void *bytes, size_t size);
void mm_byte_ring_publish(struct mm_byte_ring *ring, size_t size);

/* Reader: look at bytes that are pending, then let them go. */
void mm_byte_ring_look(const struct mm_byte_ring *ring, size_t offset,
		       void *bytes, size_t size);
void mm_byte_ring_release(struct mm_byte_ring *ring, size_t size);

#endif
