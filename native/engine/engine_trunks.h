/* engine_trunks.h -- trunks, links and ghosts (trunk/trunk.h) for the control
 * thread. Every call returns immediately and takes effect between two ticks.
 */
#ifndef MM_ENGINE_TRUNKS_H
#define MM_ENGINE_TRUNKS_H

#include "trunk/ghost.h"
#include "trunk/trunk_link.h"

struct mm_engine;

/* The number of the shard that a bridge is on. */
uint32_t mm_engine_shard_of(const struct mm_engine *engine,
			    const struct mm_held_bridge *bridge);
/* Port 0: any. The trunk is of one shard, and lends out `nlanes` jitter
 * buffers. */
int mm_engine_open_trunk(struct mm_engine *engine, const char *host,
			 uint16_t port, uint32_t shard, uint32_t nlanes,
			 struct mm_trunk **trunk);
/* -EBUSY while it has links. */
int mm_engine_close_trunk(struct mm_trunk *trunk);
/* -EINVAL for a bridge of another shard. */
int mm_engine_open_link(struct mm_trunk *trunk, struct mm_held_bridge *bridge,
			struct mm_trunk_link **link);
/* Once: the other engine's address, its tag for this link, and a key (with its
 * salt) for each direction, used for nothing else. -EBUSY the second time. */
int mm_engine_connect_link(struct mm_trunk_link *link,
			   const struct mm_address *remote, uint16_t tag,
			   const uint8_t *tx_key, const uint8_t *rx_key);
/* -EBUSY while it has ghosts. */
int mm_engine_close_link(struct mm_trunk_link *link);
/* Let a port's contributions leave under a talker's number. -ENOTCONN before
 * the link is connected, -EEXIST for a number that it had before, -EINVAL for a
 * ghost, -EBUSY if it leaves already. */
int mm_engine_carry(struct mm_trunk_link *link, const struct mm_port *port,
		    uint16_t talker);
/* The same for the room's playouts, under MM_LINK_PLAYOUTS numbers. */
int mm_engine_carry_playouts(struct mm_trunk_link *link, uint16_t first_talker);
void mm_engine_drop(struct mm_trunk_link *link, uint32_t port_id);
/* A port closes. */
void mm_engine_drop_everywhere(struct mm_engine *engine, uint32_t port_id);
/* The place of the other engine's talker; to be seated on the link's bridge.
 * -ENOTCONN, -EEXIST as above. */
int mm_engine_open_ghost(struct mm_trunk_link *link, uint16_t talker,
			 struct mm_ghost **ghost);
void mm_engine_close_ghost(struct mm_ghost *ghost);

void mm_engine_free_sender(struct mm_trunk_sender *sender);
void mm_engine_free_link(struct mm_trunk_link *link);
/* All that is left, when the engine closes. */
void mm_engine_close_trunks(struct mm_engine *engine);

#endif
