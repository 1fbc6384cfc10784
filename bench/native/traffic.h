/* traffic.h -- what the generator and the floor share: sockets and a clock. */
#ifndef MM_TRAFFIC_H
#define MM_TRAFFIC_H

#include <time.h>

#include "mm.h"
#include "io/udp.h"

#define TRAFFIC_MAX_LEGS 4000

/* One simulated phone: its socket, and where it sends to. */
struct traffic_leg {
	int fd;
	struct mm_address to;
};

/* Open `count` sockets on loopback and print their ports, one a line. */
int traffic_open(struct traffic_leg *legs, size_t count);
/* Read one "host port" line a leg from stdin; 0, or -EINVAL. */
int traffic_read_targets(struct traffic_leg *legs, size_t count);

/* CPU seconds that this thread has used. */
double traffic_cpu_s(void);

/* In lockstep a tick happens when somebody asks for it: wait for a line on
 * stdin (false at its end), and answer with one. */
bool traffic_is_asked(void);
void traffic_answer(double value);

#endif
