/* held.h -- bridge, tap and playout as the engine holds them.
 *
 * The first half of each belongs to the shard from the command that hands it
 * over until it is retired; the second half to the control thread always.
 */
#ifndef MM_HELD_H
#define MM_HELD_H

#include <stdatomic.h>

#include "mix/bridge.h"
#include "mm.h"

struct mm_port;
struct mm_shard;

struct mm_held_bridge {
	struct mm_bridge *bridge;
	struct mm_held_bridge *next;      /* in the shard's list            */
	struct mm_held_bridge **link;
	_Atomic uint32_t sample_rate_hz;  /* published by the shard         */

	struct mm_shard *shard;
	struct mm_held_bridge *next_open; /* in the engine's list           */
	struct mm_held_bridge **link_open;
	struct mm_codec_format formats[MM_BRIDGE_MAX_FORMATS];
	size_t nformats;                  /* have a shared encoder          */
	uint32_t nports;
	uint32_t ntaps;
	uint32_t nplayouts;
	uint32_t max_members;
};

struct mm_held_tap {
	struct mm_tap *tap;
	struct mm_port *port;             /* that it is on, or NULL         */
	struct mm_held_tap *next;         /* of that port                   */

	struct mm_held_bridge *bridge;    /* attached to, or NULL           */
	struct mm_port *speaker;          /* attached to, or NULL           */
	struct mm_shard *shard;           /* of what it was attached to     */
	struct mm_held_tap *next_open;
	struct mm_held_tap **link_open;
};

struct mm_held_playout {
	struct mm_playout *playout;
	struct mm_bridge *place;          /* where it is heard now          */
	struct mm_port *port;             /* the only one who hears it      */
	struct mm_held_playout *next;     /* of that port                   */

	struct mm_held_bridge *bridge;    /* attached to, or NULL           */
	struct mm_port *listener;         /* attached to, or NULL           */
	struct mm_shard *shard;           /* of what it was attached to     */
	struct mm_held_playout *next_open;
	struct mm_held_playout **link_open;
};

#endif
