/* overload.h -- how much of its time a shard works, and what it sheds when that
 * is too much.
 *
 * Quality is shed before packets are, one step a second:
 *
 *   MM_SHED_SUPPRESSION  noise is not suppressed
 *   MM_SHED_ENCODING  Opus encoders run at complexity 0 (RFC 6716 2.1.5)
 *   MM_SHED_TALKERS   at most MM_SHED_MAX_TALKERS are mixed in a room
 *
 * A step is taken back after MM_OVERLOAD_CALM_WINDOWS calm seconds.
 */
#ifndef MM_OVERLOAD_H
#define MM_OVERLOAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define MM_OVERLOAD_WINDOW_US 1000000
#define MM_OVERLOAD_HIGH_PERMILLE 850
#define MM_OVERLOAD_LOW_PERMILLE 600
#define MM_OVERLOAD_CALM_WINDOWS 5
#define MM_SHED_MAX_TALKERS 3

enum mm_shed {
	MM_SHED_NOTHING,
	MM_SHED_SUPPRESSION,
	MM_SHED_ENCODING,
	MM_SHED_TALKERS,
};

struct mm_overload {
	_Atomic uint32_t load_permille;   /* of the last window             */
	_Atomic uint32_t shed;            /* enum mm_shed                   */
	uint32_t ptime_us;
	uint32_t ticks;                   /* of this window                 */
	uint32_t late_ticks;              /* over a whole tick late         */
	uint32_t calm_windows;
	int64_t work_us;                  /* in this window                 */
	int64_t began_us;                 /* of this window, 0: none yet    */
};

void mm_overload_init(struct mm_overload *overload, uint32_t ptime_ms);
/* A tick that began at `now_us` has run: its CPU time, and how late it began. */
void mm_overload_note(struct mm_overload *overload, int64_t now_us,
		      int64_t work_us, int64_t late_us);
enum mm_shed mm_overload_shed(const struct mm_overload *overload);

#endif
