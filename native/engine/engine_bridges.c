/* engine_bridges.c -- the control thread's part of bridges and playouts. */
#include <errno.h>
#include <stdlib.h>

#include "engine/engine.h"

#define LOWEST_RATE_HZ 8000

static struct mm_shard *next_shard(struct mm_engine *engine)
{
	return engine->shards[engine->next_shard++ % engine->nshards];
}

static int command(struct mm_engine *engine, struct mm_held_bridge *bridge,
		   struct mm_command what)
{
	what.bridge = bridge;
	return mm_dispatch(engine, bridge->shard, &what);
}

static struct mm_held_bridge *bridge_alloc(struct mm_engine *engine)
{
	struct mm_held_bridge *held = calloc(1, sizeof(*held));

	if (!held)
		return NULL;
	held->shard = next_shard(engine);
	held->max_members = MM_BRIDGE_MAX_MEMBERS;
	atomic_init(&held->sample_rate_hz, LOWEST_RATE_HZ);
	return held;
}

int mm_engine_open_bridge(struct mm_engine *engine, uint32_t max_talkers,
			  struct mm_held_bridge **opened)
{
	const struct mm_bridge_config config = {
		.ptime_ms = engine->config.ptime_ms,
		.max_talkers = max_talkers,
		.max_members = MM_BRIDGE_MAX_MEMBERS,
		.max_playouts = MM_BRIDGE_MAX_PLAYOUTS +
				MM_BRIDGE_MAX_PRIVATE_PLAYOUTS,
	};
	struct mm_held_bridge *held = bridge_alloc(engine);
	int rc;

	if (!held)
		return -ENOMEM;
	rc = mm_bridge_open(&held->bridge, &config, &engine->libraries,
			    &held->shard->counters);
	if (!rc)
		rc = command(engine, held, (struct mm_command){
			.type = MM_COMMAND_ADOPT_BRIDGE });
	if (rc < 0) {
		mm_engine_free_bridge(held);
		return rc;
	}
	LIST_INSERT_HEAD(&engine->bridges, held, in_engine);
	*opened = held;
	return 0;
}

int mm_engine_close_bridge(struct mm_engine *engine,
			   struct mm_held_bridge *held)
{
	if (held->nports || held->ntaps || held->nplayouts || held->nlinks)
		return -EBUSY;
	LIST_REMOVE(held, in_engine);
	return command(engine, held, (struct mm_command){
		.type = MM_COMMAND_RELEASE_BRIDGE });
}

void mm_engine_free_bridge(struct mm_held_bridge *held)
{
	mm_bridge_close(held->bridge);
	free(held);
}

int mm_engine_add_encoder(struct mm_engine *engine,
			  struct mm_held_bridge *held,
			  const struct mm_codec_format *format)
{
	struct mm_command what = { .type = MM_COMMAND_ADD_ENCODER };
	int rc;

	for (size_t i = 0; i < held->nformats; i++)
		if (mm_codec_same_encoding(&held->formats[i], format))
			return 0;
	if (held->nformats == MM_BRIDGE_MAX_FORMATS)
		return -ENOSPC;
	rc = mm_shared_encoder_open(&what.u.encoder, format,
				    &engine->libraries);
	if (rc < 0)
		return rc;
	rc = command(engine, held, what);
	if (rc < 0)
		mm_shared_encoder_close(what.u.encoder);
	else
		held->formats[held->nformats++] = *format;
	return rc;
}

static struct mm_held_playout *playout_alloc(void)
{
	return calloc(1, sizeof(struct mm_held_playout));
}

int mm_engine_open_playout(struct mm_engine *engine, uint32_t sample_rate_hz,
			   uint32_t seconds, struct mm_held_playout **opened)
{
	struct mm_held_playout *held = playout_alloc();
	int rc;

	if (!held)
		return -ENOMEM;
	rc = mm_playout_open(&held->playout, sample_rate_hz,
			     engine->config.ptime_ms, seconds);
	if (rc < 0) {
		free(held);
		return rc;
	}
	LIST_INSERT_HEAD(&engine->playouts, held, in_engine);
	*opened = held;
	return 0;
}

int mm_engine_attach_playout(struct mm_engine *engine,
			     struct mm_held_playout *held,
			     struct mm_held_bridge *bridge,
			     struct mm_port *port)
{
	struct mm_command what = {
		.type = MM_COMMAND_ADD_PLAYOUT,
		.port = port,
		.bridge = bridge,
		.u.playout = held,
	};
	struct mm_shard *shard = port ? port->control.shard : bridge->shard;
	int rc;

	if (port && port->control.closed)
		return -EBADF;
	if (held->shard)
		return -EBUSY;
	if (bridge && bridge->nplayouts == MM_BRIDGE_MAX_PLAYOUTS)
		return -ENOSPC;
	rc = mm_dispatch(engine, shard, &what);
	if (rc < 0)
		return rc;
	held->shard = shard;
	held->bridge = bridge;
	held->listener = port;
	if (bridge)
		bridge->nplayouts++;
	return 0;
}

void mm_engine_close_playout(struct mm_engine *engine,
			     struct mm_held_playout *held)
{
	struct mm_command what = {
		.type = MM_COMMAND_REMOVE_PLAYOUT, .u.playout = held,
	};

	if (held->bridge)
		held->bridge->nplayouts--;
	LIST_REMOVE(held, in_engine);
	if (held->shard)
		mm_dispatch(engine, held->shard, &what);
	else
		mm_engine_free_playout(held);
}

void mm_engine_free_playout(struct mm_held_playout *held)
{
	mm_playout_close(held->playout);
	free(held);
}
