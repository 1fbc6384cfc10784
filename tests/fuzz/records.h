/* records.h -- inputs of several packets: one octet that a target interprets, the
 * size in two octets, the packet; the last may be cut off.
 */
#ifndef MM_FUZZ_RECORDS_H
#define MM_FUZZ_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MM_FUZZ_RECORD_BYTES 3

struct mm_fuzz_record {
	uint8_t head;
	size_t size;
	const uint8_t *bytes;
};

static inline bool mm_fuzz_next(struct mm_fuzz_record *record,
				const uint8_t **bytes, size_t *size)
{
	if (*size < MM_FUZZ_RECORD_BYTES)
		return false;
	record->head = (*bytes)[0];
	record->size = (size_t)((*bytes)[1] << 8 | (*bytes)[2]);
	*bytes += MM_FUZZ_RECORD_BYTES;
	*size -= MM_FUZZ_RECORD_BYTES;
	if (record->size > *size)
		record->size = *size;
	record->bytes = *bytes;
	*bytes += record->size;
	*size -= record->size;
	return true;
}

#endif
