/* mux_table.h -- which port the packets of an address belong to.
 *
 * Open addressing, fixed size; only the mux thread touches it.
 */
#ifndef MM_MUX_TABLE_H
#define MM_MUX_TABLE_H

#include "io/udp.h"

#define MM_MUX_SLOTS 16384            /* power of two                       */
#define MM_MUX_MAX_BINDINGS 12288     /* beyond three quarters probing slows */

struct mm_port;

struct mm_mux_binding {
	struct mm_address from;
	struct mm_port *port;         /* NULL: free                         */
};

struct mm_mux_table {
	uint32_t count;
	struct mm_mux_binding slots[MM_MUX_SLOTS];
};

struct mm_port *mm_mux_table_find(const struct mm_mux_table *table,
				  const struct mm_address *from);
/* The newest binding of an address wins; -ENOSPC. */
int mm_mux_table_bind(struct mm_mux_table *table,
		      const struct mm_address *from, struct mm_port *port);
void mm_mux_table_unbind(struct mm_mux_table *table,
			 const struct mm_address *from);
void mm_mux_table_forget(struct mm_mux_table *table,
			 const struct mm_port *port);

#endif
