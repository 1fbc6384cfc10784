/* pages.c -- memory that takes pages only where it is used. */
#define _DEFAULT_SOURCE               /* madvise */
#include "mix/pages.h"

#include <errno.h>
#include <sys/mman.h>

#define ALIGNMENT 64                  /* a cache line                       */

size_t mm_pages_reserve(struct mm_pages *pages, size_t count, size_t size)
{
	size_t offset = (pages->bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

	pages->bytes = offset + count * size;
	return offset;
}

int mm_pages_open(struct mm_pages *pages)
{
	void *start = mmap(NULL, pages->bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (start == MAP_FAILED)
		return -ENOMEM;
	/* A huge page would be taken whole for the first byte. Kernels
	 * without them refuse, which is as good. */
	(void)madvise(start, pages->bytes, MADV_NOHUGEPAGE);
	pages->start = start;
	return 0;
}

void mm_pages_close(struct mm_pages *pages)
{
	if (pages->start)
		munmap(pages->start, pages->bytes);
	pages->start = NULL;
}
