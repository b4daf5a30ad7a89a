// A heap that zeroes what is given back to it, for the whole of a program.
//
// Secrets at rest lie in guarded memory (`Secrets`). On their way they pass through libraries: TLS
// records, HTTP bodies, JSON, texts. Those give their memory back soon, and not one of them wipes it
// first, so that a token would stay readable in free memory for as long as nothing is written over
// it. Here `free` and `realloc` wipe it, whoever calls them: the C library lets a program have its own
// (glibc manual, "Replacing malloc"), and keeps its allocator reachable by these names.
//
// With a sanitizer the heap is the sanitizer's.

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HEAP_IS_NOT_OURS 1
#endif
#endif

#if defined(__GLIBC__) || defined(__linux__)
#ifndef HEAP_IS_NOT_OURS

#include <malloc.h>
#include <stddef.h>
#include <string.h>

extern void __libc_free(void *memory);
extern void *__libc_malloc(size_t size);

void free(void *memory) {
  if (memory == NULL) return;
  explicit_bzero(memory, malloc_usable_size(memory));
  __libc_free(memory);
}

void *realloc(void *memory, size_t size) {
  if (memory == NULL) return __libc_malloc(size);
  if (size == 0) {
    free(memory);
    return NULL;
  }
  size_t old = malloc_usable_size(memory);
  // It fits, and not much is wasted.
  if (size <= old && size >= old / 2) return memory;
  void *moved = __libc_malloc(size);
  if (moved == NULL) return NULL;
  memcpy(moved, memory, size < old ? size : old);
  free(memory);
  return moved;
}

#endif
#endif
