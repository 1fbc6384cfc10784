/* guard.c -- closes a port's sockets to all but its peer during a flood. */
#include "rtp/guard.h"

/* A peer that only listens is not heard, and need not be found elsewhere. */
static bool settled(const struct mm_latch *latch, int64_t now_us)
{
	if (!latch->remote.len)
		return false;
	return (latch->listens && !latch->heard) ||
	       (latch->heard && now_us - latch->last_us < MM_LATCH_SILENCE_US);
}

bool mm_guard_foreign(struct mm_guard *guard, const struct mm_latch *latch,
		      int64_t now_us)
{
	if (now_us - guard->since_us >= MM_GUARD_WINDOW_US) {
		guard->since_us = now_us;
		guard->foreign = 0;
	}
	if (++guard->foreign <= MM_GUARD_FOREIGN || guard->until_us ||
	    !settled(latch, now_us))
		return false;
	guard->until_us = now_us + MM_LATCH_SILENCE_US;
	return true;
}

bool mm_guard_expired(struct mm_guard *guard, const struct mm_latch *latch,
		      int64_t now_us)
{
	if (!guard->until_us || now_us < guard->until_us)
		return false;
	if (latch->heard && now_us - latch->last_us < MM_LATCH_SILENCE_US) {
		guard->until_us = latch->last_us + MM_LATCH_SILENCE_US;
		return false;
	}
	guard->until_us = 0;
	return true;
}
