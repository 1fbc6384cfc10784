/* ice_tcp.h -- browsers behind firewalls that pass no UDP: passive ICE-TCP
 * (RFC 6544) on the TCP port of the mux's number, framed by RFC 4571.
 *
 *   browser -- TCP, frames --> connection -- its own UDP socket --> mux
 *
 * Each connection has a UDP socket of its own, connected to the mux: to the mux,
 * to ports and to Python it is a browser with an address on this machine, and
 * no path of theirs knows TCP. Its own thread moves the frames.
 *
 * A connection is verified once the mux answers: it sends nothing to a source
 * whose STUN request has not passed the integrity check. Until then it may send
 * STUN only, little of it, and for ten seconds. Buffers are fixed; a frame that
 * does not fit is dropped and counted, as a router would.
 */
#ifndef MM_ICE_TCP_H
#define MM_ICE_TCP_H

#include <pthread.h>
#include <sys/queue.h>

#include "engine/snapshot.h"
#include "io/udp.h"

#define MM_ICE_TCP_CONNECTIONS 1024
#define MM_ICE_TCP_OF_SOURCE 64       /* an office behind one NAT           */
#define MM_ICE_TCP_UNVERIFIED 128
#define MM_ICE_TCP_UNVERIFIED_OF_SOURCE 16
#define MM_ICE_TCP_UNVERIFIED_FRAMES 64
#define MM_ICE_TCP_VERIFY_US 10000000
#define MM_ICE_TCP_IDLE_US 30000000   /* RFC 7675: consent expires          */
#define MM_ICE_TCP_OUT_BYTES 16384    /* about a second of audio            */
#define MM_ICE_TCP_HEADER_BYTES 2     /* RFC 4571: the length               */

struct mm_ice_tcp;

struct mm_ice_tcp_connection {
	int tcp_fd;
	int udp_fd;
	struct mm_address from;
	int64_t opened_us;
	int64_t received_us;              /* the browser's last frame       */
	int64_t answered_us;              /* the mux's last; 0: unverified  */
	uint32_t unverified_frames;
	bool waits_for_space;             /* EPOLLOUT is on                 */
	bool closed;
	size_t in_size, out_size;
	uint8_t in[MM_ICE_TCP_HEADER_BYTES + MM_MAX_DATAGRAM_BYTES];
	uint8_t out[MM_ICE_TCP_OUT_BYTES];
	LIST_ENTRY(mm_ice_tcp_connection) in_list;
};

LIST_HEAD(mm_ice_tcp_list, mm_ice_tcp_connection);

struct mm_ice_tcp {
	int listen_fd, epoll_fd, wake_fd;
	struct mm_address mux;            /* what connections are relayed to */
	_Atomic bool stopping;
	bool accepting;                   /* false: no descriptor was left   */
	pthread_t thread;
	struct mm_counters counters;
	struct mm_snapshot snapshot;
	struct mm_ice_tcp_list connections;
};

/* Listen on the TCP port of the mux's address and start the thread; `mux` is
 * where the mux is bound. -EADDRINUSE when another program has the port. */
int mm_ice_tcp_open(struct mm_ice_tcp **opened, const struct mm_address *mux);
/* Stop the thread; its counters are final then. */
void mm_ice_tcp_stop(struct mm_ice_tcp *relay);
/* Close all connections and free, once it has stopped. */
void mm_ice_tcp_free(struct mm_ice_tcp *relay);

/* ice_tcp_connection.c: on the thread. They set `closed` instead of closing. */
int mm_ice_tcp_connection_open(struct mm_ice_tcp *relay, int tcp_fd,
			       const struct mm_address *from, int64_t now_us);
void mm_ice_tcp_connection_free(struct mm_ice_tcp_connection *connection);
void mm_ice_tcp_from_browser(struct mm_ice_tcp *relay,
			     struct mm_ice_tcp_connection *connection,
			     int64_t now_us);
void mm_ice_tcp_from_mux(struct mm_ice_tcp *relay,
			 struct mm_ice_tcp_connection *connection,
			 int64_t now_us);
void mm_ice_tcp_flush(struct mm_ice_tcp *relay,
		      struct mm_ice_tcp_connection *connection);

#endif
