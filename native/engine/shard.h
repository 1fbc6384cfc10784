/* shard.h -- a thread that owns bridges and their ports, and its tick.
 *
 *   commands -> receive -> ports' receive -> bridges -> ports' transmit
 *            -> flush -> wake Python if events or retired objects are queued
 *
 * No malloc, lock or log in a tick; memory arrives by commands and is returned
 * by `retired`. A manual shard has no thread: the caller runs its ticks.
 */
#ifndef MM_SHARD_H
#define MM_SHARD_H

#include <pthread.h>

#include "engine/clock.h"
#include "engine/command.h"
#include "engine/event.h"
#include "engine/held.h"
#include "engine/overload.h"
#include "engine/ring.h"
#include "engine/snapshot.h"
#include "io/outbox.h"
#include "mix/port.h"

#define MM_SHARD_READERS 16384         /* sockets: as many as ports          */
#define MM_SHARD_COMMANDS 4096
#define MM_SHARD_EVENTS 4096
#define MM_SHARD_COMMANDS_PER_TICK 512

/* A socket of a port. */
struct mm_shard_socket {
	int fd;                           /* -1: none                       */
	void *owner;
	/* Process one datagram, which may be changed in place.             */
	void (*receive)(struct mm_shard_socket *socket,
			struct mm_datagram *datagram);
	/* After this tick's datagrams; NULL for sockets watched by epoll.  */
	void (*after_receive)(struct mm_shard_socket *socket, int64_t now_us);
	/* Before this tick's datagrams: prefetch what they need. The two
	 * cache lines from here on have been prefetched.                   */
	void (*prepare)(const struct mm_shard_socket *socket);
	size_t reader;                    /* index in the shard's readers   */
	/* The last datagram was the next of a stream that sends one a tick:
	 * it need not be known at once whether another one waits.          */
	bool one_a_tick;
};

/* A socket that is read in every tick. */
struct mm_shard_reader {
	int fd;
	struct mm_shard_socket *socket;
};

/* Commands queued until the ring has room; the control thread's. */
struct mm_pending {
	struct mm_command *items;
	size_t head;
	size_t count;
	size_t size;
	uint32_t together;                /* depth of mm_dispatch_begin     */
	size_t grouped;                   /* commands of the open group     */
};

struct mm_shard_config {
	uint32_t ptime_ms;
	int64_t media_timeout_us;
	int wake_fd;                      /* eventfd, shared by all shards  */
	bool manual;
	bool realtime;
};

struct mm_shard {
	struct mm_shard_config config;
	struct mm_ring commands;
	struct mm_ring retired;
	struct mm_ring events;
	_Atomic bool wants_space;         /* control waits for ring space   */
	_Atomic bool stopping;
	bool running;                     /* control's: the thread exists   */
	struct mm_pending pending;
	pthread_t thread;
	struct mm_held_bridge *lobby;
	struct mm_held_bridge_list bridges;
	struct mm_port_list ports;
	struct mm_shard_reader *readers;
	size_t nreaders;
	int epoll_fd;
	uint64_t tick;
	bool must_wake;                   /* Python, after this tick        */
	struct mm_counters counters;      /* that belong to no port         */
	struct mm_snapshot snapshot;
	struct mm_lateness lateness;
	struct mm_overload overload;
	struct mm_outbox outbox;
	struct mm_datagram datagrams[MM_UDP_BATCH];
};

/* -ENOMEM, -errno. The caller adds the lobby. */
int mm_shard_open(struct mm_shard **shard,
		  const struct mm_shard_config *config);
void mm_shard_close(struct mm_shard *shard);
int mm_shard_start(struct mm_shard *shard);
void mm_shard_stop(struct mm_shard *shard);

/* One tick; on the shard's thread, or the caller's when it has none. */
void mm_shard_tick(struct mm_shard *shard, int64_t now_us, uint32_t skipped);
/* Apply the queued commands, at most `limit`. */
void mm_shard_drain(struct mm_shard *shard, uint32_t limit, int64_t now_us);

/* Queue an event; for ports, within a tick. */
void mm_shard_emit(struct mm_shard *shard, const struct mm_event *event);

/* shard_commands.c: give an object back to the control thread; false when the
 * ring has no room. */
bool mm_shard_retire(struct mm_shard *shard, enum mm_retired_type type,
		     void *object);

/* shard_rx.c: sockets that receive in nearly every tick are read in each tick
 * (read, unread), all others when epoll reports them (watch, unwatch). */
void mm_shard_read(struct mm_shard *shard, struct mm_shard_socket *socket);
void mm_shard_unread(struct mm_shard *shard, struct mm_shard_socket *socket);
int mm_shard_watch(struct mm_shard *shard, struct mm_shard_socket *socket);
void mm_shard_unwatch(struct mm_shard *shard, struct mm_shard_socket *socket);
void mm_shard_receive(struct mm_shard *shard, int64_t now_us);

#endif
