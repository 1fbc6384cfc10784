/* touch.h -- read every byte a parser handed out, so that the address sanitizer
 * sees a range that leaves its packet.
 */
#ifndef MM_FUZZ_TOUCH_H
#define MM_FUZZ_TOUCH_H

#include <stddef.h>
#include <stdint.h>

static inline void mm_fuzz_touch(const uint8_t *bytes, size_t size)
{
	static volatile uint8_t sink;

	for (size_t i = 0; i < size; i++)
		sink = bytes[i];
	(void)sink;
}

#endif
