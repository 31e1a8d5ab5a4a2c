#pragma once

namespace martlet::server {

/// Gives back memory that only starting up needed: pages of code that ran once, and free blocks of the heap.
/// What is needed again comes back from the page cache, where it stays.
void release_startup_memory();

}  // namespace martlet::server
