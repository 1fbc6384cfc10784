/* mux_table.c -- linear probing, and deletion that leaves no tombstones. */
#include "io/mux_table.h"

#include <errno.h>
#include <string.h>

#define MASK (MM_MUX_SLOTS - 1)

/* FNV-1a: an attacker may choose addresses that collide, but only addresses
 * verified by STUN are stored. */
static uint32_t hash(const struct mm_address *address)
{
	bool v4 = address->u.sa.sa_family == AF_INET;
	const uint8_t *host = v4 ? (const uint8_t *)&address->u.in.sin_addr :
				   (const uint8_t *)&address->u.in6.sin6_addr;
	size_t bytes = v4 ? sizeof(address->u.in.sin_addr) :
			    sizeof(address->u.in6.sin6_addr);
	uint32_t value = 2166136261u;

	for (size_t i = 0; i < bytes; i++)
		value = (value ^ host[i]) * 16777619u;
	value ^= v4 ? address->u.in.sin_port : address->u.in6.sin6_port;
	value *= 16777619u;
	return value ^ value >> 15;
}

/* The slot of the address, or the free one where it belongs. */
static uint32_t find(const struct mm_mux_table *table,
		     const struct mm_address *from)
{
	uint32_t i = hash(from) & MASK;

	while (table->slots[i].port &&
	       !mm_address_equal(&table->slots[i].from, from))
		i = (i + 1) & MASK;
	return i;
}

struct mm_port *mm_mux_table_find(const struct mm_mux_table *table,
				  const struct mm_address *from)
{
	return table->slots[find(table, from)].port;
}

int mm_mux_table_bind(struct mm_mux_table *table,
		      const struct mm_address *from, struct mm_port *port)
{
	struct mm_mux_binding *slot = &table->slots[find(table, from)];

	if (!slot->port) {
		if (table->count == MM_MUX_MAX_BINDINGS)
			return -ENOSPC;
		table->count++;
		slot->from = *from;
	}
	slot->port = port;
	return 0;
}

/* Those behind the hole that could not be found past it move into it. */
static void remove_at(struct mm_mux_table *table, uint32_t hole)
{
	uint32_t i = hole;

	table->count--;
	for (;;) {
		uint32_t home;

		table->slots[hole].port = NULL;
		do {
			i = (i + 1) & MASK;
			if (!table->slots[i].port)
				return;
			home = hash(&table->slots[i].from) & MASK;
		} while (((i - home) & MASK) < ((i - hole) & MASK));
		table->slots[hole] = table->slots[i];
		hole = i;
	}
}

void mm_mux_table_unbind(struct mm_mux_table *table,
			 const struct mm_address *from)
{
	uint32_t i = find(table, from);

	if (table->slots[i].port)
		remove_at(table, i);
}

void mm_mux_table_forget(struct mm_mux_table *table,
			 const struct mm_port *port)
{
	uint32_t i = 0;

	while (i < MM_MUX_SLOTS) {
		if (table->slots[i].port == port)
			remove_at(table, i); /* another may be here now */
		else
			i++;
	}
}
