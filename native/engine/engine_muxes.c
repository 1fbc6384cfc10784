/* engine_muxes.c -- the control thread's part of muxes. */
#include <errno.h>

#include "engine/engine.h"
#include "engine/priority.h"

int mm_engine_open_mux(struct mm_engine *engine, const char *host,
		       uint16_t port, struct mm_mux **opened)
{
	struct mm_address local;
	struct mm_mux *mux;
	int rc = mm_address_parse(&local, host, port);

	if (!rc)
		rc = mm_mux_open(&mux, &local, engine->wake_fd);
	if (!rc && !engine->config.manual) {
		rc = mm_mux_start(mux);
		if (rc < 0)
			mm_mux_free(mux);
		else if (engine->config.realtime)
			mm_request_realtime(mux->thread, MM_REALTIME_MUX);
	}
	if (rc < 0)
		return rc;
	LIST_INSERT_HEAD(&engine->muxes, mux, in_engine);
	*opened = mux;
	return 0;
}

static void free_when_unused(struct mm_engine *engine, struct mm_mux *mux)
{
	struct mm_readings readings;

	if (!mux->closed || mux->nports)
		return;
	mm_snapshot_read(&mux->snapshot, &readings);
	mm_counters_add(&engine->totals, &readings.counters);
	LIST_REMOVE(mux, in_engine);
	mm_mux_free(mux);
}

int mm_engine_close_mux(struct mm_engine *engine, struct mm_mux *mux)
{
	struct mm_port *port;

	LIST_FOREACH(port, &engine->ports, control.in_engine)
		if (port->control.mux == mux && !port->control.closed)
			return -EBUSY;
	mux->closed = true;
	mm_mux_stop(mux);
	mm_dispatch_collect(engine);
	return 0;
}

void mm_engine_collect_muxes(struct mm_engine *engine)
{
	struct mm_mux *mux, *next;

	for (mux = LIST_FIRST(&engine->muxes); mux; mux = next) {
		struct mm_port *port;

		next = LIST_NEXT(mux, in_engine);
		while (mm_ring_pop(&mux->forgotten, &port)) {
			port->control.mux_holds = false;
			mm_engine_free_port(port);
		}
		free_when_unused(engine, mux);
	}
}
