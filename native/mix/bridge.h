/* bridge.h -- the audio of one conference: its members, and what each hears.
 *
 *   peek all -> choose talkers -> pull, resample, gain, ramp
 *            -> sum (32 bits) -> mix classes (minus-one, exceptions)
 *            -> limiter -> resample -> encode once per class and format
 *            -> every member points at its payload
 *
 * A bridge uses sources, members and formats, but neither sockets nor RTP.
 * All calls but open, close and the *_open of its parts happen on the owning
 * shard's thread, between or in ticks.
 */
#ifndef MM_BRIDGE_H
#define MM_BRIDGE_H

#include "codec/codec.h"
#include "dsp/level.h"
#include "dsp/suppressor.h"
#include "engine/counters.h"
#include "engine/overload.h"
#include "mix/forward.h"
#include "mix/playout.h"
#include "mix/source.h"
#include "mix/tap.h"
#include "mix/tapped.h"
#include "mm.h"

#define MM_BRIDGE_MAX_TALKERS 16      /* upper bound of the setting         */
#define MM_BRIDGE_MAX_FORMATS 16      /* distinct encodings on one bridge   */
#define MM_BRIDGE_MAX_TAPS 8
#define MM_BRIDGE_MAX_LANES 64         /* ghosts heard at once              */
#define MM_BRIDGE_MAX_PLAYOUTS 8      /* for all members; each has its stem */
#define MM_GATE_DBOV 60               /* quieter frames are not summed      */

struct mm_bridge_config {
	uint32_t ptime_ms;
	uint32_t max_talkers;     /* 0: every member is summed, no gate     */
	uint32_t max_members;
	uint32_t max_playouts;    /* for all and for single members         */
};

struct mm_bridge;

/* A port's place on a bridge. Memory (the private encoder included) is the
 * port's, allocated off the tick by mm_member_open. */
struct mm_member {
	uint32_t port_id;
	struct mm_source *source;         /* NULL: listens only             */
	struct mm_codec_format tx_format;
	bool receives;                    /* false: hold; nothing is sent   */
	/* Out, after each tick: what to send, valid until the next one.    */
	const uint8_t *tx_payload;        /* NULL: nothing to send          */
	size_t tx_bytes;
	uint8_t level_dbov;
	bool talking;
	bool talking_changed;             /* in this tick                   */
	struct mm_member_state *state;    /* the bridge's own               */
	struct mm_tapped *tapped;         /* NULL: no tap on it             */
	/* A talker of another engine (trunk/trunk.h): outside of the
	 * election, heard while it is present, sent nothing. */
	bool ghost;
	bool present;
	struct mm_suppressor *suppressor; /* NULL: noise is left as it is   */
};

/* Prefetch what a tick of a small bridge needs: what it keeps for its seats, and
 * what these point to. */
#define MM_BRIDGE_HEAD_BYTES 192
void mm_bridge_prefetch_seats(const struct mm_bridge *bridge);
void mm_bridge_prefetch_members(const struct mm_bridge *bridge);
void mm_bridge_prefetch_sources(const struct mm_bridge *bridge);

int mm_member_open(struct mm_member *member, uint32_t port_id,
		   struct mm_source *source,
		   const struct mm_codec_format *tx_format, uint32_t ptime_ms,
		   const struct mm_libraries *libraries);
void mm_member_close(struct mm_member *member);

int mm_bridge_open(struct mm_bridge **bridge,
		   const struct mm_bridge_config *config,
		   const struct mm_libraries *libraries,
		   struct mm_counters *counters);
void mm_bridge_close(struct mm_bridge *bridge);

/* A shared encoder for a format, prepared off the tick before the first member
 * of that format joins; joining without it is -ENOENT. */
struct mm_shared_encoder;
int mm_shared_encoder_open(struct mm_shared_encoder **encoder,
			   const struct mm_codec_format *format,
			   const struct mm_libraries *libraries);
void mm_shared_encoder_close(struct mm_shared_encoder *encoder);
/* 0; -EEXIST when the bridge has one of that format (free yours), -ENOSPC. */
int mm_bridge_add_encoder(struct mm_bridge *bridge,
			  struct mm_shared_encoder *encoder);

int mm_bridge_join(struct mm_bridge *bridge, struct mm_member *member);
void mm_bridge_leave(struct mm_bridge *bridge, struct mm_member *member);

void mm_bridge_set_gain(struct mm_bridge *bridge, struct mm_member *member,
			int32_t gain_q8);
void mm_bridge_set_muted(struct mm_bridge *bridge, struct mm_member *member,
			 bool muted);
/* Bring the member to the common loudness (dsp/leveller.h). */
void mm_bridge_set_levelled(struct mm_bridge *bridge, struct mm_member *member,
			    bool levelled);
void mm_bridge_set_deafened(struct mm_bridge *bridge, struct mm_member *member,
			    bool deafened);
void mm_bridge_set_hears_itself(struct mm_bridge *bridge,
				struct mm_member *member, bool on);
/* Set the gain at which a listener hears a speaker, kept as an exception:
 * gain 0 is not heard, 256 removes the exception. -ENOSPC when full. */
int mm_bridge_set_hears(struct mm_bridge *bridge, struct mm_member *listener,
			struct mm_member *speaker, int32_t gain_q8);

int mm_bridge_add_tap(struct mm_bridge *bridge, struct mm_tap *tap);
void mm_bridge_remove_tap(struct mm_bridge *bridge, struct mm_tap *tap);
/* Between ticks; the control thread counts them: there is room. */
void mm_bridge_add_forward(struct mm_bridge *bridge, struct mm_forward *forward);
void mm_bridge_remove_forward(struct mm_bridge *bridge,
			      struct mm_forward *forward);
/* `only` NULL: every member hears it; else only that one. */
int mm_bridge_add_playout(struct mm_bridge *bridge, struct mm_playout *playout,
			  struct mm_member *only);
void mm_bridge_remove_playout(struct mm_bridge *bridge,
			      struct mm_playout *playout);

/* What to do without from the next tick on, to save time. */
void mm_bridge_set_shed(struct mm_bridge *bridge, enum mm_shed shed);
/* One tick. `skipped` ticks were not run since the last one (the shard was
 * late by more than a second): the taps' clocks advance by them. */
void mm_bridge_tick(struct mm_bridge *bridge, int64_t now_us, uint32_t skipped);
uint32_t mm_bridge_sample_rate_hz(const struct mm_bridge *bridge);

#endif
