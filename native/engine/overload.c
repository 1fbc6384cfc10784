/* overload.c -- how much of its time a shard works, and what it sheds. */
#include "engine/overload.h"

#define US_PER_MS 1000
#define PERMILLE 1000

void mm_overload_init(struct mm_overload *overload, uint32_t ptime_ms)
{
	*overload = (struct mm_overload){ .ptime_us = ptime_ms * US_PER_MS };
}

enum mm_shed mm_overload_shed(const struct mm_overload *overload)
{
	return (enum mm_shed)atomic_load_explicit(&overload->shed,
						  memory_order_relaxed);
}

static void set_shed(struct mm_overload *overload, uint32_t shed)
{
	overload->calm_windows = 0;
	atomic_store_explicit(&overload->shed, shed, memory_order_relaxed);
}

/* `behind`: every tick of the window began over a tick late. */
static void decide(struct mm_overload *overload, uint32_t load, bool behind)
{
	uint32_t shed = mm_overload_shed(overload);

	if (load > MM_OVERLOAD_HIGH_PERMILLE || behind) {
		set_shed(overload, shed < MM_SHED_TALKERS ? shed + 1 : shed);
		return;
	}
	if (load > MM_OVERLOAD_LOW_PERMILLE)
		overload->calm_windows = 0;
	else if (++overload->calm_windows >= MM_OVERLOAD_CALM_WINDOWS && shed)
		set_shed(overload, shed - 1);
}

void mm_overload_note(struct mm_overload *overload, int64_t now_us,
		      int64_t work_us, int64_t late_us)
{
	uint32_t load;

	if (!overload->began_us)
		overload->began_us = now_us;
	overload->ticks++;
	overload->work_us += work_us;
	overload->late_ticks += late_us > overload->ptime_us;
	if (now_us - overload->began_us < MM_OVERLOAD_WINDOW_US)
		return;
	/* By ticks, not by time: a thread that waits for a core runs fewer. */
	load = (uint32_t)(overload->work_us * PERMILLE /
			  ((int64_t)overload->ticks * overload->ptime_us));
	atomic_store_explicit(&overload->load_permille, load,
			      memory_order_relaxed);
	decide(overload, load, overload->late_ticks == overload->ticks);
	overload->ticks = overload->late_ticks = 0;
	overload->work_us = 0;
	overload->began_us = now_us;
}
