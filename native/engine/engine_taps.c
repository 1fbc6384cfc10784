/* engine_taps.c -- the control thread's part of taps. */
#include <errno.h>
#include <stdlib.h>

#include "engine/engine.h"

static struct mm_held_tap *tap_alloc(void)
{
	return calloc(1, sizeof(struct mm_held_tap));
}

static int open_tap(struct mm_engine *engine, struct mm_held_tap *held,
		    struct mm_command what)
{
	what.type = MM_COMMAND_ADD_TAP;
	what.u.tap = held;
	int rc = mm_dispatch(engine, held->shard, &what);

	if (rc < 0)
		return rc;
	LIST_INSERT_HEAD(&engine->taps, held, in_engine);
	return 0;
}

int mm_engine_open_tap(struct mm_engine *engine, struct mm_held_bridge *bridge,
		       uint32_t sample_rate_hz, bool stems, uint32_t seconds,
		       struct mm_held_tap **opened)
{
	struct mm_held_tap *held;
	int rc;

	if (bridge->ntaps == MM_BRIDGE_MAX_TAPS)
		return -ENOSPC;
	held = tap_alloc();
	if (!held)
		return -ENOMEM;
	held->bridge = bridge;
	held->shard = bridge->shard;
	rc = mm_tap_open(&held->tap, sample_rate_hz, stems, seconds);
	if (!rc)
		rc = open_tap(engine, held,
			      (struct mm_command){ .bridge = bridge });
	if (rc < 0) {
		mm_engine_free_tap(held);
		return rc;
	}
	bridge->ntaps++;
	*opened = held;
	return 0;
}

static size_t taps_on(const struct mm_engine *engine,
		      const struct mm_port *port)
{
	struct mm_held_tap *tap;
	size_t count = 0;

	LIST_FOREACH(tap, &engine->taps, in_engine)
		count += tap->speaker == port;
	return count;
}

int mm_engine_open_port_tap(struct mm_port *port, uint32_t sample_rate_hz,
			    uint32_t seconds, struct mm_held_tap **opened)
{
	struct mm_engine *engine = port->control.engine;
	struct mm_held_tap *held;
	int rc;

	if (port->control.closed)
		return -EBADF;
	if (taps_on(engine, port) == MM_TAPPED_MAX)
		return -ENOSPC;
	held = tap_alloc();
	if (!held)
		return -ENOMEM;
	held->speaker = port;
	held->shard = port->control.shard;
	rc = mm_tap_open(&held->tap, sample_rate_hz, true, seconds);
	if (!rc)
		rc = open_tap(engine, held, (struct mm_command){ .port = port });
	if (rc < 0) {
		mm_engine_free_tap(held);
		return rc;
	}
	*opened = held;
	return 0;
}

void mm_engine_close_tap(struct mm_engine *engine, struct mm_held_tap *held)
{
	struct mm_command what = {
		.type = MM_COMMAND_REMOVE_TAP,
		.bridge = held->bridge,
		.u.tap = held,
	};

	if (held->bridge)
		held->bridge->ntaps--;
	LIST_REMOVE(held, in_engine);
	mm_dispatch(engine, held->shard, &what);
}

void mm_engine_free_tap(struct mm_held_tap *held)
{
	if (held->tap)
		mm_tap_close(held->tap);
	free(held);
}
