/* engine_taps.h -- taps and playouts (mix/tap.h, mix/playout.h) for the control
 * thread. Every call returns immediately and takes effect between two ticks.
 */
#ifndef MM_ENGINE_TAPS_H
#define MM_ENGINE_TAPS_H

#include "engine/held.h"

struct mm_engine;

/* engine_taps.c */
int mm_engine_open_tap(struct mm_engine *engine, struct mm_held_bridge *bridge,
		       uint32_t sample_rate_hz, bool stems, uint32_t seconds,
		       struct mm_held_tap **tap);
/* A tap of what a port says and hears, on any bridge or none. */
int mm_engine_open_port_tap(struct mm_port *port, uint32_t sample_rate_hz,
			    uint32_t seconds, struct mm_held_tap **tap);
void mm_engine_close_tap(struct mm_engine *engine, struct mm_held_tap *tap);
void mm_engine_free_tap(struct mm_held_tap *tap);

/* engine_bridges.c */
int mm_engine_open_playout(struct mm_engine *engine, uint32_t sample_rate_hz,
			   uint32_t seconds, struct mm_held_playout **playout);
/* To a bridge or to one port; -EBUSY when it was attached before. */
int mm_engine_attach_playout(struct mm_engine *engine,
			     struct mm_held_playout *playout,
			     struct mm_held_bridge *bridge,
			     struct mm_port *port);
void mm_engine_close_playout(struct mm_engine *engine,
			     struct mm_held_playout *playout);
void mm_engine_free_playout(struct mm_held_playout *playout);

#endif
