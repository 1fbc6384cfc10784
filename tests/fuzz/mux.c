/* mux.c -- fuzz: datagrams of four senders at the browsers' port, while ports are
 * bound and unbound. A record is the sender (two bits) and what happens (the rest),
 * size (two octets), the datagram.
 *
 * Every datagram arrives unchanged where RFC 7983 says, or in a counter.
 */
#include "io/mux.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "records.h"
#include "rtp/rtp_port.h"

#define SENDERS 4u
#define PORTS 2u

enum action { SEND, SEND_TOO, BIND, UNBIND };

struct fixture {
	struct mm_mux *mux;
	struct mm_address at;
	int sockets[SENDERS];
	struct mm_address senders[SENDERS];
	struct mm_rtp_port *ports[PORTS];
	struct mm_rtp_port *bound[SENDERS];
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

static struct mm_address address_of(int fd)
{
	struct mm_address address = { .len = sizeof(address.u) };

	must(!getsockname(fd, &address.u.sa, &address.len));
	return address;
}

static void set_up(struct fixture *f)
{
	struct mm_address any;

	must(!mm_address_parse(&any, "127.0.0.1", 0));
	must(!mm_mux_open(&f->mux, &any, -1));
	f->at = address_of(f->mux->fd);
	for (uint32_t i = 0; i < SENDERS; i++) {
		f->sockets[i] = mm_udp_open(&any, 0);
		must(f->sockets[i] >= 0);
		f->senders[i] = address_of(f->sockets[i]);
	}
	for (uint32_t i = 0; i < PORTS; i++) {
		must(!mm_rtp_port_open_muxed(&f->ports[i], i + 1, f->mux->fd));
		f->ports[i]->port.control.mux = f->mux;
	}
}

static void tear_down(struct fixture *f)
{
	for (uint32_t i = 0; i < PORTS; i++) {
		mm_mux_forget(f->mux, &f->ports[i]->port);
		mm_mux_step(f->mux);
	}
	for (uint32_t i = 0; i < SENDERS; i++) {
		must(!mm_mux_table_find(&f->mux->table, &f->senders[i]));
		close(f->sockets[i]);
	}
	for (uint32_t i = 0; i < PORTS; i++)
		f->ports[i]->port.ops->free(&f->ports[i]->port);
	mm_mux_stop(f->mux);
	mm_mux_free(f->mux);
}

/* Whether the ring has this datagram, and nothing else. */
static bool arrived(struct mm_ring *ring, const struct mm_fuzz_record *record)
{
	struct mm_inbox_packet packet;

	if (!mm_ring_pop(ring, &packet))
		return false;
	must(packet.size == record->size &&
	     !memcmp(packet.bytes, record->bytes, record->size) &&
	     !mm_ring_count(ring));
	return true;
}

static void check(struct fixture *f, uint32_t sender,
		  const struct mm_fuzz_record *record,
		  const struct mm_counters *before)
{
	const struct mm_counters *now = &f->mux->counters;
	uint8_t first = record->size ? record->bytes[0] : 255;
	bool fits = record->size <= MM_INBOX_PACKET_BYTES;

	if (first >= 128 && first <= 191 && f->bound[sender])
		must(arrived(&f->bound[sender]->inbox->ring, record) == fits &&
		     now->mux_overrun == before->mux_overrun + !fits);
	else if (first >= 128 && first <= 191)
		must(now->mux_unknown_source == before->mux_unknown_source + 1);
	else if (first <= 3 || (first >= 20 && first <= 63))
		must(arrived(&f->mux->up, record) == fits &&
		     now->mux_handed_up_dropped ==
			     before->mux_handed_up_dropped + !fits);
	else
		must(now->rtp_malformed == before->rtp_malformed + 1);
	must(!mm_ring_count(&f->mux->up) &&
	     !mm_ring_count(&f->ports[0]->inbox->ring) &&
	     !mm_ring_count(&f->ports[1]->inbox->ring));
}

static void take(struct fixture *f, const struct mm_fuzz_record *record)
{
	struct mm_counters before = f->mux->counters;
	uint32_t sender = record->head % SENDERS;
	const struct mm_address *from = &f->senders[sender];
	struct mm_rtp_port *port = f->ports[record->head >> 4 & 1];

	switch ((enum action)(record->head >> 2 & 3)) {
	case SEND:
	case SEND_TOO:
		if (record->size > MM_MAX_DATAGRAM_BYTES)
			return;
		must(!mm_udp_send(f->sockets[sender], &f->at, record->bytes,
				  record->size));
		mm_mux_step(f->mux);
		check(f, sender, record, &before);
		return;
	case BIND:
		must(!mm_mux_bind(f->mux, from, &port->port));
		f->bound[sender] = port;
		break;
	case UNBIND:
		must(!mm_mux_unbind(f->mux, from));
		f->bound[sender] = NULL;
		break;
	}
	mm_mux_step(f->mux);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fixture f = { 0 };
	struct mm_fuzz_record record;

	set_up(&f);
	while (mm_fuzz_next(&record, &bytes, &size))
		take(&f, &record);
	tear_down(&f);
	return 0;
}
