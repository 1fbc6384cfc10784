/* engine.c -- opening, starting, events, counters, closing. */
#include "engine/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define US_PER_MS 1000
/* Time of a manual engine's first tick: well after 0, which means "never". */
#define VIRTUAL_START_US 1000000000

static int lobby_open(struct mm_engine *engine, struct mm_shard *shard)
{
	const struct mm_bridge_config config = {
		.ptime_ms = engine->config.ptime_ms,
		.max_talkers = 1, /* all are muted; 0 would size for all */
		.max_members = MM_ENGINE_MAX_PORTS,
		.max_playouts = MM_LOBBY_MAX_PLAYOUTS,
	};
	struct mm_held_bridge *lobby = calloc(1, sizeof(*lobby));
	int rc;

	if (!lobby)
		return -ENOMEM;
	lobby->shard = shard;
	lobby->max_members = config.max_members;
	rc = mm_bridge_open(&lobby->bridge, &config, &engine->libraries,
			    &shard->counters);
	if (rc < 0)
		free(lobby);
	else
		shard->lobby = lobby;
	return rc;
}

static int open_shards(struct mm_engine *engine)
{
	const struct mm_shard_config config = {
		.ptime_ms = engine->config.ptime_ms,
		.media_timeout_us = (int64_t)engine->config.media_timeout_ms *
				    US_PER_MS,
		.wake_fd = engine->wake_fd,
		.manual = engine->config.manual,
		.realtime = engine->config.realtime,
	};

	while (engine->nshards < engine->config.shards) {
		struct mm_shard **shard = &engine->shards[engine->nshards];
		int rc = mm_shard_open(shard, &config);

		if (rc < 0)
			return rc;
		engine->nshards++;
		rc = lobby_open(engine, *shard);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int mm_engine_open(struct mm_engine **opened,
		   const struct mm_engine_config *config,
		   const char *opus_path, const char *srtp_path)
{
	struct mm_engine *engine;
	int rc;

	if (!config->shards || config->shards > MM_ENGINE_MAX_SHARDS ||
	    (config->ptime_ms != 10 && config->ptime_ms != 20))
		return -EINVAL;
	engine = calloc(1, sizeof(*engine));
	if (!engine)
		return -ENOMEM;
	engine->config = *config;
	engine->virtual_us = VIRTUAL_START_US;
	engine->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	rc = engine->wake_fd < 0 ? -errno : 0;
	if (!rc)
		rc = mm_libraries_open(&engine->libraries, opus_path,
				       srtp_path);
	if (!rc)
		rc = mm_libraries_add_rnnoise(&engine->libraries,
					      config->rnnoise_path);
	if (!rc)
		rc = open_shards(engine);
	if (rc < 0) {
		mm_engine_close(engine);
		return rc;
	}
	*opened = engine;
	return 0;
}

int mm_engine_start(struct mm_engine *engine)
{
	if (engine->config.manual)
		return 0;
	for (uint32_t i = 0; i < engine->nshards; i++) {
		int rc = engine->shards[i]->running ?
				 0 : mm_shard_start(engine->shards[i]);

		if (rc < 0)
			return rc;
	}
	return 0;
}

int mm_engine_tick(struct mm_engine *engine, uint32_t count)
{
	if (!engine->config.manual)
		return -EPERM;
	while (count--) {
		int64_t now_us = engine->virtual_us;
		struct mm_mux *mux;

		mm_dispatch_complete(engine, now_us);
		LIST_FOREACH(mux, &engine->muxes, in_engine)
			mm_mux_step(mux);
		for (uint32_t i = 0; i < engine->nshards; i++)
			mm_shard_tick(engine->shards[i], now_us, 0);
		engine->virtual_us += (int64_t)engine->config.ptime_ms *
				      US_PER_MS;
	}
	mm_dispatch_collect(engine);
	return 0;
}

void mm_engine_begin_events(struct mm_engine *engine)
{
	uint64_t count;

	/* Clear it before reading the rings: a later event sets it again. */
	if (read(engine->wake_fd, &count, sizeof(count)) < 0)
		count = 0;
	mm_dispatch_collect(engine);
}

bool mm_engine_next_event(struct mm_engine *engine, struct mm_event *event)
{
	for (uint32_t i = 0; i < engine->nshards; i++)
		if (mm_ring_pop(&engine->shards[i]->events, event))
			return true;
	return false;
}

static void add_snapshot(struct mm_counters *sum, struct mm_snapshot *snapshot)
{
	struct mm_readings readings;

	mm_snapshot_read(snapshot, &readings);
	mm_counters_add(sum, &readings.counters);
}

static void add_port(struct mm_counters *sum, struct mm_port *port)
{
	struct mm_readings readings;

	mm_engine_read_port(port, &readings);
	mm_counters_add(sum, &readings.counters);
}

void mm_engine_counters(struct mm_engine *engine, struct mm_counters *sum)
{
	struct mm_port *port;
	struct mm_mux *mux;

	mm_dispatch_collect(engine);
	*sum = engine->totals;
	LIST_FOREACH(port, &engine->ports, control.in_engine)
		add_port(sum, port);
	for (uint32_t i = 0; i < engine->nshards; i++)
		add_snapshot(sum, &engine->shards[i]->snapshot);
	LIST_FOREACH(mux, &engine->muxes, in_engine) {
		add_snapshot(sum, &mux->snapshot);
		if (mux->tcp)
			add_snapshot(sum, &mux->tcp->snapshot);
	}
}

void mm_engine_lateness(const struct mm_engine *engine,
			struct mm_lateness_summary *summary)
{
	const struct mm_lateness *all[MM_ENGINE_MAX_SHARDS];

	for (uint32_t i = 0; i < engine->nshards; i++)
		all[i] = &engine->shards[i]->lateness;
	mm_lateness_summarise(summary, all, engine->nshards);
}

uint32_t mm_engine_load_permille(const struct mm_engine *engine)
{
	uint32_t highest = 0;

	for (uint32_t i = 0; i < engine->nshards; i++) {
		uint32_t load = atomic_load_explicit(
			&engine->shards[i]->overload.load_permille,
			memory_order_relaxed);

		if (load > highest)
			highest = load;
	}
	return highest;
}

enum mm_shed mm_engine_shed(const struct mm_engine *engine)
{
	enum mm_shed most = MM_SHED_NOTHING;

	for (uint32_t i = 0; i < engine->nshards; i++) {
		enum mm_shed shed =
			mm_overload_shed(&engine->shards[i]->overload);

		if (shed > most)
			most = shed;
	}
	return most;
}

static struct mm_port *first_open(const struct mm_engine *engine)
{
	struct mm_port *port;

	LIST_FOREACH(port, &engine->ports, control.in_engine)
		if (!port->control.closed)
			return port;
	return NULL;
}

static void close_all(struct mm_engine *engine)
{
	struct mm_mux *mux, *next;
	struct mm_port *port;

	while ((port = first_open(engine)))
		mm_engine_close_port(port);
	mm_engine_close_trunks(engine);
	while (!LIST_EMPTY(&engine->taps))
		mm_engine_close_tap(engine, LIST_FIRST(&engine->taps));
	while (!LIST_EMPTY(&engine->playouts))
		mm_engine_close_playout(engine, LIST_FIRST(&engine->playouts));
	while (!LIST_EMPTY(&engine->bridges))
		mm_engine_close_bridge(engine, LIST_FIRST(&engine->bridges));
	for (mux = LIST_FIRST(&engine->muxes); mux; mux = next) {
		next = LIST_NEXT(mux, in_engine);
		mm_engine_close_mux(engine, mux);
	}
}

void mm_engine_close(struct mm_engine *engine)
{
	for (uint32_t i = 0; i < engine->nshards; i++)
		mm_shard_stop(engine->shards[i]);
	close_all(engine);
	mm_dispatch_complete(engine, engine->config.manual ?
					   engine->virtual_us :
					   mm_clock_now_us());
	for (uint32_t i = 0; i < engine->nshards; i++) {
		struct mm_shard *shard = engine->shards[i];

		mm_outbox_flush(&shard->outbox);
		if (shard->lobby)
			mm_bridge_close(shard->lobby->bridge);
		free(shard->lobby);
		mm_shard_close(shard);
	}
	mm_libraries_close(&engine->libraries);
	if (engine->wake_fd >= 0)
		close(engine->wake_fd);
	free(engine);
}
