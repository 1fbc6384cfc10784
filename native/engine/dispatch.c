/* dispatch.c -- commands to the shards, and retired objects back from them. */
#include "engine/dispatch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "rtp/rtp_port.h"

static bool is_due(const struct mm_command *command)
{
	return command->type != MM_COMMAND_ADOPT_PORT ||
	       command->port->control.releases_seen >= command->after_releases;
}

/* Commands that must not be refused: they transfer or return ownership. */
static bool is_mandatory(const struct mm_command *command)
{
	switch (command->type) {
	case MM_COMMAND_ADOPT_PORT:
	case MM_COMMAND_RELEASE_PORT:
	case MM_COMMAND_CONFIGURE_PORT:
	case MM_COMMAND_RELEASE_BRIDGE:
	case MM_COMMAND_REMOVE_TAP:
	case MM_COMMAND_REMOVE_PLAYOUT:
	case MM_COMMAND_RELEASE_TRUNK:
	case MM_COMMAND_REMOVE_LINK:
	case MM_COMMAND_REMOVE_SENDER:
		return true;
	default:
		return false;
	}
}

/* Push a group completely or not at all. */
static bool push(struct mm_shard *shard, const struct mm_command *commands,
		 uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (!is_due(&commands[i]))
			return false;
	if (mm_ring_push_all(&shard->commands, commands, count))
		return true;
	/* Ask to be woken when there is room, then try again: the shard may have
	 * made room in between. */
	atomic_store_explicit(&shard->wants_space, true, memory_order_release);
	return mm_ring_push_all(&shard->commands, commands, count);
}

static int pending_alloc(struct mm_pending *pending)
{
	size_t size = pending->count * 2 + 64;
	struct mm_command *items = malloc(size * sizeof(*items));

	if (!items)
		return -ENOMEM;
	if (pending->count)
		memcpy(items, pending->items + pending->head,
		       pending->count * sizeof(*items));
	free(pending->items);
	pending->items = items;
	pending->head = 0;
	pending->size = size;
	return 0;
}

static int enqueue(struct mm_pending *pending,
		   const struct mm_command *command)
{
	int rc = 0;

	if (pending->head + pending->count == pending->size)
		rc = pending_alloc(pending);
	if (rc < 0)
		return rc;
	pending->items[pending->head + pending->count++] = *command;
	return 0;
}

static int join_group(struct mm_pending *pending,
		      const struct mm_command *command)
{
	struct mm_command what = *command;
	int rc;

	what.more = pending->grouped + 1 < MM_TOGETHER_MAX;
	rc = enqueue(pending, &what);
	if (!rc)
		pending->grouped = what.more ? pending->grouped + 1 : 0;
	return rc;
}

int mm_dispatch(struct mm_engine *engine, struct mm_shard *shard,
		const struct mm_command *command)
{
	mm_dispatch_collect(engine);
	if (!shard->pending.count && !shard->pending.together &&
	    push(shard, command, 1))
		return 0;
	if (shard->pending.count >= MM_PENDING_MAX && !is_mandatory(command)) {
		engine->totals.commands_refused++;
		return -EAGAIN;
	}
	if (shard->pending.together)
		return join_group(&shard->pending, command);
	return enqueue(&shard->pending, command);
}

/* Length of the group at the head; 0 while it is still open. */
static uint32_t group(const struct mm_pending *pending)
{
	for (uint32_t i = 0; i < pending->count; i++)
		if (!pending->items[pending->head + i].more)
			return i + 1;
	return 0;
}

static void flush(struct mm_shard *shard)
{
	struct mm_pending *pending = &shard->pending;
	uint32_t count;

	while ((count = group(pending)) &&
	       push(shard, &pending->items[pending->head], count)) {
		pending->head += count;
		pending->count -= count;
		if (!pending->count)
			pending->head = 0;
	}
}

void mm_dispatch_begin(struct mm_shard *shard)
{
	shard->pending.together++;
}

void mm_dispatch_end(struct mm_engine *engine, struct mm_shard *shard)
{
	struct mm_pending *pending = &shard->pending;

	if (--pending->together)
		return;
	if (pending->grouped)
		pending->items[pending->head + pending->count - 1].more = false;
	pending->grouped = 0;
	mm_dispatch_collect(engine);
}

static void collect_port(struct mm_port *port)
{
	port->control.releases_seen++;
	mm_engine_free_port(port);
}

static void collect(const struct mm_retired *retired)
{
	switch (retired->type) {
	case MM_RETIRED_PORT:
		collect_port(retired->object);
		break;
	case MM_RETIRED_SETUP:
		mm_port_setup_close(retired->object);
		break;
	case MM_RETIRED_BRIDGE:
		mm_engine_free_bridge(retired->object);
		break;
	case MM_RETIRED_ENCODER:
		mm_shared_encoder_close(retired->object);
		break;
	case MM_RETIRED_TAP:
		mm_engine_free_tap(retired->object);
		break;
	case MM_RETIRED_PLAYOUT:
		mm_engine_free_playout(retired->object);
		break;
	case MM_RETIRED_SUPPRESSOR:
		mm_suppressor_close(retired->object);
		break;
	case MM_RETIRED_TRUNK:
		mm_trunk_close(retired->object);
		break;
	case MM_RETIRED_LINK:
		mm_engine_free_link(retired->object);
		break;
	case MM_RETIRED_SENDER:
		mm_engine_free_sender(retired->object);
		break;
	}
}

void mm_dispatch_collect(struct mm_engine *engine)
{
	struct mm_retired retired;

	for (uint32_t i = 0; i < engine->nshards; i++)
		while (mm_ring_pop(&engine->shards[i]->retired, &retired))
			collect(&retired);
	mm_engine_collect_muxes(engine);
	for (uint32_t i = 0; i < engine->nshards; i++)
		flush(engine->shards[i]);
}

static bool idle(const struct mm_engine *engine)
{
	for (uint32_t i = 0; i < engine->nshards; i++) {
		const struct mm_shard *shard = engine->shards[i];

		if (shard->pending.count || mm_ring_count(&shard->commands) ||
		    mm_ring_count(&shard->retired))
			return false;
	}
	return true;
}

void mm_dispatch_complete(struct mm_engine *engine, int64_t now_us)
{
	do {
		mm_dispatch_collect(engine);
		for (uint32_t i = 0; i < engine->nshards; i++)
			mm_shard_drain(engine->shards[i], UINT32_MAX, now_us);
		mm_dispatch_collect(engine);
	} while (!idle(engine));
}
