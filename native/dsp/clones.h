/* clones.h -- two builds of a hot loop, chosen when the library is loaded.
 *
 * MM_CLONES before a function compiles it for AVX2 and for the baseline. Not
 * with sanitizers or clang, whose runtimes are not initialised yet when the
 * loader selects the build.
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
