/* shard.h -- one thread that owns bridges and their ports, and its tick.
 *
 *   commands -> receive -> ports' receive -> bridges -> ports' transmit
 *            -> flush -> wake Python if there is news
 *
 * No malloc, lock or log in a tick; memory comes by commands and goes back by
 * `retired`. A manual shard has no thread: its ticks run where it is called.
 */
#ifndef MM_SHARD_H
#define MM_SHARD_H

#include <pthread.h>

#include "engine/clock.h"
#include "engine/command.h"
#include "engine/event.h"
#include "engine/held.h"
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
	/* One datagram, in the shard's own memory: may be changed.         */
	void (*receive)(struct mm_shard_socket *socket,
			struct mm_datagram *datagram);
	/* This tick's datagrams have been received; NULL for the watched.  */
	void (*settle)(struct mm_shard_socket *socket, int64_t now_us);
	/* Datagrams come soon: have what they need fetched. For that the two
	 * cache lines from here on have been.                              */
	void (*prepare)(const struct mm_shard_socket *socket);
	size_t reader;                    /* its place among the readers    */
};

/* A socket that is read in every tick, next to its neighbours. */
struct mm_shard_reader {
	int fd;
	struct mm_shard_socket *socket;
};

/* Commands that wait for the ring; the control thread's. */
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
	_Atomic bool pressed;             /* control waits for ring space   */
	_Atomic bool stopping;
	bool running;                     /* control's: there is a thread   */
	struct mm_pending pending;
	pthread_t thread;
	struct mm_held_bridge *lobby;
	struct mm_held_bridge_list bridges;
	struct mm_port_list ports;
	struct mm_shard_reader *readers;
	size_t nreaders;
	int epoll_fd;
	uint64_t tick;
	bool news;                        /* wake Python after this tick    */
	struct mm_counters counters;      /* of no port                     */
	struct mm_snapshot snapshot;
	struct mm_lateness lateness;
	struct mm_outbox outbox;
	struct mm_datagram datagrams[MM_UDP_BATCH];
};

/* -ENOMEM, -errno. The lobby is the caller's to add. */
int mm_shard_open(struct mm_shard **shard,
		  const struct mm_shard_config *config);
void mm_shard_close(struct mm_shard *shard);
int mm_shard_start(struct mm_shard *shard);
void mm_shard_stop(struct mm_shard *shard);

/* One tick; on the shard's thread, or the caller's when it has none. */
void mm_shard_tick(struct mm_shard *shard, int64_t now_us, uint32_t skipped);
/* Apply what waits in the command ring (at most `limit`). */
void mm_shard_drain(struct mm_shard *shard, uint32_t limit, int64_t now_us);

/* For ports, within a tick. */
void mm_shard_tell(struct mm_shard *shard, const struct mm_event *event);

/* shard_rx.c: sockets where something comes in nearly every tick are read
 * without asking; of the others epoll tells. */
void mm_shard_read(struct mm_shard *shard, struct mm_shard_socket *socket);
void mm_shard_unread(struct mm_shard *shard, struct mm_shard_socket *socket);
int mm_shard_watch(struct mm_shard *shard, struct mm_shard_socket *socket);
void mm_shard_unwatch(struct mm_shard *shard, struct mm_shard_socket *socket);
void mm_shard_receive(struct mm_shard *shard, int64_t now_us);

#endif
