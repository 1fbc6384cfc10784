/* shard.c -- the tick and its thread.
 *
 * Deadlines are absolute, so that a late tick does not delay the next one. A
 * shard that is late runs the missed ticks immediately, so that no audio is lost
 * and clocks stay correct; when it is more than a second late, the missed ticks
 * are skipped and counted.
 */
#define _GNU_SOURCE
#include "engine/shard.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "engine/priority.h"

#define US_PER_MS 1000
#define LATE_US 1000
#define MAX_CATCH_UP_US 1000000
#define PUBLISH_EVERY_MS 200

int mm_shard_open(struct mm_shard **opened,
		  const struct mm_shard_config *config)
{
	struct mm_shard *shard = calloc(1, sizeof(*shard));
	int rc;

	if (!shard)
		return -ENOMEM;
	shard->config = *config;
	mm_overload_init(&shard->overload, config->ptime_ms);
	mm_outbox_init(&shard->outbox, &shard->counters);
	shard->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	rc = shard->epoll_fd < 0 ? -errno : 0;
	shard->readers = calloc(MM_SHARD_READERS, sizeof(*shard->readers));
	if (!rc && !shard->readers)
		rc = -ENOMEM;
	if (!rc)
		rc = mm_ring_init(&shard->commands, MM_SHARD_COMMANDS,
				  sizeof(struct mm_command));
	if (!rc)
		rc = mm_ring_init(&shard->retired, MM_SHARD_COMMANDS,
				  sizeof(struct mm_retired));
	if (!rc)
		rc = mm_ring_init(&shard->events, MM_SHARD_EVENTS,
				  sizeof(struct mm_event));
	if (rc < 0) {
		mm_shard_close(shard);
		return rc;
	}
	*opened = shard;
	return 0;
}

void mm_shard_close(struct mm_shard *shard)
{
	free(shard->pending.items);
	free(shard->readers);
	mm_ring_free(&shard->commands);
	mm_ring_free(&shard->retired);
	mm_ring_free(&shard->events);
	if (shard->epoll_fd >= 0)
		close(shard->epoll_fd);
	free(shard);
}

void mm_shard_emit(struct mm_shard *shard, const struct mm_event *event)
{
	if (mm_ring_push(&shard->events, event))
		shard->must_wake = true;
	else
		shard->counters.events_dropped++;
}

static void tick_bridge(struct mm_held_bridge *held, int64_t now_us,
			uint32_t skipped, enum mm_shed shed)
{
	mm_bridge_set_shed(held->bridge, shed);
	mm_bridge_tick(held->bridge, now_us, skipped);
	atomic_store_explicit(&held->sample_rate_hz,
			      mm_bridge_sample_rate_hz(held->bridge),
			      memory_order_relaxed);
}

/* Bring the next bridges into the cache, each step a bridge further: first a
 * bridge, then its seats, then what the seats point to, then all of it. */
static void prepare_bridges(const struct mm_held_bridge *bridge)
{
	const struct mm_held_bridge *next = LIST_NEXT(bridge, in_shard);

	if (!next)
		return;
	mm_bridge_prefetch_sources(next->bridge);
	next = LIST_NEXT(next, in_shard);
	if (!next)
		return;
	mm_bridge_prefetch_members(next->bridge);
	next = LIST_NEXT(next, in_shard);
	if (!next)
		return;
	mm_bridge_prefetch_seats(next->bridge);
	next = LIST_NEXT(next, in_shard);
	if (!next)
		return;
	mm_prefetch(next->bridge, MM_BRIDGE_HEAD_BYTES);
	mm_prefetch(LIST_NEXT(next, in_shard), MM_CACHE_LINE_BYTES);
}

/* Each port is published every PUBLISH_EVERY_MS, spread over the ticks; a port
 * of a manual shard is published when it is read. */
static bool is_publish_due(const struct mm_shard *shard,
			   const struct mm_port *port)
{
	uint32_t ticks = PUBLISH_EVERY_MS / shard->config.ptime_ms;

	return !shard->config.manual &&
	       ((uint32_t)shard->tick + port->id) % ticks == 0;
}

static void publish(struct mm_shard *shard)
{
	struct mm_readings readings = { .counters = shard->counters };

	mm_snapshot_publish(&shard->snapshot, &readings);
}

static void prepare(const struct mm_port *port)
{
	mm_prefetch(LIST_NEXT(port, in_shard), MM_CACHE_LINE_BYTES);
	if (port->ops->prepare)
		port->ops->prepare(port);
}

static void transmit(struct mm_shard *shard, int64_t now_us)
{
	struct mm_port *port;

	LIST_FOREACH(port, &shard->ports, in_shard) {
		if (LIST_NEXT(port, in_shard))
			prepare(LIST_NEXT(port, in_shard));
		port->ops->transmit(port, now_us);
		mm_port_report_talking(port, now_us);
		if (is_publish_due(shard, port))
			mm_port_publish(port);
	}
	mm_outbox_flush(&shard->outbox);
}

static void wake(struct mm_shard *shard)
{
	static const uint64_t one = 1;

	if (atomic_exchange_explicit(&shard->wants_space, false,
				     memory_order_acq_rel))
		shard->must_wake = true;
	if (!shard->must_wake)
		return;
	shard->must_wake = false;
	/* Fails only when the counter is full, and then it is readable. */
	if (write(shard->config.wake_fd, &one, sizeof(one)) < 0)
		return;
}

void mm_shard_tick(struct mm_shard *shard, int64_t now_us, uint32_t skipped)
{
	enum mm_shed shed = mm_overload_shed(&shard->overload);
	struct mm_held_bridge *bridge;
	struct mm_port *port;

	shard->tick++;
	shard->counters.ticks++;
	shard->counters.ticks_shed_suppression += shed >= MM_SHED_SUPPRESSION;
	shard->counters.ticks_shed_encoding += shed >= MM_SHED_ENCODING;
	shard->counters.ticks_shed_talkers += shed >= MM_SHED_TALKERS;
	mm_shard_drain(shard, MM_SHARD_COMMANDS_PER_TICK, now_us);
	mm_shard_receive(shard, now_us);
	LIST_FOREACH(port, &shard->ports, in_shard) {
		mm_prefetch(LIST_NEXT(port, in_shard), MM_CACHE_LINE_BYTES);
		if (port->ops->receive)
			port->ops->receive(port, now_us);
		mm_port_retry_playouts(port);
		mm_port_feed_taps(port, skipped);
	}
	if (shard->lobby)
		tick_bridge(shard->lobby, now_us, skipped, shed);
	LIST_FOREACH(bridge, &shard->bridges, in_shard) {
		prepare_bridges(bridge);
		tick_bridge(bridge, now_us, skipped, shed);
	}
	transmit(shard, now_us);
	publish(shard);
	wake(shard);
}

static uint32_t skip(struct mm_shard *shard, int64_t *deadline_us,
		     int64_t late_us)
{
	int64_t period_us = (int64_t)shard->config.ptime_ms * US_PER_MS;
	uint32_t skipped;

	if (late_us <= MAX_CATCH_UP_US)
		return 0;
	skipped = (uint32_t)(late_us / period_us);
	shard->counters.ticks_skipped += skipped;
	*deadline_us += (int64_t)skipped * period_us;
	return skipped;
}

static void *run(void *argument)
{
	struct mm_shard *shard = argument;
	int64_t period_us = (int64_t)shard->config.ptime_ms * US_PER_MS;
	int64_t deadline_us = mm_clock_now_us() + period_us;

	while (!atomic_load_explicit(&shard->stopping, memory_order_acquire)) {
		int64_t now_us, late_us, work_us;

		mm_clock_sleep_until_us(deadline_us);
		now_us = mm_clock_now_us();
		late_us = now_us - deadline_us;
		mm_lateness_note(&shard->lateness, late_us);
		if (late_us > LATE_US)
			shard->counters.ticks_late++;
		work_us = mm_clock_thread_us();
		mm_shard_tick(shard, now_us, skip(shard, &deadline_us, late_us));
		work_us = mm_clock_thread_us() - work_us;
		mm_overload_note(&shard->overload, now_us, work_us, late_us);
		deadline_us += period_us;
	}
	return NULL;
}

int mm_shard_start(struct mm_shard *shard)
{
	int rc = pthread_create(&shard->thread, NULL, run, shard);

	if (rc)
		return -rc;
	shard->running = true;
	pthread_setname_np(shard->thread, "mm-shard");
	if (shard->config.realtime)
		mm_request_realtime(shard->thread, MM_REALTIME_SHARD);
	return 0;
}

void mm_shard_stop(struct mm_shard *shard)
{
	if (!shard->running)
		return;
	atomic_store_explicit(&shard->stopping, true, memory_order_release);
	pthread_join(shard->thread, NULL);
	shard->running = false;
}
