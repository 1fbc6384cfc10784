/* playout_source.h -- what a bridge needs of its playouts beyond source.h. */
#ifndef MM_PLAYOUT_SOURCE_H
#define MM_PLAYOUT_SOURCE_H

#include "mix/playout.h"

/* Whether the ring became empty in this tick although the playout is not
 * finished: true once for each interruption. */
bool mm_playout_underran(const struct mm_playout *playout);

#endif
