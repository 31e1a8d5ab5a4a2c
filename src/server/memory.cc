#include "server/memory.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace martlet::server {

namespace {

/// Unmaps the pages of a library's read-only segments. Segments that were ever written (relocations are)
/// stay.
int release_segments(dl_phdr_info* library, std::size_t, void* page_size_pointer) {
  const auto page_size = *static_cast<const std::uintptr_t*>(page_size_pointer);
  for (int i = 0; i < library->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = library->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const std::uintptr_t begin = (library->dlpi_addr + segment.p_vaddr + page_size - 1) & ~(page_size - 1);
    const std::uintptr_t end = (library->dlpi_addr + segment.p_vaddr + segment.p_memsz) & ~(page_size - 1);
    // Failure changes nothing but a number in a table of processes.
    if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void release_startup_memory() {
  auto page_size = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  ::dl_iterate_phdr(release_segments, &page_size);
  ::malloc_trim(0);
}

}  // namespace martlet::server
