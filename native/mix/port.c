/* port.c -- a port joins a bridge, changes its place on it, and leaves it. */
#include "mix/port.h"

#include "engine/shard.h"
#include "mix/mix.h"

/* Frames of a tap where there is no bridge. */
#define NOWHERE_RATE_HZ 8000

void mm_port_init(struct mm_port *port, const struct mm_port_ops *ops,
		  uint32_t id)
{
	port->ops = ops;
	port->id = id;
	port->gain_q8 = MM_GAIN_UNITY_Q8;
}

static void emit(struct mm_port *port, enum mm_event_type type, int64_t now_us)
{
	struct mm_event event = {
		.type = type, .port_id = port->id, .at_us = now_us,
	};

	mm_shard_emit(port->shard, &event);
}

void mm_port_report_talking(struct mm_port *port, int64_t now_us)
{
	bool talking = port->assigned && port->place && port->member->talking;

	if (talking == port->reported_talking)
		return;
	port->reported_talking = talking;
	emit(port, talking ? MM_EVENT_TALK_SPURT_STARTED :
			     MM_EVENT_TALK_SPURT_ENDED, now_us);
}

/* Settings from before, or from another bridge, apply on this one too. */
static void apply(struct mm_port *port)
{
	bool lobby = !port->assigned;

	mm_bridge_set_gain(port->place, port->member, port->gain_q8);
	mm_bridge_set_muted(port->place, port->member, port->muted || lobby);
	mm_bridge_set_levelled(port->place, port->member, port->levelled);
	port->member->suppressor = port->suppressor;
	mm_bridge_set_deafened(port->place, port->member, port->deafened);
	port->tapped.muted = port->muted;
	port->member->tapped = port->tapped.count ? &port->tapped : NULL;
	mm_bridge_set_hears_itself(port->place, port->member,
				   port->hears_itself);
}

static void attach(struct mm_port *port, struct mm_held_playout *playout)
{
	if (!port->place || playout->place)
		return;
	if (!mm_bridge_add_playout(port->place, playout->playout,
				   port->member))
		playout->place = port->place;
	else
		port->counters.playout_delayed++;
}

void mm_port_retry_playouts(struct mm_port *port)
{
	struct mm_held_playout *playout;

	LIST_FOREACH(playout, &port->playouts, on_port)
		attach(port, playout);
}

static void detach(struct mm_held_playout *playout)
{
	if (playout->place)
		mm_bridge_remove_playout(playout->place, playout->playout);
	playout->place = NULL;
}

static void join_bridge(struct mm_port *port)
{
	struct mm_bridge *place = NULL;

	if (port->assigned)
		place = port->assigned->bridge;
	else if (port->waits)
		place = port->shard->lobby->bridge;
	if (!port->member || !place || mm_bridge_join(place, port->member) < 0)
		return;
	port->place = place;
	apply(port);
	mm_port_retry_playouts(port);
}

static void leave_bridge(struct mm_port *port, int64_t now_us)
{
	struct mm_held_playout *playout;

	if (!port->place)
		return;
	LIST_FOREACH(playout, &port->playouts, on_port)
		detach(playout);
	mm_bridge_leave(port->place, port->member);
	port->place = NULL;
	port->member->tx_payload = NULL;
	mm_port_report_talking(port, now_us);
}

void mm_port_seat(struct mm_port *port, struct mm_held_bridge *bridge,
		  int64_t now_us)
{
	leave_bridge(port, now_us);
	port->assigned = bridge;
	join_bridge(port);
}

struct mm_member *mm_port_replace_member(struct mm_port *port,
					 struct mm_member *member,
					 int64_t now_us)
{
	struct mm_member *old = port->member;

	leave_bridge(port, now_us);
	port->member = member;
	join_bridge(port);
	return old;
}

void mm_port_adopt(struct mm_port *port, struct mm_shard *shard)
{
	port->shard = shard;
	LIST_INSERT_HEAD(&shard->ports, port, in_shard);
	port->ops->adopt(port);
	join_bridge(port);
}

void mm_port_release(struct mm_port *port, bool last, int64_t now_us)
{
	leave_bridge(port, now_us);
	port->assigned = NULL;
	while (last && !LIST_EMPTY(&port->playouts))
		mm_port_remove_playout(port, LIST_FIRST(&port->playouts));
	while (last && !LIST_EMPTY(&port->taps))
		mm_port_remove_tap(port, LIST_FIRST(&port->taps));
	port->ops->release(port, last);
	LIST_REMOVE(port, in_shard);
	port->shard = NULL;
	mm_port_publish(port);
}

void mm_port_set_gain(struct mm_port *port, int32_t gain_q8)
{
	port->gain_q8 = gain_q8;
	if (port->place)
		apply(port);
}

void mm_port_set_muted(struct mm_port *port, bool muted)
{
	port->muted = muted;
	if (port->place)
		apply(port);
}

void mm_port_set_levelled(struct mm_port *port, bool levelled)
{
	port->levelled = levelled;
	if (port->place)
		apply(port);
}

struct mm_suppressor *mm_port_set_suppressor(struct mm_port *port,
					     struct mm_suppressor *suppressor)
{
	struct mm_suppressor *before = port->suppressor;

	port->suppressor = suppressor;
	if (port->member)
		port->member->suppressor = NULL;
	if (port->place)
		apply(port);
	return before;
}

void mm_port_set_deafened(struct mm_port *port, bool deafened)
{
	port->deafened = deafened;
	if (port->place)
		apply(port);
}

void mm_port_set_hears_itself(struct mm_port *port, bool on)
{
	port->hears_itself = on;
	if (port->place)
		apply(port);
}

void mm_port_set_hears(struct mm_port *port, struct mm_port *speaker,
		       int32_t gain_q8)
{
	if (port->place && port->assigned &&
	    port->assigned == speaker->assigned &&
	    speaker->place)
		mm_bridge_set_hears(port->place, port->member,
				    speaker->member, gain_q8);
}

void mm_port_add_playout(struct mm_port *port, struct mm_held_playout *playout)
{
	playout->port = port;
	LIST_INSERT_HEAD(&port->playouts, playout, on_port);
	attach(port, playout);
}

void mm_port_remove_playout(struct mm_port *port,
			    struct mm_held_playout *playout)
{
	if (playout->port == port)
		LIST_REMOVE(playout, on_port);
	detach(playout);
	playout->port = NULL;
}

void mm_port_add_tap(struct mm_port *port, struct mm_held_tap *tap)
{
	/* The engine counted them: there is room. */
	if (mm_tapped_add(&port->tapped, tap->tap) < 0)
		return;
	tap->port = port;
	LIST_INSERT_HEAD(&port->taps, tap, on_port);
	if (port->place)
		apply(port);
}

void mm_port_remove_tap(struct mm_port *port, struct mm_held_tap *tap)
{
	if (tap->port == port)
		LIST_REMOVE(tap, on_port);
	mm_tapped_remove(&port->tapped, tap->tap);
	tap->port = NULL;
	if (port->member)
		port->member->tapped =
			port->tapped.count ? &port->tapped : NULL;
}

void mm_port_feed_taps(struct mm_port *port, uint32_t skipped)
{
	if (port->place || !port->tapped.count)
		return;
	mm_tapped_says(&port->tapped, port->id, NULL, NOWHERE_RATE_HZ,
		       port->shard->config.ptime_ms, skipped);
	port->counters.tap_overrun += mm_tapped_hears(&port->tapped, NULL);
}

void mm_port_publish(struct mm_port *port)
{
	struct mm_readings readings = { .counters = port->counters };

	readings.measures.round_trip_ms = -1;
	readings.measures.level_dbov = MM_SILENCE_DBOV;
	if (port->place) {
		readings.measures.level_dbov = port->member->level_dbov;
		readings.measures.talking = port->member->talking;
	}
	if (port->ops->measure)
		port->ops->measure(port, &readings.measures);
	mm_snapshot_publish(&port->snapshot, &readings);
}
