/* mux.h -- the one UDP socket of all browsers (RFC 7983).
 *
 *   socket -> 0..3 STUN, 20..63 DTLS  -> ring -> Python
 *          -> 128..191 SRTP, SRTCP    -> address table -> port's inbox
 *
 * A thread of its own reads; anyone sends (a datagram socket needs no lock).
 * The table is the thread's alone: Python's wishes come by a ring, and a port
 * that was forgotten comes back by another before its memory may go.
 */
#ifndef MM_MUX_H
#define MM_MUX_H

#include <pthread.h>
#include <sys/queue.h>

#include "engine/ring.h"
#include "engine/snapshot.h"
#include "io/inbox.h"
#include "io/mux_table.h"

#define MM_MUX_MESSAGES 4096
#define MM_MUX_HANDED_UP 512

struct mm_engine;
struct mm_mux;

LIST_HEAD(mm_mux_list, mm_mux);

enum mm_mux_message_type {
	MM_MUX_BIND,
	MM_MUX_UNBIND,
	MM_MUX_FORGET,
};

struct mm_mux_message {
	enum mm_mux_message_type type;
	struct mm_address from;
	struct mm_port *port;
};

struct mm_mux {
	int fd;
	uint16_t local_port;
	int ready_fd;                     /* Python waits on this           */
	int wake_fd;                      /* the thread waits on this       */
	int news_fd;                      /* the engine's, for forgotten    */
	struct mm_ring messages;
	struct mm_ring forgotten;         /* of struct mm_port *            */
	struct mm_ring up;                /* of mm_inbox_packet             */
	_Atomic bool stopping;
	pthread_t thread;
	struct mm_counters counters;
	struct mm_snapshot snapshot;
	struct mm_mux_table table;
	struct mm_datagram datagrams[MM_UDP_BATCH];

	/* The control thread's. */
	bool running;
	bool closed;
	uint32_t nports;
	LIST_ENTRY(mm_mux) in_engine;
};

int mm_mux_open(struct mm_mux **mux, const struct mm_address *local,
		int news_fd);
int mm_mux_start(struct mm_mux *mux);
/* Stop the thread and do what it was still asked for. */
void mm_mux_stop(struct mm_mux *mux);
void mm_mux_free(struct mm_mux *mux);
/* Apply messages, read what waits; on the mux's thread, or without one. */
void mm_mux_step(struct mm_mux *mux);

/* Control thread. -EAGAIN when the mux is far behind, -EINVAL for a port that
 * is not of this mux. */
int mm_mux_bind(struct mm_mux *mux, const struct mm_address *from,
		struct mm_port *port);
int mm_mux_unbind(struct mm_mux *mux, const struct mm_address *from);
/* All bindings of a port; never fails. */
void mm_mux_forget(struct mm_mux *mux, struct mm_port *port);
/* The oldest STUN or DTLS datagram, or false. */
void mm_mux_begin_receive(struct mm_mux *mux);
bool mm_mux_receive(struct mm_mux *mux, struct mm_inbox_packet *packet);

#endif
