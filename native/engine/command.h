/* command.h -- the commands from the control thread to a shard.
 *
 * A command passes objects by pointer. The shard returns each object that it no
 * longer uses by a `retired` entry; only then the control thread frees it.
 * Nothing is allocated or freed on a shard.
 */
#ifndef MM_COMMAND_H
#define MM_COMMAND_H

#include "io/udp.h"
#include "mix/bridge.h"
#include "mm.h"
#include "rtp/dtmf.h"

enum mm_command_type {
	MM_COMMAND_ADOPT_PORT,
	MM_COMMAND_RELEASE_PORT,          /* retires the port               */
	MM_COMMAND_CONFIGURE_PORT,        /* retires the setup              */
	MM_COMMAND_SEAT_PORT,             /* bridge NULL: leave             */
	MM_COMMAND_SET_GAIN,
	MM_COMMAND_SET_MUTED,
	MM_COMMAND_SET_LEVELLED,
	MM_COMMAND_SET_SUPPRESSOR,        /* retires the one before         */
	MM_COMMAND_SET_DEAFENED,
	MM_COMMAND_SET_HEARS_ITSELF,
	MM_COMMAND_SET_HEARS,
	MM_COMMAND_SET_REMOTE,
	MM_COMMAND_SEND_DIGIT,
	MM_COMMAND_SET_INBAND,
	MM_COMMAND_ADOPT_BRIDGE,
	MM_COMMAND_RELEASE_BRIDGE,        /* retires the bridge             */
	MM_COMMAND_ADD_ENCODER,           /* retires a superfluous encoder  */
	MM_COMMAND_ADD_TAP,               /* to the bridge, or to the port  */
	MM_COMMAND_REMOVE_TAP,            /* retires the tap                */
	MM_COMMAND_ADD_PLAYOUT,           /* to the bridge, or to the port  */
	MM_COMMAND_REMOVE_PLAYOUT,        /* retires the playout            */
	MM_COMMAND_ADOPT_TRUNK,
	MM_COMMAND_RELEASE_TRUNK,         /* retires the trunk              */
	MM_COMMAND_ADD_LINK,
	MM_COMMAND_REMOVE_LINK,           /* retires the link               */
	MM_COMMAND_ADD_SENDER,
	MM_COMMAND_REMOVE_SENDER,         /* retires the sender, later      */
};

struct mm_port;
struct mm_port_setup;
struct mm_held_bridge;
struct mm_held_tap;
struct mm_held_playout;
struct mm_trunk;
struct mm_trunk_link;
struct mm_trunk_sender;

struct mm_command {
	enum mm_command_type type;
	bool more;                        /* the next one applies at the same
					   * tick                           */
	uint32_t after_releases;          /* ADOPT_PORT: not before the port
					   * was retired this many times    */
	struct mm_port *port;
	struct mm_held_bridge *bridge;
	union {
		struct mm_port_setup *setup;
		struct mm_port *speaker;
		struct mm_shared_encoder *encoder;
		struct mm_suppressor *suppressor; /* NULL: none   */
		struct mm_held_tap *tap;
		struct mm_held_playout *playout;
		struct mm_trunk *trunk;
		struct mm_trunk_link *link;
		struct mm_trunk_sender *sender;
		struct mm_address remote;
		struct mm_digit digit;
		struct { bool detects, removes; } inband;
		bool on;
	} u;
	int32_t gain_q8;
};

enum mm_retired_type {
	MM_RETIRED_PORT,
	MM_RETIRED_SETUP,
	MM_RETIRED_BRIDGE,
	MM_RETIRED_ENCODER,
	MM_RETIRED_TAP,
	MM_RETIRED_PLAYOUT,
	MM_RETIRED_TRUNK,
	MM_RETIRED_LINK,
	MM_RETIRED_SENDER,
	MM_RETIRED_SUPPRESSOR,
};

struct mm_retired {
	enum mm_retired_type type;
	void *object;
};

#endif
