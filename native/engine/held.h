/* held.h -- a bridge, tap or playout with the engine's bookkeeping.
 *
 * The first part of each belongs to the shard from the command that passes it
 * there until it is retired; the second part always to the control thread.
 */
#ifndef MM_HELD_H
#define MM_HELD_H

#include <stdatomic.h>
#include <sys/queue.h>

#include "mix/bridge.h"
#include "mm.h"

struct mm_port;
struct mm_shard;

LIST_HEAD(mm_held_bridge_list, mm_held_bridge);
LIST_HEAD(mm_held_tap_list, mm_held_tap);
LIST_HEAD(mm_held_playout_list, mm_held_playout);

struct mm_held_bridge {
	struct mm_bridge *bridge;
	LIST_ENTRY(mm_held_bridge) in_shard;
	_Atomic uint32_t sample_rate_hz;  /* published by the shard         */

	struct mm_shard *shard;
	LIST_ENTRY(mm_held_bridge) in_engine;
	struct mm_codec_format formats[MM_BRIDGE_MAX_FORMATS];
	size_t nformats;                  /* have a shared encoder          */
	uint32_t nports;
	uint32_t ntaps;
	uint32_t nplayouts;
	uint32_t nlinks;                  /* to other engines               */
	uint32_t max_members;
};

struct mm_held_tap {
	struct mm_tap *tap;
	struct mm_port *port;             /* the tapped port, or NULL       */
	LIST_ENTRY(mm_held_tap) on_port;

	struct mm_held_bridge *bridge;    /* attached to, or NULL           */
	struct mm_port *speaker;          /* attached to, or NULL           */
	struct mm_shard *shard;           /* of what it was attached to     */
	LIST_ENTRY(mm_held_tap) in_engine;
};

struct mm_held_playout {
	struct mm_playout *playout;
	struct mm_bridge *place;          /* where it is playing now        */
	struct mm_port *port;             /* the only listener, or NULL     */
	LIST_ENTRY(mm_held_playout) on_port;

	struct mm_held_bridge *bridge;    /* attached to, or NULL           */
	struct mm_port *listener;         /* attached to, or NULL           */
	struct mm_shard *shard;           /* of what it was attached to     */
	LIST_ENTRY(mm_held_playout) in_engine;
};

#endif
