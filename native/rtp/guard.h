/* guard.h -- closes a port's sockets to all but its peer during a flood.
 *
 * Datagrams of other addresses are read and refused by the latch. More of them in
 * a second than a phone sends are a flood, which would fill the socket's buffer
 * and push out those of the peer: then the kernel drops them (source_filter.h). The
 * filter stays as long as the peer is heard, and is taken off after two seconds
 * without a packet, as the peer may send from elsewhere by then (a NAT rebinding).
 */
#ifndef MM_GUARD_H
#define MM_GUARD_H

#include "rtp/latch.h"

#define MM_GUARD_WINDOW_US 1000000
#define MM_GUARD_FOREIGN 200      /* a second; a phone sends 50 to 100      */

struct mm_guard {
	int64_t since_us;         /* begin of the window                    */
	uint32_t foreign;         /* datagrams of others in the window      */
	int64_t until_us;         /* 0: open to all                         */
};

/* Count a datagram of another address; true once the socket is to be closed to
 * them. */
bool mm_guard_foreign(struct mm_guard *guard, const struct mm_latch *latch,
		      int64_t now_us);
/* True once the socket is to be opened to all. */
bool mm_guard_expired(struct mm_guard *guard, const struct mm_latch *latch,
		      int64_t now_us);

#endif
