/* engine_trunks.c -- the control thread's part of trunks. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "mix/tap.h"

#define TALKER_BITS 16
#define MAX_TAG 0xffff

static int command(struct mm_trunk *trunk, struct mm_command what)
{
	return mm_dispatch(trunk->engine, trunk->shard, &what);
}

uint32_t mm_engine_shard_of(const struct mm_engine *engine,
			    const struct mm_held_bridge *bridge)
{
	uint32_t at = 0;

	while (engine->shards[at] != bridge->shard)
		at++;
	return at;
}

int mm_engine_open_trunk(struct mm_engine *engine, const char *host,
			 uint16_t port, uint32_t shard, uint32_t nlanes,
			 struct mm_trunk **opened)
{
	struct mm_address local;
	struct mm_trunk *trunk;
	int rc = mm_address_parse(&local, host, port);

	if (rc < 0 || shard >= engine->nshards)
		return -EINVAL;
	rc = mm_trunk_open(&trunk, &local, nlanes, engine->shards[shard],
			   &engine->libraries);
	if (rc < 0)
		return rc;
	trunk->engine = engine;
	rc = command(trunk, (struct mm_command){
		.type = MM_COMMAND_ADOPT_TRUNK, .u.trunk = trunk });
	if (rc < 0) {
		mm_trunk_close(trunk);
		return rc;
	}
	LIST_INSERT_HEAD(&engine->trunks, trunk, in_engine);
	*opened = trunk;
	return 0;
}

int mm_engine_close_trunk(struct mm_trunk *trunk)
{
	if (!LIST_EMPTY(&trunk->links))
		return -EBUSY;
	LIST_REMOVE(trunk, in_engine);
	return command(trunk, (struct mm_command){
		.type = MM_COMMAND_RELEASE_TRUNK, .u.trunk = trunk });
}

static bool is_used(const struct mm_trunk *trunk, uint16_t tag)
{
	const struct mm_trunk_link *link;

	LIST_FOREACH(link, &trunk->links, in_trunk)
		if (link->local_tag == tag)
			return true;
	return false;
}

/* Tags go round, so that packets to a closed link find no new one. */
static int choose_tag(struct mm_trunk *trunk)
{
	for (uint32_t tries = 0; tries < MAX_TAG; tries++) {
		if (++trunk->last_tag == 0)
			++trunk->last_tag;
		if (!is_used(trunk, trunk->last_tag))
			return trunk->last_tag;
	}
	return -ENOSPC;
}

static struct mm_trunk_link *link_alloc(struct mm_trunk *trunk)
{
	struct mm_trunk_link *link = calloc(1, sizeof(*link));

	if (link)
		mm_link_init(link, trunk);
	return link;
}

int mm_engine_open_link(struct mm_trunk *trunk, struct mm_held_bridge *bridge,
			struct mm_trunk_link **opened)
{
	struct mm_trunk_link *link;
	int tag;

	if (bridge->shard != trunk->shard)
		return -EINVAL;
	if (bridge->nlinks == MM_BRIDGE_MAX_FORWARDS)
		return -ENOSPC;
	tag = choose_tag(trunk);
	if (tag < 0)
		return tag;
	link = link_alloc(trunk);
	if (!link)
		return -ENOMEM;
	link->bridge = bridge;
	link->local_tag = (uint16_t)tag;
	bridge->nlinks++;
	LIST_INSERT_HEAD(&trunk->links, link, in_trunk);
	*opened = link;
	return 0;
}

int mm_engine_connect_link(struct mm_trunk_link *link,
			   const struct mm_address *remote, uint16_t tag,
			   const uint8_t *tx_key, const uint8_t *rx_key)
{
	int rc;

	if (link->connected)
		return -EBUSY;
	link->remote = *remote;
	link->remote_tag = tag;
	memcpy(link->tx_key.bytes, tx_key, MM_TRUNK_KEY_BYTES);
	memcpy(link->rx_key.bytes, rx_key, MM_TRUNK_KEY_BYTES);
	rc = command(link->trunk, (struct mm_command){
		.type = MM_COMMAND_ADD_LINK,
		.bridge = link->bridge,
		.u.link = link });
	link->connected = !rc;
	return rc;
}

int mm_engine_close_link(struct mm_trunk_link *link)
{
	if (link->nghosts)
		return -EBUSY;
	LIST_REMOVE(link, in_trunk);
	link->bridge->nlinks--;
	if (!link->connected) {
		mm_engine_free_link(link);
		return 0;
	}
	return command(link->trunk, (struct mm_command){
		.type = MM_COMMAND_REMOVE_LINK,
		.bridge = link->bridge,
		.u.link = link });
}

void mm_engine_free_sender(struct mm_trunk_sender *sender)
{
	LIST_REMOVE(sender, in_link);
	mm_srtp_close(&sender->srtp);
	free(sender);
}

void mm_engine_free_link(struct mm_trunk_link *link)
{
	while (!LIST_EMPTY(&link->senders))
		mm_engine_free_sender(LIST_FIRST(&link->senders));
	free(link);
}

/* Sent again under one key, a number would use GCM's nonces again, which reveals
 * both streams and the key of the authentication; expected again, old packets
 * could be replayed. */
static int reserve(const struct mm_trunk_link *link, uint64_t *numbers,
		   uint16_t talker)
{
	uint64_t bit = (uint64_t)1 << talker % 64;

	if (!link->connected)
		return -ENOTCONN;
	if (numbers[talker / 64] & bit)
		return -EEXIST;
	numbers[talker / 64] |= bit;
	return 0;
}

static struct mm_trunk_sender *sender_alloc(void)
{
	return calloc(1, sizeof(struct mm_trunk_sender));
}

static int add_sender(struct mm_trunk_link *link, uint32_t port_id,
		      uint16_t talker)
{
	struct mm_trunk_sender *sender;
	int rc = reserve(link, link->sent, talker);

	if (rc < 0)
		return rc;
	sender = sender_alloc();
	if (!sender)
		return -ENOMEM;
	sender->link = link;
	sender->carried_id = port_id;
	sender->port_id = port_id;
	sender->of_playouts = !port_id;
	sender->ssrc = (uint32_t)link->remote_tag << TALKER_BITS | talker;
	rc = mm_srtp_open_stream(&sender->srtp, &link->trunk->engine->libraries,
				 MM_SRTP_AEAD_AES_128_GCM, true, sender->ssrc,
				 &link->tx_key);
	if (!rc)
		rc = command(link->trunk, (struct mm_command){
			.type = MM_COMMAND_ADD_SENDER, .u.sender = sender });
	if (rc < 0) {
		mm_srtp_close(&sender->srtp);
		free(sender);
		return rc;
	}
	LIST_INSERT_HEAD(&link->senders, sender, in_link);
	return 0;
}

static struct mm_trunk_sender *find_sender(const struct mm_trunk_link *link,
					   uint32_t port_id)
{
	struct mm_trunk_sender *sender;

	LIST_FOREACH(sender, &link->senders, in_link)
		if (sender->carried_id == port_id)
			return sender;
	return NULL;
}

int mm_engine_carry(struct mm_trunk_link *link, const struct mm_port *port,
		    uint16_t talker)
{
	if (port->control.closed)
		return -EBADF;
	/* Split horizon: what came by a trunk never leaves by one. */
	if (port->control.stays)
		return -EINVAL;
	if (find_sender(link, port->id))
		return -EBUSY;
	return add_sender(link, port->id, talker);
}

int mm_engine_carry_playouts(struct mm_trunk_link *link, uint16_t first_talker)
{
	int rc = 0;

	if (find_sender(link, 0))
		return -EBUSY;
	if (first_talker > MM_TRUNK_TALKERS - MM_LINK_PLAYOUTS)
		return -EINVAL;
	for (uint16_t i = 0; i < MM_LINK_PLAYOUTS && !rc; i++)
		rc = add_sender(link, 0, (uint16_t)(first_talker + i));
	return rc;
}

void mm_engine_drop(struct mm_trunk_link *link, uint32_t port_id)
{
	struct mm_trunk_sender *sender = find_sender(link, port_id);

	if (!sender)
		return;
	sender->carried_id = UINT32_MAX; /* of no port */
	command(link->trunk, (struct mm_command){
		.type = MM_COMMAND_REMOVE_SENDER, .u.sender = sender });
}

void mm_engine_drop_everywhere(struct mm_engine *engine, uint32_t port_id)
{
	struct mm_trunk_link *link;
	struct mm_trunk *trunk;

	LIST_FOREACH(trunk, &engine->trunks, in_engine)
		LIST_FOREACH(link, &trunk->links, in_trunk)
			mm_engine_drop(link, port_id);
}

int mm_engine_open_ghost(struct mm_trunk_link *link, uint16_t talker,
			 struct mm_ghost **opened)
{
	struct mm_trunk *trunk = link->trunk;
	struct mm_engine *engine = trunk->engine;
	uint32_t ssrc = (uint32_t)link->local_tag << TALKER_BITS | talker;
	int rc;

	if (engine->nports >= MM_ENGINE_MAX_PORTS)
		return -ENOSPC;
	rc = reserve(link, link->expected, talker);
	if (rc < 0)
		return rc;
	rc = mm_ghost_open(opened, ++engine->next_port_id, trunk, ssrc,
			   &link->rx_key, &engine->libraries);
	if (rc < 0)
		return rc;
	(*opened)->link = link;
	(*opened)->port.control.stays = true;
	rc = mm_engine_own_port(engine, &(*opened)->port, trunk->shard);
	if (!rc)
		link->nghosts++;
	return rc;
}

void mm_engine_close_ghost(struct mm_ghost *ghost)
{
	if (ghost->port.control.closed)
		return;
	ghost->link->nghosts--;
	mm_engine_close_port(&ghost->port);
}

static void close_trunk(struct mm_trunk *trunk)
{
	while (!LIST_EMPTY(&trunk->links)) {
		struct mm_trunk_link *link = LIST_FIRST(&trunk->links);

		link->nghosts = 0; /* all ports are closed */
		mm_engine_close_link(link);
	}
	mm_engine_close_trunk(trunk);
}

void mm_engine_close_trunks(struct mm_engine *engine)
{
	while (!LIST_EMPTY(&engine->trunks))
		close_trunk(LIST_FIRST(&engine->trunks));
}
