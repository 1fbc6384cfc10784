/* resample_tables.h -- the filters of resample.c; see make_resample_tables.py. */
#ifndef MM_RESAMPLE_TABLES_H
#define MM_RESAMPLE_TABLES_H

#include <stdint.h>

/* Sums over so many taps fit 32 bits for any samples. */
#define MM_RESAMPLE_BLOCK_TAPS 24

/* mm_resample_taps_<up>_<down> */
extern const int16_t mm_resample_taps_2_1[96];
extern const int16_t mm_resample_taps_3_1[144];
extern const int16_t mm_resample_taps_4_1[192];
extern const int16_t mm_resample_taps_6_1[288];
extern const int16_t mm_resample_taps_1_2[96];
extern const int16_t mm_resample_taps_1_3[144];
extern const int16_t mm_resample_taps_1_4[192];
extern const int16_t mm_resample_taps_1_6[288];
extern const int16_t mm_resample_taps_3_2[144];
extern const int16_t mm_resample_taps_2_3[144];
extern const int16_t mm_resample_taps_4_3[192];
extern const int16_t mm_resample_taps_3_4[216];

#endif
