/* shard_commands.c -- applies commands before a tick, a bounded number. */
#include "engine/shard.h"
#include "rtp/rtp_port.h"
#include "trunk/trunk.h"

bool mm_shard_retire(struct mm_shard *shard, enum mm_retired_type type,
		     void *object)
{
	struct mm_retired retired = { .type = type, .object = object };

	shard->must_wake = true;
	return mm_ring_push(&shard->retired, &retired);
}

static void retire(struct mm_shard *shard, enum mm_retired_type type,
		   void *object)
{
	/* Never full: drain stops while it could become so. */
	mm_shard_retire(shard, type, object);
}

static void adopt_bridge(struct mm_shard *shard, struct mm_held_bridge *held)
{
	LIST_INSERT_HEAD(&shard->bridges, held, in_shard);
}

static void release_bridge(struct mm_shard *shard, struct mm_held_bridge *held)
{
	LIST_REMOVE(held, in_shard);
	retire(shard, MM_RETIRED_BRIDGE, held);
}

static void add_encoder(struct mm_shard *shard, const struct mm_command *command)
{
	if (mm_bridge_add_encoder(command->bridge->bridge,
				  command->u.encoder) < 0)
		retire(shard, MM_RETIRED_ENCODER, command->u.encoder);
}

static void add_playout(const struct mm_command *command)
{
	struct mm_held_playout *held = command->u.playout;

	if (command->port)
		mm_port_add_playout(command->port, held);
	else if (!mm_bridge_add_playout(command->bridge->bridge, held->playout,
					NULL))
		held->place = command->bridge->bridge;
}

static void remove_playout(struct mm_shard *shard, struct mm_held_playout *held)
{
	if (held->port)
		mm_port_remove_playout(held->port, held);
	else if (held->place)
		mm_bridge_remove_playout(held->place, held->playout);
	held->place = NULL;
	retire(shard, MM_RETIRED_PLAYOUT, held);
}

static void add_tap(const struct mm_command *command)
{
	if (command->port)
		mm_port_add_tap(command->port, command->u.tap);
	else
		mm_bridge_add_tap(command->bridge->bridge,
				  command->u.tap->tap);
}

static void remove_tap(struct mm_shard *shard, const struct mm_command *command)
{
	struct mm_held_tap *held = command->u.tap;

	if (held->port)
		mm_port_remove_tap(held->port, held);
	else if (command->bridge)
		mm_bridge_remove_tap(command->bridge->bridge, held->tap);
	retire(shard, MM_RETIRED_TAP, held);
}

static void set_suppressor(struct mm_shard *shard,
			   const struct mm_command *command)
{
	struct mm_suppressor *before = mm_port_set_suppressor(
		command->port, command->u.suppressor);

	if (before)
		retire(shard, MM_RETIRED_SUPPRESSOR, before);
}

static void apply_to_bridge(struct mm_shard *shard,
			    const struct mm_command *command)
{
	switch (command->type) {
	case MM_COMMAND_ADOPT_BRIDGE:
		adopt_bridge(shard, command->bridge);
		break;
	case MM_COMMAND_RELEASE_BRIDGE:
		release_bridge(shard, command->bridge);
		break;
	case MM_COMMAND_ADD_ENCODER:
		add_encoder(shard, command);
		break;
	case MM_COMMAND_ADD_TAP:
		add_tap(command);
		break;
	case MM_COMMAND_REMOVE_TAP:
		remove_tap(shard, command);
		break;
	case MM_COMMAND_ADD_PLAYOUT:
		add_playout(command);
		break;
	case MM_COMMAND_REMOVE_PLAYOUT:
		remove_playout(shard, command->u.playout);
		break;
	default:
		mm_trunk_apply(shard, command);
	}
}

static void apply(struct mm_shard *shard, const struct mm_command *command,
		  int64_t now_us)
{
	struct mm_port *port = command->port;

	switch (command->type) {
	case MM_COMMAND_ADOPT_PORT:
		mm_port_adopt(port, shard);
		break;
	case MM_COMMAND_RELEASE_PORT:
		mm_port_release(port, command->u.on, now_us);
		retire(shard, MM_RETIRED_PORT, port);
		break;
	case MM_COMMAND_CONFIGURE_PORT:
		mm_rtp_port_configure(mm_rtp_port_of(port), command->u.setup,
				      now_us);
		retire(shard, MM_RETIRED_SETUP, command->u.setup);
		break;
	case MM_COMMAND_SEAT_PORT:
		mm_port_seat(port, command->bridge, now_us);
		break;
	case MM_COMMAND_SET_GAIN:
		mm_port_set_gain(port, command->gain_q8);
		break;
	case MM_COMMAND_SET_MUTED:
		mm_port_set_muted(port, command->u.on);
		break;
	case MM_COMMAND_SET_LEVELLED:
		mm_port_set_levelled(port, command->u.on);
		break;
	case MM_COMMAND_SET_SUPPRESSOR:
		set_suppressor(shard, command);
		break;
	case MM_COMMAND_SET_DEAFENED:
		mm_port_set_deafened(port, command->u.on);
		break;
	case MM_COMMAND_SET_HEARS_ITSELF:
		mm_port_set_hears_itself(port, command->u.on);
		break;
	case MM_COMMAND_SET_HEARS:
		mm_port_set_hears(port, command->u.speaker, command->gain_q8);
		break;
	case MM_COMMAND_SET_REMOTE:
		mm_rtp_port_set_remote(mm_rtp_port_of(port), &command->u.remote);
		break;
	case MM_COMMAND_SEND_DIGIT:
		mm_rtp_port_send_digit(mm_rtp_port_of(port), &command->u.digit);
		break;
	case MM_COMMAND_SET_INBAND:
		port->ops->set_inband(port, command->u.inband.detects,
				      command->u.inband.removes);
		break;
	default:
		apply_to_bridge(shard, command);
	}
}

void mm_shard_drain(struct mm_shard *shard, uint32_t limit, int64_t now_us)
{
	struct mm_command command = { .more = false };

	/* Apply a group completely: only its first may retire an object. */
	while ((command.more ||
		(limit && mm_ring_count(&shard->retired) <
				  shard->retired.capacity)) &&
	       mm_ring_pop(&shard->commands, &command)) {
		apply(shard, &command, now_us);
		if (limit)
			limit--;
	}
}
