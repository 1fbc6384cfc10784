/* mux.h -- the UDP socket that all WebRTC ports share (RFC 7983).
 *
 *   socket -> 0..3 STUN, 20..63 DTLS  -> ring -> Python
 *          -> 128..191 SRTP, SRTCP    -> address table -> port's inbox
 *
 * Its own thread reads; any thread sends (a datagram socket needs no lock).
 * Only this thread uses the table: bindings are changed by messages in a ring,
 * and a port that was removed is returned by another ring before it is freed.
 */
#ifndef MM_MUX_H
#define MM_MUX_H

#include <pthread.h>
#include <sys/queue.h>

#include "engine/ring.h"
#include "engine/snapshot.h"
#include "io/ice_tcp.h"
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
	struct mm_ice_tcp *tcp;           /* NULL: UDP only                 */
	bool running;
	bool closed;
	uint32_t nports;
	LIST_ENTRY(mm_mux) in_engine;
};

int mm_mux_open(struct mm_mux **mux, const struct mm_address *local,
		int news_fd);
int mm_mux_start(struct mm_mux *mux);
/* Accept browsers on the TCP port of the same number too; once. */
int mm_mux_listen_tcp(struct mm_mux *mux);
/* Stop the thread and apply the queued messages. */
void mm_mux_stop(struct mm_mux *mux);
void mm_mux_free(struct mm_mux *mux);
/* Apply messages and read datagrams; on the mux's thread, or without one. */
void mm_mux_step(struct mm_mux *mux);

/* Control thread. -EAGAIN when the message ring is full, -EINVAL for a port of
 * another mux. */
int mm_mux_bind(struct mm_mux *mux, const struct mm_address *from,
		struct mm_port *port);
int mm_mux_unbind(struct mm_mux *mux, const struct mm_address *from);
/* Remove all bindings of a port; never fails. */
void mm_mux_forget(struct mm_mux *mux, struct mm_port *port);
/* Clear the eventfd; then take the oldest STUN or DTLS datagram until false. */
void mm_mux_begin_receive(struct mm_mux *mux);
bool mm_mux_receive(struct mm_mux *mux, struct mm_inbox_packet *packet);

#endif
