/* encoded_port.h -- a port that only hears: its mix as the packets of a codec,
 * encoded by the bridge's shared encoder, for a stream that Python writes. */
#ifndef MM_ENCODED_PORT_H
#define MM_ENCODED_PORT_H

#include "engine/ring.h"
#include "mix/port.h"

#define MM_ENCODED_BYTES 1275         /* RFC 6716 3.4: the longest frame    */

struct mm_encoded_frame {
	uint16_t bytes;
	uint8_t payload[MM_ENCODED_BYTES];
};

struct mm_encoded_port {
	struct mm_port port;              /* first                          */
	struct mm_ring heard;             /* frames, read by Python         */
};

/* Control thread; -ENOSYS when the format needs a library that is not there. */
int mm_encoded_port_open(struct mm_encoded_port **port, uint32_t id,
			 const struct mm_codec_format *format,
			 uint32_t ptime_ms,
			 const struct mm_libraries *libraries);
/* The oldest frame, until mm_encoded_port_release; NULL when there is none. */
const struct mm_encoded_frame *
mm_encoded_port_front(struct mm_encoded_port *port);
void mm_encoded_port_release(struct mm_encoded_port *port);

#endif
