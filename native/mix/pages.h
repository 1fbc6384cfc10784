/* pages.h -- memory that takes pages only where it is used.
 *
 * A bridge has places for thousands of members, and most have few. Its large
 * arrays are mapped, zeroed, in small pages: what no tick has touched takes no
 * memory, and all of it returns to the system when the bridge closes.
 */
#ifndef MM_PAGES_H
#define MM_PAGES_H

#include <stddef.h>

struct mm_pages {
	unsigned char *start;
	size_t bytes;
};

/* Add an array to what will be mapped; returns its offset there. */
size_t mm_pages_reserve(struct mm_pages *pages, size_t count, size_t size);
/* Map what was reserved: 0, or -ENOMEM. */
int mm_pages_open(struct mm_pages *pages);
void mm_pages_close(struct mm_pages *pages);

#endif
