/* clones.h -- two builds of a hot loop, chosen when the library is loaded.
 *
 * MM_CLONES before a function compiles it for AVX2 and for the baseline. The
 * sanitizers and clang go without: their runtimes are not ready yet when the
 * loader asks which build to take.
 */
#ifndef MM_CLONES_H
#define MM_CLONES_H

#include <stdint.h>

#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && \
	!defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&      \
	!defined(__SANITIZE_THREAD__)
#define MM_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define MM_CLONES
#endif

#endif
