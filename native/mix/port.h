/* port.h -- a participant's place on a bridge, whatever carries its audio.
 *
 * A port is on the bridge that it was seated on, or, if it `waits`, in its
 * shard's lobby: a bridge whose members are all muted. There it hears silence
 * and its own playouts, so that a phone gets packets (which keep its NAT
 * binding open) from the answer on, for one encode per format and tick.
 */
#ifndef MM_PORT_H
#define MM_PORT_H

#include "engine/event.h"
#include "engine/held.h"
#include "engine/snapshot.h"
#include "mix/bridge.h"
#include "mm.h"

struct mm_engine;
struct mm_shard;
struct mm_mux;
struct mm_port;

LIST_HEAD(mm_port_list, mm_port);

struct mm_port_ops {
	/* Starts and stops receiving on this shard. */
	void (*adopt)(struct mm_port *port);
	void (*release)(struct mm_port *port, bool last);
	/* Before and after the bridges of a tick; receive may be NULL. */
	void (*receive)(struct mm_port *port, int64_t now_us);
	void (*transmit)(struct mm_port *port, int64_t now_us);
	/* Transmits soon: prefetch what that needs; may be NULL. */
	void (*prepare)(const struct mm_port *port);
	void (*measure)(const struct mm_port *port,
			struct mm_measures *measures);
	/* Digits as tones; NULL where there are none. */
	void (*set_inband)(struct mm_port *port, bool detects, bool removes);
	/* On the control thread, when nothing else uses the port. */
	void (*free)(struct mm_port *port);
};

struct mm_hears_rule {
	struct mm_port *speaker;
	int32_t gain_q8;
};

/* The control thread's fields. */
struct mm_port_control {
	struct mm_engine *engine;
	struct mm_shard *shard;           /* where it is, or moves to       */
	struct mm_held_bridge *bridge;
	struct mm_codec_format tx_format; /* of the newest member           */
	bool configured;
	bool closed;
	bool stays;                       /* on its shard: a ghost          */
	bool levelled;
	bool suppressed;
	uint32_t releases_sent;           /* by a shard                     */
	uint32_t releases_seen;
	struct mm_mux *mux;               /* whose socket it uses           */
	bool mux_holds;                   /* and has a binding there        */
	LIST_ENTRY(mm_port) in_engine;
	struct mm_hears_rule *hears;
	size_t nhears;
};

struct mm_port {
	const struct mm_port_ops *ops;
	uint32_t id;
	bool waits;                       /* in the lobby while unseated    */
	struct mm_shard *shard;           /* that owns it; NULL in between  */
	LIST_ENTRY(mm_port) in_shard;
	struct mm_held_playout_list playouts; /* that only it hears         */
	struct mm_held_tap_list taps;     /* on it                          */
	struct mm_tapped tapped;          /* their state, for the member    */
	struct mm_member *member;         /* NULL until configured          */
	struct mm_held_bridge *assigned;  /* by the last seat command       */
	struct mm_bridge *place;          /* the bridge; NULL: none         */
	int32_t gain_q8;
	bool muted;
	bool levelled;
	struct mm_suppressor *suppressor; /* NULL: none; the port's own     */
	bool deafened;
	bool hears_itself;
	bool reported_talking;            /* the last talk spurt event      */
	struct mm_counters counters;
	struct mm_snapshot snapshot;
	struct mm_port_control control;
};

void mm_port_init(struct mm_port *port, const struct mm_port_ops *ops,
		  uint32_t id);

/* All functions below run on the shard's thread. */
void mm_port_adopt(struct mm_port *port, struct mm_shard *shard);
/* `last`: it is closing, not moving; its playouts are detached. */
void mm_port_release(struct mm_port *port, bool last, int64_t now_us);
/* Join a bridge, or (NULL) leave it. */
void mm_port_seat(struct mm_port *port, struct mm_held_bridge *bridge,
		  int64_t now_us);
/* Replace the member on its bridge; the old one is returned. */
struct mm_member *mm_port_replace_member(struct mm_port *port,
					 struct mm_member *member,
					 int64_t now_us);
void mm_port_set_gain(struct mm_port *port, int32_t gain_q8);
void mm_port_set_muted(struct mm_port *port, bool muted);
void mm_port_set_levelled(struct mm_port *port, bool levelled);
/* The one before is returned. */
struct mm_suppressor *mm_port_set_suppressor(struct mm_port *port,
					     struct mm_suppressor *suppressor);
void mm_port_set_deafened(struct mm_port *port, bool deafened);
void mm_port_set_hears_itself(struct mm_port *port, bool on);
void mm_port_set_hears(struct mm_port *port, struct mm_port *speaker,
		       int32_t gain_q8);
void mm_port_add_playout(struct mm_port *port, struct mm_held_playout *playout);
void mm_port_remove_playout(struct mm_port *port,
			    struct mm_held_playout *playout);
void mm_port_add_tap(struct mm_port *port, struct mm_held_tap *tap);
void mm_port_remove_tap(struct mm_port *port, struct mm_held_tap *tap);
/* Every tick: taps of a port that is on no bridge are fed silence. */
void mm_port_feed_taps(struct mm_port *port, uint32_t skipped);
/* Every tick: retry playouts that found no free slot. */
void mm_port_retry_playouts(struct mm_port *port);
/* After the bridges' tick: queue events of talk spurts. */
void mm_port_report_talking(struct mm_port *port, int64_t now_us);
void mm_port_publish(struct mm_port *port);

#endif
