/* counters.h -- a counter for each branch that drops, repairs or delays audio.
 *
 * The only list: the C fields, the Python names, /metrics and the documentation
 * are made from it. Each port has a set, and the engine has one (the sum of all
 * ports, plus what belongs to no port).
 */
#ifndef MM_COUNTERS_H
#define MM_COUNTERS_H

#include "mm.h"

#define MM_COUNTERS(X)                                                        \
	X(rtp_received)          /* packets accepted                       */ \
	X(rtp_received_bytes)                                                 \
	X(rtp_sent)                                                           \
	X(rtp_sent_bytes)                                                     \
	X(rtp_send_failed)       /* refused by the socket                  */ \
	X(rtp_malformed)                                                      \
	X(rtp_unknown_payload_type)                                           \
	X(rtp_probation)         /* RFC 3550 A.1                           */ \
	X(rtp_ssrc_changed)                                                   \
	X(rtp_wrong_source)      /* an address that is not latched         */ \
	X(rtp_floods)            /* sockets closed to all but the peer     */ \
	X(rtp_on_hold)           /* received while we are not receiving    */ \
	X(rtp_before_media)      /* received before the configuration      */ \
	X(rtcp_received)                                                      \
	X(rtcp_sent)                                                          \
	X(rtcp_malformed)                                                     \
	X(srtp_unauthenticated)                                               \
	X(srtp_replayed)                                                      \
	X(jbuf_late)                                                          \
	X(jbuf_lost)                                                          \
	X(jbuf_reordered)                                                     \
	X(jbuf_duplicate)                                                     \
	X(jbuf_overrun)                                                       \
	X(jbuf_underrun)                                                      \
	X(frames_decoded)                                                     \
	X(frames_skipped)        /* not decoded because inaudible          */ \
	X(frames_concealed)                                                   \
	X(frames_recovered)      /* by in-band FEC                         */ \
	X(frames_undecodable)                                                 \
	X(time_shortened)        /* playout delay corrected                */ \
	X(time_lengthened)                                                    \
	X(digits_received)                                                    \
	X(digits_inband)         /* of those received: in-band tones       */ \
	X(digits_doubled)        /* tones ignored: an event came as well   */ \
	X(digits_sent)                                                        \
	X(frames_encoded)        /* encodes run                            */ \
	X(frames_shared)         /* packets that reused an encoded frame   */ \
	X(encode_failed)                                                      \
	X(encoder_forks)                                                      \
	X(encoder_rejoins)                                                    \
	X(playout_delayed)       /* ticks waited for a free playout slot   */ \
	X(playout_underrun)                                                   \
	X(tap_overrun)                                                        \
	X(pcm_overrun)           /* the PCM port was not read in time      */ \
	X(encoded_overrun)       /* the encoded port was not read in time  */ \
	X(events_dropped)                                                     \
	X(commands_refused)      /* command ring full                      */ \
	X(mux_unknown_source)    /* SRTP from an address not bound         */ \
	X(mux_handed_up_dropped) /* STUN/DTLS ring full                    */ \
	X(mux_overrun)           /* a port's packet ring full              */ \
	X(mux_bind_refused)      /* the address table is full              */ \
	X(tcp_accepted)          /* ICE-TCP connections (io/ice_tcp.h)     */ \
	X(tcp_refused)           /* the limits, or no descriptor           */ \
	X(tcp_unverified)        /* closed: no valid STUN request in time  */ \
	X(tcp_idle)              /* closed: silent for too long            */ \
	X(tcp_malformed)         /* closed: no frame, or no STUN at first  */ \
	X(tcp_overrun)           /* frames for a connection that is full   */ \
	X(trunk_sent)            /* of rtp_sent: to other engines          */ \
	X(trunk_received)        /* of rtp_received: from other engines    */ \
	X(trunk_lost)            /* of jbuf_lost: of those                 */ \
	X(trunk_lanes_lent)      /* jitter buffers to talkers that begin   */ \
	X(trunk_lanes_returned)                                               \
	X(trunk_unknown_talker)  /* an SSRC for which there is no ghost    */ \
	X(trunk_no_lane)         /* packets while all lanes were lent      */ \
	X(trunk_crowded)         /* ticks of lanes beyond what is heard    */ \
	X(trunk_no_stream)       /* ticks of playouts without a stream     */ \
	X(ticks)                                                              \
	X(ticks_late)            /* started over 1 ms after the deadline   */ \
	X(ticks_skipped)         /* the shard was more than a second late  */ \
	X(ticks_shed_suppression) /* overload.h: noise is left as it is    */ \
	X(ticks_shed_encoding)   /* overload.h: Opus at complexity 0       */ \
	X(ticks_shed_talkers)    /* overload.h: few talkers mixed          */

struct mm_counters {
#define MM_COUNTER_FIELD(name) uint64_t name;
	MM_COUNTERS(MM_COUNTER_FIELD)
#undef MM_COUNTER_FIELD
};

#endif
