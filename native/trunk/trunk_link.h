/* trunk_link.h -- a bridge's connection to the same room in one other engine, and
 * the streams that leave by it (trunk.h).
 */
#ifndef MM_TRUNK_LINK_H
#define MM_TRUNK_LINK_H

#include "mix/forward.h"
#include "rtp/srtp.h"
#include "trunk/trunk.h"

#define MM_LINK_BUCKETS 64            /* power of two                       */
#define MM_LINK_PLAYOUTS 8

/* A stream that leaves: one talker to one other engine. */
struct mm_trunk_sender {
	uint32_t port_id;         /* 0: a playouts' stream that is free     */
	bool of_playouts;         /* takes any playout of the room          */
	uint32_t ssrc;
	struct mm_srtp srtp;
	uint16_t sequence_number;
	uint8_t silent_ticks;     /* digital silence sent in a row          */
	uint8_t ends;             /* end packets sent; 0: in a spurt        */
	bool active;              /* in the link's list of active senders   */
	bool fed;                 /* in this tick                           */
	bool closing;             /* retire it when it is not active        */
	LIST_ENTRY(mm_trunk_sender) in_bucket;
	LIST_ENTRY(mm_trunk_sender) in_active;

	/* The control thread's fields. */
	struct mm_trunk_link *link;
	uint32_t carried_id;
	LIST_ENTRY(mm_trunk_sender) in_link;
};

LIST_HEAD(mm_sender_list, mm_trunk_sender);

/* A bridge's connection to the same room in one other engine. */
struct mm_trunk_link {
	struct mm_forward forward;        /* first                          */
	struct mm_trunk *trunk;
	struct mm_held_bridge *bridge;
	struct mm_address remote;
	uint16_t remote_tag;
	uint32_t clock;                   /* 48 kHz, of this tick           */
	uint32_t sample_rate_hz;          /* of this tick                   */
	size_t nsamples;
	struct mm_sender_list buckets[MM_LINK_BUCKETS]; /* by port          */
	struct mm_sender_list active;
	struct mm_trunk_sender *playouts[MM_LINK_PLAYOUTS];

	/* The control thread's fields. */
	LIST_ENTRY(mm_trunk_link) in_trunk;
	struct mm_sender_list senders;
	uint16_t local_tag;
	bool connected;
	uint32_t nghosts;
	struct mm_srtp_key rx_key, tx_key;
	/* Numbers of talkers that the keys were used for. */
	uint64_t sent[MM_TRUNK_TALKERS / 64];
	uint64_t expected[MM_TRUNK_TALKERS / 64];
};

void mm_link_init(struct mm_trunk_link *link, struct mm_trunk *trunk);
/* On the shard's thread. */
void mm_link_add_sender(struct mm_trunk_link *link,
			struct mm_trunk_sender *sender);
/* It is retired when it has ended its spurt. */
void mm_link_remove_sender(struct mm_trunk_link *link,
			   struct mm_trunk_sender *sender);

#endif
