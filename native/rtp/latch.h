/* latch.h -- symmetric RTP: which packets a port accepts, and where it sends.
 *
 * SDP names an address; behind a NAT the packets come from another one, and ours
 * must be sent there (RFC 4961). Accepting any source would let an attacker take
 * over the call by sending packets to the port. So, without SRTP:
 *
 *   from the signalled address      always accepted, and latched again
 *   from elsewhere, at the start    after 3 packets in sequence, and only while
 *                                   none came from the signalled address; from
 *                                   the host in SDP or those of the signalling
 *                                   (a NAT has one address for both), or as
 *                                   the stream that was heard before
 *   from any host                   in the first 10 s, where SDP's address is
 *                                   private and the signalling came by a proxy;
 *                                   the hosts above may take it over
 *   from elsewhere, later           only after 2 s of silence, as the same
 *                                   stream (SSRC, sequence): a NAT rebinding
 *
 * Without a known host of the signalling any host may start to talk, but none moves
 * the audio of a leg that only listens: it sends nothing that would refute it. A
 * listener whose signalling comes from the host in SDP has no NAT that would change
 * its port either.
 * With SRTP the authentication tag suffices: a packet that is newer than all
 * before moves the latch. With ICE only mm_latch_set does (the nominated pair).
 */
#ifndef MM_LATCH_H
#define MM_LATCH_H

#include "io/udp.h"
#include "rtp/rtp.h"

#define MM_LATCH_PROBATION 3
#define MM_LATCH_SILENCE_US 2000000
#define MM_LATCH_OPENING_US 10000000
#define MM_LATCH_HOSTS 4
#define MM_LATCH_MAX_JUMP 3000    /* RFC 3550 A.1: MAX_DROPOUT              */

enum mm_latch_trust {
	MM_LATCH_BY_ADDRESS,
	MM_LATCH_BY_SRTP,
	MM_LATCH_BY_ICE,
};

enum mm_latch_verdict {
	MM_LATCH_TAKE,
	MM_LATCH_TAKE_MOVED,      /* accepted, `remote` changed             */
	MM_LATCH_PROBE,           /* drop; part of a new stream so far      */
	MM_LATCH_REFUSE,
};

/* Whose packets may start the stream. */
struct mm_latch_rule {
	struct mm_address hosts[MM_LATCH_HOSTS];  /* of the signalling      */
	uint32_t nhosts;                          /* 0: not known           */
	bool opens;                               /* to any host, at first  */
};

struct mm_latch {
	enum mm_latch_trust trust;
	struct mm_address signalled;      /* len 0: none                    */
	struct mm_address remote;         /* len 0: not known yet           */
	struct mm_latch_rule rule;
	bool listens;                     /* the peer is to send nothing    */
	int64_t open_until_us;            /* to any host; 0: never          */
	bool by_opening;                  /* remote is known by that only   */
	bool known;                       /* ssrc and sequence number are   */
	bool heard;                       /* from remote, since the signal  */
	int64_t last_us;                  /* of the newest packet accepted  */
	uint32_t ssrc;
	uint16_t sequence_number;         /* highest accepted               */
	struct mm_address candidate;
	uint32_t candidate_ssrc;
	uint16_t candidate_sequence;
	uint32_t candidate_packets;
};

/* Set the signalled address; an unspecified one counts as none. */
void mm_latch_set(struct mm_latch *latch, enum mm_latch_trust trust,
		  const struct mm_address *signalled);
/* Set whose packets may start the stream, and whether the peer only listens. */
void mm_latch_allow(struct mm_latch *latch, const struct mm_latch_rule *rule,
		    bool listens, int64_t now_us);
/* Whether `from` is the latched address. */
bool mm_latch_holds(const struct mm_latch *latch,
		    const struct mm_address *from);
/* Judge one packet that parsed, and whose payload type was negotiated unless
 * the latch holds its source. */
enum mm_latch_verdict mm_latch_judge(struct mm_latch *latch,
				     const struct mm_address *from,
				     const struct mm_rtp *rtp, int64_t now_us);
/* Same host, whatever the port: for RTCP, which has another. */
bool mm_address_same_host(const struct mm_address *a,
			  const struct mm_address *b);

#endif
